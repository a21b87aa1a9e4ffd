package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"comeback/campaigns"
	"comeback/jobs"
)

// slowShops are shops whose receivers answer when the test lets them, and the calls of these.
type slowShops struct {
	*memoryShop
	mu     sync.Mutex
	due    map[string][]campaigns.Call
	noted  []campaigns.Call
	woken  []campaigns.Wake
	marked int
	answer chan struct{} // closed: receivers answer
	posts  int
}

func (s *slowShops) ClaimCalls(_ context.Context, shop string, _ []string, limit int) ([]campaigns.Call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(limit, len(s.due[shop]))
	claimed := s.due[shop][:n]
	s.due[shop] = s.due[shop][n:]
	return claimed, nil
}

func (s *slowShops) NoteCalls(_ context.Context, _ string, list []campaigns.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noted = append(s.noted, list...)
	return nil
}

func (s *slowShops) WakeEnrolments(_ context.Context, _ string, list []campaigns.Wake) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.woken = append(s.woken, list...)
	return nil
}

func (s *slowShops) MarkDue(context.Context, string, time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marked++
	return nil
}

func (s *slowShops) MailedNotices(context.Context, string, time.Time, int) (int, error) {
	return 0, nil
}

func (s *slowShops) CallSecret(context.Context, string) (campaigns.CallSecret, error) {
	return campaigns.CallSecret{Key: []byte("k")}, nil
}

func (s *slowShops) EnrolmentsByID(_ context.Context, _ string, ids []string) (map[string]campaigns.Enrolment, error) {
	found := map[string]campaigns.Enrolment{}
	for _, id := range ids {
		found[id] = campaigns.Enrolment{ID: id, Entry: 1, State: campaigns.Enrolled}
	}
	return found, nil
}

func (s *slowShops) Call(ctx context.Context, _, _ string, _ []byte, _ [][]byte) campaigns.CallAnswer {
	s.mu.Lock()
	s.posts++
	s.mu.Unlock()
	select {
	case <-s.answer:
		return campaigns.CallAnswer{Done: true, Status: 200}
	case <-ctx.Done():
		return campaigns.CallAnswer{Reason: "no answer"}
	}
}

func (s *slowShops) posted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts
}

func (s *slowShops) Notify(context.Context, campaigns.Notice, string) campaigns.CallAnswer {
	return campaigns.CallAnswer{Done: true}
}

type uncounted struct{}

func (uncounted) Called(string, string) {}

// newSlowShops is a shop with so many webhooks that are due.
func newSlowShops(t *testing.T, calls int) *slowShops {
	t.Helper()
	shops := &slowShops{memoryShop: newMemoryShop(t), due: map[string][]campaigns.Call{}, answer: make(chan struct{})}
	shops.publish(t, `{"schema": 1, "id": "calling", "name": "C", "class": "marketing", "trigger": {"event": "order.placed"}, "key": "order",
		"reentry": "never", "steps": [{"id": "hook", "webhook": {"url": "https://example.com"}}]}`, campaigns.Active)
	for i := range calls {
		shops.due["s"] = append(shops.due["s"], campaigns.Call{
			ID: fmt.Sprint("s:calling:", i), Shop: "s", Campaign: "calling", Version: 2, Enrolment: fmt.Sprint("e", i), Entry: 1, Step: "hook",
			Kind: campaigns.CallWebhook, State: campaigns.CallPlanned, Until: time.Now().Add(time.Hour),
		})
	}
	return shops
}

// A process that stops leaves a receiver that does not answer. The call stays due.
func TestStoppingProcessLeavesReceiversThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shops := newSlowShops(t, 1)
		w := shops.stage()
		if n, err := w.Work(t.Context(), "s"); n != 1 || err != nil {
			t.Fatalf("got %d calls begun, %v", n, err)
		}
		ended, stop := context.WithCancel(t.Context())
		stop()
		began := time.Now()
		if err := w.Run(ended); err != nil || time.Since(began) > 12*time.Second {
			t.Errorf("the process stopped after %s, %v, want at most 12 s", time.Since(began), err)
		}
		if n := len(shops.noted); n != 1 || shops.noted[0].Ended() || shops.noted[0].DueAt.IsZero() {
			t.Errorf("got %+v, want the call still due", shops.noted)
		}
	})
}

// A receiver that does not answer holds a worker for a second, and no more of its shop's calls than have places. Another
// shop's calls are made meanwhile. All is stored when the answers come.
func TestSlowReceiverHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shops := newSlowShops(t, 40)
		w := shops.stage()
		began := time.Now()
		if n, err := w.Work(t.Context(), "s"); n != 16 || err != nil || time.Since(began) > time.Second {
			t.Fatalf("got %d calls begun in %s, %v, want 16 in a second at most", n, time.Since(began), err)
		}
		if n, err := w.Work(t.Context(), "s"); n != 0 || err != nil || shops.posted() != 16 {
			t.Fatalf("got %d more begun, %v and %d posts, want none without a place", n, err, shops.posted())
		}
		ended, stop := context.WithCancel(t.Context())
		stop()
		waited := make(chan struct{})
		go func() { _ = w.Run(ended); close(waited) }()
		synctest.Wait()
		select {
		case <-waited:
			t.Fatal("the process ends while calls are under way")
		default:
		}
		close(shops.answer)
		<-waited
		if n := len(shops.noted); n != 2*16 || len(shops.woken) != 16 || shops.marked != 16 {
			t.Errorf("got %d writes, %d woken and %d marks, want each answer stored, its enrolment woken, and that stored", n, len(shops.woken),
				shops.marked)
		}
		if n, err := w.Work(t.Context(), "s"); n != 16 || err != nil || time.Since(began) > 2*time.Second {
			t.Errorf("got %d begun, %v, want the places free again", n, err)
		}
	})
}

func (s *slowShops) stage() *jobs.Calls {
	return jobs.NewCalls(jobs.CallsParts{
		Store: s, State: s, Cache: jobs.NewCampaignCache(s, time.Now), Facts: jobs.NewFacts(s, s, time.Now), Poster: s,
		Meter: uncounted{}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}
