package api

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// storedLinks has the links of messages, and answers a read after a while.
type storedLinks struct {
	mu     sync.Mutex
	of     map[string]string // by message
	reads  []string          // the shop of each
	err    error
	within time.Duration
}

func (s *storedLinks) MessageLinks(_ context.Context, shop string, ids []string) (list []campaigns.MessageLinks, err error) {
	<-time.After(s.within)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads = append(s.reads, shop)
	for _, id := range ids {
		if url, found := s.of[id]; found {
			list = append(list, campaigns.MessageLinks{Message: id, Links: []campaigns.Link{{N: 1, URL: url}}})
		}
	}
	return list, s.err
}

// Clicks that come during a read share the next one, those of one shop. What was read is
// known for some seconds, also where it is asked for again and again, and no longer. What
// is not stored is not kept.
func TestClicksShareReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		links := &storedLinks{
			of:     map[string]string{"s:1": "https://a.example/", "s:2": "https://b.example/", "s:3": "javascript:x"},
			within: time.Millisecond,
		}
		r := newLinkReader(links, time.Now)
		click := func(ids ...string) (urls []string) {
			var clicks sync.WaitGroup
			urls = make([]string, len(ids))
			for i, id := range ids {
				clicks.Go(func() {
					m, err := r.message(t.Context(), id[:1], id)
					if urls[i] = string(commerce.CodeOf(err)); err == nil {
						urls[i] = m.Links[0].URL
					}
				})
				synctest.Wait()
			}
			clicks.Wait()
			return urls
		}
		got := click("s:1", "s:2", "s:1", "s:3", "s:4", "z:1")
		want := []string{"https://a.example/", "https://b.example/", "https://a.example/", "", "not_found", "not_found"}
		if !slices.Equal(got, want) || len(links.reads) != 3 {
			t.Errorf("got %q with %d reads, want %q with one, then one of the others, and one of the other shop", got, len(links.reads), want)
		}
		links.of["s:4"] = "https://d.example/"
		delete(links.of, "s:1")
		if got := click("s:1", "s:4"); !slices.Equal(got, []string{"https://a.example/", "https://d.example/"}) || len(links.reads) != 4 {
			t.Errorf("got %q with %d reads, want what is known and what is new", got, len(links.reads))
		}
		for range 6 {
			<-time.After(linksKept / 6)
			got = click("s:1")
		}
		if !slices.Equal(got, []string{"not_found"}) {
			t.Errorf("got %q after %v, want what is stored now", got, linksKept)
		}
		links.err = commerce.Errorf(commerce.Unavailable, "away")
		if got := click("s:9"); got[0] != "unavailable" {
			t.Errorf("got %q, want the store's error", got)
		}
	})
}
