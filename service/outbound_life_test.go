package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
)

// busyFor answers 503 so many times.
func busyFor(n int) []func(http.ResponseWriter, *http.Request) {
	return slices.Repeat([]func(http.ResponseWriter, *http.Request){status(503)}, n)
}

// An exit while a call is open ends the journey and the call. Nothing more is posted.
func TestExitEndsAnOpenCall(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		r.will(busyFor(3)...)
		activate(t, l.Store, callingFile(webhookStep(r.URL)))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		l.changes(t, "ann", object{"status": "cancelled", "cancelled_at": l.at()})
		l.pass(t, 0)
		if list := l.callsOf(t, "cancelled"); len(list) != 1 || !strings.Contains(list[0].Reason, "order.cancelled") {
			t.Errorf("got %+v, want it cancelled by the exit", list)
		}
		l.pass(t, 2*time.Hour)
		if posts, sent := len(r.posts()), l.stepsSent(t, "ann"); posts != 1 || len(sent) != 0 {
			t.Errorf("got %d posts and %v sent, want one post and no mail", posts, sent)
		}
	})
}

// A pause holds an open call, however long. Then it has its whole time again. An archive ends it.
func TestPauseHoldsACallAndAnArchiveEndsIt(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		r.will(busyFor(2)...)
		activate(t, l.Store, callingFile(webhookStep(r.URL)))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		l.asks(t, l.key, 204, "POST /v1/campaigns/calling/pause", "")
		l.pass(t, 50*time.Hour)
		if n := len(r.posts()); n != 1 {
			t.Fatalf("got %d posts during the pause, want none after the first", n)
		}
		l.asks(t, l.key, 204, "POST /v1/campaigns/calling/resume", "")
		l.pass(t, 0)
		l.pass(t, time.Minute)
		if posts, sent := len(r.posts()), l.stepsSent(t, "ann"); posts != 3 || !slices.Equal(sent, []string{"yes"}) {
			t.Errorf("after the pause: got %d posts and %v sent, want the call made again until it is taken", posts, sent)
		}

		r.will(busyFor(9)...)
		l.subscriber(t, "ben", "ben@example.com")
		l.pass(t, time.Hour)
		posts := len(r.posts())
		l.asks(t, l.key, 204, "POST /v1/campaigns/calling/archive", "")
		l.pass(t, time.Hour)
		if list := l.callsOf(t, "cancelled"); len(list) != 1 || len(r.posts()) != posts {
			t.Errorf("got %+v and %d posts, want the call ended by the archive", list, len(r.posts())-posts)
		}
	})
}

// Who is moved to another version while a call is open goes on there with its answer.
func TestMigrationKeepsAnOpenCall(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		r.will(busyFor(1)...)
		activate(t, l.Store, callingFile(webhookStep(r.URL+"/old")))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		file := strings.Replace(callingFile(webhookStep(r.URL+"/new")), `"id": "yes"`, `"id": "moved"`, 1)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/calling", file)
		l.asks(t, l.key, 200, "POST /v1/campaigns/calling/activate", `{"version": 2, "migrate": {}}`)
		l.pass(t, 0)
		l.pass(t, time.Minute)
		var paths []string
		for _, p := range r.posts() {
			paths = append(paths, p.path)
		}
		if sent := l.stepsSent(t, "ann"); !slices.Equal(paths, []string{"/old", "/old"}) || !slices.Equal(sent, []string{"moved"}) {
			t.Errorf("got posts to %v and %v sent, want one call of the old version and the branch of the new", paths, sent)
		}
	})
}

// A process that dies after it has planned a call, and before it has stored the enrolment, makes neither two
// calls nor none. What is decided again finds the answer.
func TestCrashBetweenCallAndEnrolmentMakesOneCall(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		activate(t, l.Store, callingFile(webhookStep(r.URL)))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Minute)
		list, _, err := l.ListEnrolments(t.Context(), "s", "calling", "", 9)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		before := list[0]
		l.pass(t, time.Hour) // the call is answered, and the journey is over
		now, err := l.Enrolment(t.Context(), "s", before.ID)
		if err != nil || now.State != campaigns.Finished {
			t.Fatalf("got %+v, %v, want it finished", now, err)
		}
		before.Rev = now.Rev // as if nothing of it had been stored
		if saved, err := l.SaveEnrolments(t.Context(), "s", []campaigns.Enrolment{before}); err != nil || !saved[0] {
			t.Fatal(saved, err)
		}
		l.pass(t, 0)
		again, err := l.Enrolment(t.Context(), "s", before.ID)
		if err != nil || again.State != campaigns.Finished {
			t.Fatalf("got %+v, %v, want it finished again", again, err)
		}
		if posts, calls, sent := len(r.posts()), l.callsOf(t, ""), l.stepsSent(t, "ann"); posts != 1 || len(calls) != 1 ||
			!slices.Equal(sent, []string{"yes"}) {
			t.Errorf("got %d posts, %d calls and %v sent, want one of each", posts, len(calls), sent)
		}
	})
}

