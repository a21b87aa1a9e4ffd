package service

import (
	"context"
	"encoding/json"
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/campaigns/channels/mailbox"
)

const desktopBrowser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

// visits follows links of a mail with a browser's user agent, and stores the touches.
func (l *leaving) visits(t *testing.T, links []string, header http.Header) {
	t.Helper()
	for _, link := range links {
		path, _ := strings.CutPrefix(link, "https://comeback.test")
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusFound {
			t.Errorf("%s: got %d, want a redirect", link, response.StatusCode)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop() // it writes what waits, and ends
	if err := l.edge.Recorder().Run(ctx); err != nil {
		t.Fatal(err)
	}
}

var anyClick = regexp.MustCompile(`https://comeback\.test/c/[A-Za-z0-9_-]+`)

// everyLink are all tracked links of a mail's HTML, also the one that people cannot see.
func everyLink(m mailbox.Mail) []string {
	found := map[string]bool{}
	for _, link := range anyClick.FindAllString(html.UnescapeString(m.Content().HTML), -1) {
		found[link] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// A scanner with a browser's user agent opens all links of a mail, and the mail
// program fetches the link in advance. Both are machines, and nothing is credited to
// them. The person who clicks in the same minute, behind the same address and with
// the same browser, counts once, and the order is credited. A prefetch or a bot alone
// is no person, and the browser inside an app is one.
func TestAPersonsClickCountsBesideScannersAndPrefetches(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.moveTo(l.at().Truncate(time.Minute))
		activate(t, h.Store, reminder)
		l.pass(t, time.Minute)
		for _, id := range []string{"read", "scanned", "fetched", "bot", "app"} {
			l.report(t, unpaidAt(id, "https://tea.example/pay/"+id, l.at()))
		}
		l.pass(t, time.Hour)
		browser := http.Header{"User-Agent": {desktopBrowser}}
		prefetch := http.Header{"User-Agent": {desktopBrowser}, "Sec-Purpose": {"prefetch"}}
		l.moveTo(l.at().Add(10 * time.Second))
		for _, id := range []string{"read", "scanned"} {
			links := everyLink(l.mailsTo(id + "@example.com")[0])
			if len(links) != 2 {
				t.Fatalf("got the links %q, want the payment and the hidden one", links)
			}
			l.visits(t, links, browser)
		}
		l.moveTo(l.at().Add(20 * time.Second))
		for id, header := range map[string]http.Header{
			"fetched": prefetch, "bot": {"User-Agent": {"Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"}},
			"app": {"User-Agent": {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
				"Mobile/15E148 Instagram 340.0.3.34.109 (iPhone14,5; iOS 17_5; de_DE; de; scale=3.00; 1170x2532; 617)"}},
		} {
			l.visits(t, []string{linksOf(l.mailsTo(id + "@example.com")[0])["HTML"]}, header)
		}
		pay := []string{linksOf(l.mailsTo("read@example.com")[0])["HTML"]}
		l.visits(t, pay, prefetch)
		l.visits(t, pay, browser)
		l.moveTo(l.at().Add(10 * time.Second))
		l.visits(t, pay, browser)
		l.pass(t, time.Minute)
		l.wantClicks(t, "read", 1, 2)
		l.wantClicks(t, "scanned", 0, 2)
		l.wantClicks(t, "fetched", 0, 1)
		l.wantClicks(t, "bot", 0, 1)
		l.wantClicks(t, "app", 1, 0)
		for _, id := range []string{"read", "scanned"} {
			order := unpaidAt(id, "", l.at().Add(-time.Hour))
			order["payment_status"], order["paid_at"] = "paid", l.at()
			l.report(t, order)
		}
		l.pass(t, time.Minute)
		got := l.asks(t, l.key, 200, "GET /v1/campaigns/reminder/conversions", "", `"s:generic:read"`)
		if strings.Contains(got, `"s:generic:scanned"`) {
			t.Errorf("got %s, want nothing credited to a scanner", got)
		}
	})
}

func (l *leaving) wantClicks(t *testing.T, id string, human, machine int) {
	t.Helper()
	type answers struct {
		Clicks  int
		Machine int `json:"machine_clicks"`
	}
	var page struct {
		Items []struct {
			Order   string
			Answers answers
		}
	}
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/messages", "")), &page); err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Items {
		if want := (answers{human, machine}); m.Order == "s:generic:"+id && m.Answers != want {
			t.Errorf("%s: got %+v, want %+v", id, m.Answers, want)
		}
	}
}
