package service

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A webhook is posted once to its receiver, signed with the shop's secret. A receiver that fails is asked again
// under the same id, and the journey goes on along then when it answers.
func TestWebhookIsSignedRetriedAndLeadsOn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		r.will(status(500))
		activate(t, l.Store, callingFile(webhookStep(r.URL+"/hook?token=SECRET")))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		if got := r.posts(); len(got) != 1 || len(l.callsOf(t, "planned")) != 1 || l.callsOf(t, "")[0].Status != 500 {
			t.Fatalf("got %d posts and %+v, want one that is to be made again", len(got), l.callsOf(t, ""))
		}
		if steps := l.stepsSent(t, "ann"); len(steps) != 0 {
			t.Errorf("got %v sent, want the journey to wait", steps)
		}
		l.pass(t, 10*time.Second)
		got := r.posts()
		if len(got) != 2 || got[0].header.Get("webhook-id") != got[1].header.Get("webhook-id") || got[0].body != got[1].body {
			t.Fatalf("got %+v, want two posts of one call", got)
		}
		var secret struct{ Secret string }
		if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/webhook-secret", "")), &secret); err != nil {
			t.Fatal(err)
		}
		for _, p := range got {
			if !p.verified(secret.Secret) {
				t.Errorf("got %v, want it signed with %s", p.header, secret.Secret)
			}
		}
		var said struct {
			Type string
			Data struct {
				Shop, Campaign, Step string
				Customer             struct {
					ID       string
					External []struct{ Connection, ID string } `json:"external_ids"`
				}
				Order struct {
					ID, Number string
					External   string `json:"external_id"`
				}
			}
		}
		if err := json.Unmarshal([]byte(got[0].body), &said); err != nil {
			t.Fatal(err)
		}
		ann := l.customerOf(t, "ann")
		if said.Type != "campaign.step" || said.Data.Shop != "s" || said.Data.Campaign != "calling" || said.Data.Step != "hook" ||
			said.Data.Customer.ID != ann.ID || len(said.Data.Customer.External) != 1 || said.Data.Customer.External[0].ID != "ann" ||
			said.Data.Order.External != "oann" || strings.Contains(got[0].body, "@example.com") {
			t.Errorf("got %s, want the ids of the customer and the order, and no address", got[0].body)
		}
		if steps := l.stepsSent(t, "ann"); !slices.Equal(steps, []string{"yes"}) {
			t.Errorf("got %v sent, want yes", steps)
		}
		if list := l.callsOf(t, "done"); len(list) != 1 || list[0].Attempts != 2 || list[0].Status != 200 ||
			list[0].WebhookID != got[0].header.Get("webhook-id") {
			t.Errorf("got %+v, want one call with two attempts", list)
		}
	})
}

// A receiver that refuses, redirects, or never answers leads along else; a redirect is not followed.
func TestWebhookThatIsNotTakenLeadsAlongElse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reason string
		answer       func(http.ResponseWriter, *http.Request)
		posts        int // 0: several
	}{
		{"a refusal", "answered 400", status(400), 1},
		{"gone", "answered 410", status(410), 1},
		{"a redirect to the metadata of the machine", "redirects are not followed", func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}, 1},
		{"a connection that breaks", "127.0.0.1: ", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
		{"a receiver that never answers", "no answer within", func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, 0},
		{"a receiver that is busy for a day", "answered 503", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(503)
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				l, r := newOutside(t, h), newReceiver(t)
				r.will(slices.Repeat([]func(http.ResponseWriter, *http.Request){tt.answer}, 50)...)
				activate(t, l.Store, callingFile(webhookStep(r.URL)))
				l.subscriber(t, "ann", "ann@example.com")
				l.pass(t, time.Hour)
				l.comesTo(t, 2*time.Hour, func() bool { return len(l.callsOf(t, "failed")) == 1 })
				l.pass(t, 0)
				if steps := l.stepsSent(t, "ann"); !slices.Equal(steps, []string{"no"}) {
					t.Errorf("got %v sent, want no", steps)
				}
				k := l.callsOf(t, "failed")[0]
				if n := len(r.posts()); tt.posts > 0 && n != tt.posts || tt.posts == 0 && (n < 6 || n > 20) || k.Attempts != n ||
					!strings.Contains(k.Reason, tt.reason) {
					t.Errorf("got %d posts and %+v, want %d and %q", n, k, tt.posts, tt.reason)
				}
			})
		})
	}
}