// Several workers make each attempt of each call once. The customers of a receiver that is slow do not keep the
// others from theirs.
func TestWorkersMakeEachCallOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		activate(t, l.Store, callingFile(webhookStep(r.URL)))
		const many = 40
		for i := range many {
			l.subscriber(t, fmt.Sprint("c", i), fmt.Sprintf("c%d@example.com", i))
		}
		l.moveTo(l.at().Add(time.Hour))
		if err := l.MarkDue(t.Context(), "s", l.at()); err != nil {
			t.Fatal(err)
		}
		settleAll(t, l.harness, 4)
		seen := map[string]int{}
		for _, p := range r.posts() {
			seen[p.header.Get("webhook-id")]++
		}
		if len(seen) != many || len(r.posts()) != many {
			t.Errorf("got %d posts of %d calls, want %d of each", len(r.posts()), len(seen), many)
		}
		counts, err := l.UnderWay(t.Context(), "s", "calling")
		if err != nil || len(counts) != 0 {
			t.Errorf("got %+v, %v under way, want all to have gone on", counts, err)
		}
	})
}

// While the secret is rotated, each post is signed with the old one too, for a day.
func TestRotatedSecretSignsForADay(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		activate(t, l.Store, callingFile(webhookStep(r.URL)))
		secret := func(call string) (s string) {
			var shown struct{ Secret string }
			if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, call, "")), &shown); err != nil {
				t.Fatal(err)
			}
			return shown.Secret
		}
		old := secret("GET /v1/webhook-secret")
		now := secret("POST /v1/webhook-secret/rotate")
		if old == now || now != secret("GET /v1/webhook-secret") {
			t.Fatalf("got %s after %s, want another one that stays", now, old)
		}
		for _, day := range []struct{ old bool }{{true}, {false}} {
			id := fmt.Sprint("c", day.old)
			l.subscriber(t, id, id+"@example.com")
			l.pass(t, time.Hour)
			posts := r.posts()
			last := posts[len(posts)-1]
			if !last.verified(now) || last.verified(old) != day.old {
				t.Errorf("got %s, want it signed with the new secret, and with the old one: %v", last.header.Get("webhook-signature"), day.old)
			}
			l.pass(t, 24*time.Hour)
		}
	})
}

// Without the setting, nothing on the service's own machine is called, by whatever name: the journey goes along else.
func TestNoCallReachesThePrivateNetwork(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newLeaving(t, h), newReceiver(t)
		url := strings.NewReplacer("http://", "https://", "127.0.0.1", "localhost").Replace(r.URL)
		activate(t, l.Store, callingFile(webhookStep(url)))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		if list := l.callsOf(t, "failed"); len(list) != 1 || !strings.Contains(list[0].Reason, "its address is not public") ||
			len(r.posts()) != 0 || !slices.Equal(l.stepsSent(t, "ann"), []string{"no"}) {
			t.Errorf("got %+v, %d posts and %v sent, want it refused at once", list, len(r.posts()), l.stepsSent(t, "ann"))
		}
	})
}

// An erased person is not called about any more, and an export shows the calls. What ended long ago is deleted.
func TestCallsAreErasedAndRemoved(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		r.will(busyFor(9)...)
		activate(t, l.Store, callingFile(webhookStep(r.URL)))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		ann := l.customerOf(t, "ann").ID
		var export struct{ ID string }
		if err := json.Unmarshal([]byte(l.asks(t, l.key, 201, "POST /v1/privacy-requests",
			`{"kind": "export", "customer": "`+ann+`"}`)), &export); err != nil {
			t.Fatal(err)
		}
		l.asks(t, l.key, 200, "GET /v1/privacy-requests/"+export.ID+"/export", "", `"calls"`, `"step":"hook"`)
		l.asks(t, l.key, 201, "POST /v1/privacy-requests", `{"kind": "erase", "customer": "`+ann+`"}`)
		l.pass(t, 0)
		posts, list := len(r.posts()), l.callsOf(t, "cancelled")
		l.pass(t, 2*time.Hour)
		if len(list) != 1 || !strings.Contains(list[0].Reason, "erased") || len(r.posts()) != posts {
			t.Errorf("got %+v and %d more posts, want the call ended", list, len(r.posts())-posts)
		}
		for _, tt := range []struct {
			days, removed int
		}{{29, 0}, {31, 1}} {
			at := l.at()
			l.moveTo(at.Add(time.Duration(tt.days) * 24 * time.Hour))
			if n, err := l.Remove(t.Context(), "s", "calls", 25); err != nil || n != tt.removed {
				t.Errorf("after %d days: got %d removed (%v), want %d", tt.days, n, err, tt.removed)
			}
			l.moveTo(at)
		}
	})
}

// Why a journey waits or went where it went is shown with the enrolment: the call, its attempts and last status.
func TestEnrolmentExplainsItsCalls(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		r.will(busyFor(1)...)
		activate(t, l.Store, callingFile(webhookStep(r.URL+"/hook?token=SECRET")))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		list, _, err := l.ListEnrolments(t.Context(), "s", "calling", "", 9)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		explain := "GET /v1/enrolments/" + list[0].ID + "/explain"
		l.asks(t, l.key, 200, explain, "", `"outcome":"webhook"`, `"state":"planned"`, `"attempts":1`, `"status":503`)
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "ann").ID+"/explain?campaign=calling", "",
			"step hook waits for the answer to its call")
		l.pass(t, time.Minute)
		text := l.asks(t, l.key, 200, explain, "", `"outcome":"then"`, `answered with 200, attempt 2`, `"state":"done"`, `"attempts":2`)
		if strings.Contains(text, "SECRET") {
			t.Errorf("got %s, want no address shown", text)
		}
		l.asks(t, l.key, 404, "GET /v1/campaigns/other/calls", "")
		l.asks(t, l.key, 400, "GET /v1/campaigns/calling/calls?state=open", "")
	})
}
