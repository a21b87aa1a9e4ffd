package api_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/campaigns"
	"comeback/commerce"
)

func touchOf(shop string) campaigns.Touch {
	return campaigns.Touch{ID: shop + ":t", Shop: shop, Kind: campaigns.Clicked, Agent: campaigns.HumanAgent}
}

// Touches that arrive during a write form one batch. A batch is retried while
// the store does not answer. Waiting touches are stored at the end.
func TestRecorder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, marked := newFakeStore(), &marks{shops: map[string]int{}}
		r := api.NewRecorder(store, marked, prometheus.NewRegistry(), quiet())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		entered, release := store.hold()
		r.Add(touchOf("one"))
		<-entered
		for range 500 {
			r.Add(touchOf("one"))
			r.Add(touchOf("two"))
		}
		release()
		synctest.Wait()
		if len(store.touches) != 1001 || store.batches != 3 || marked.shops["two"] != 1 {
			t.Errorf("got %d touches in %d batches, marks %v; want 1001 in 3", len(store.touches), store.batches, marked.shops)
		}
		store.breakWith(commerce.Errorf(commerce.Unavailable, "away"))
		r.Add(touchOf("one"))
		synctest.Wait()
		r.Add(touchOf("one"))
		store.breakWith(nil)
		stop()
		if err := <-ended; err != nil || len(store.touches) != 1003 {
			t.Errorf("got %d touches, %v, want 1003", len(store.touches), err)
		}
	})
}

// Touches that cannot be stored at the end are reported. A touch that the store
// will never accept delays no others.
func TestRecorderReportsLostTouches(t *testing.T) {
	t.Parallel()
	for code, want := range map[commerce.Code]bool{commerce.Unavailable: true, commerce.Invalid: false} {
		store := newFakeStore()
		store.breakWith(commerce.Errorf(code, "no"))
		r := api.NewRecorder(store, &marks{shops: map[string]int{}}, prometheus.NewRegistry(), quiet())
		r.Add(touchOf("one"))
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := r.Run(ctx); (err != nil) != want {
			t.Errorf("%s: got %v, want an error %v", code, err, want)
		}
	}
}
