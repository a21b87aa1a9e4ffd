package store_test

import (
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// A key is found by its shop and id only, ends once and for good, and records
// its last use.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, d documents.Database) {
		s, ctx := setup(t, d), t.Context()
		for _, shop := range []string{"s", commerce.Installation} {
			k := commerce.APIKey{ID: commerce.Key(shop, "1"), Shop: shop, Name: "till", Hash: []byte("h"), CreatedAt: noon}
			if err := s.AddAPIKey(ctx, shop, k); err != nil {
				t.Fatal(err)
			}
			if err := s.AddAPIKey(ctx, shop, k); commerce.CodeOf(err) != commerce.Conflict {
				t.Errorf("the same id again: got %v, want a conflict", err)
			}
		}
		for _, at := range []int{2, 1} {
			if err := s.RevokeAPIKey(ctx, "s", "1", noon.Add(time.Duration(at)*time.Hour)); err != nil {
				t.Fatal(err)
			}
			if err := s.UsedAPIKey(ctx, "s", "1", noon.Add(time.Duration(at)*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		k, err := s.APIKey(ctx, "s", "1")
		if err != nil || !k.RevokedAt.Equal(noon.Add(time.Hour)) || !k.LastUsedAt.Equal(noon.Add(2*time.Minute)) || k.Active(noon) {
			t.Errorf("got %+v, %v", k, err)
		}
		if k, err := s.APIKey(ctx, commerce.Installation, "1"); err != nil || !k.Active(noon) {
			t.Errorf("the installation's: got %+v, %v, want it untouched", k, err)
		}
		for _, err := range []error{s.RevokeAPIKey(ctx, "s", "2", noon), func() error { _, err := s.APIKey(ctx, "other", "1"); return err }()} {
			if commerce.CodeOf(err) != commerce.NotFound {
				t.Errorf("got %v, want not found", err)
			}
		}
		if list, err := s.APIKeys(ctx, "s"); err != nil || len(list) != 1 {
			t.Errorf("got %v, %v, want the shop's one", list, err)
		}
	})
}

// A suppression is one reason in one scope: a repetition records the last time,
// another reason is one more, and lifting a scope lifts all its reasons. It is
// found by another spelling of the address, and in no other shop.
func TestSuppressions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, d documents.Database) {
		s, ctx := setup(t, d), t.Context()
		left := commerce.EmailAddress("Ann@example.com ")
		suppressThrice(t, s, left)
		found, err := s.SuppressionsOf(ctx, "s", s.Address(commerce.EmailAddress("ann@EXAMPLE.com")))
		if err != nil || len(found) != 3 {
			t.Fatalf("got %+v, %v, want three", found, err)
		}
		for _, x := range found {
			if x.Reason == commerce.Unsubscribed && (!x.CreatedAt.Equal(noon) || !x.At().Equal(noon.Add(time.Hour))) {
				t.Errorf("got %+v, want the first and the last time", x)
			}
		}
		for shop, address := range map[string]commerce.Address{"s": commerce.EmailAddress("eve@example.com"), "other": left} {
			if found, err := s.SuppressionsOf(ctx, shop, s.Address(address)); err != nil || len(found) != 0 {
				t.Errorf("%s: got %+v, %v, want none", shop, found, err)
			}
		}
		list, next, err := s.ListSuppressions(ctx, "s", "", 1)
		if err != nil || len(list) != 1 || next == "" {
			t.Errorf("got %v, %q, %v, want a page of one", list, next, err)
		}
		for _, want := range []bool{true, false} {
			if removed, err := s.Unsuppress(ctx, "s", left, commerce.SuppressMarketing); err != nil || removed != want {
				t.Errorf("got removed %v, %v, want %v", removed, err, want)
			}
		}
		if found, err := s.SuppressionsOf(ctx, "s", s.Address(left)); err != nil || len(found) != 1 || found[0].Reason != commerce.Bounced {
			t.Errorf("got %+v, %v, want the bounce alone", found, err)
		}
	})
}

// suppressThrice suppresses an address for three reasons, one of them twice.
func suppressThrice(t *testing.T, s *store.Store, address commerce.Address) {
	t.Helper()
	for _, x := range []commerce.Suppression{
		{Reason: commerce.Unsubscribed, Scope: commerce.SuppressMarketing, CreatedAt: noon},
		{Reason: commerce.Unsubscribed, Scope: commerce.SuppressMarketing, CreatedAt: noon.Add(time.Hour)},
		{Reason: commerce.Bounced, Scope: commerce.SuppressAll, CreatedAt: noon.Add(time.Minute)},
		{Reason: commerce.Manual, Scope: commerce.SuppressMarketing, CreatedAt: noon.Add(2 * time.Minute)},
	} {
		if x, err := s.SuppressAddress(t.Context(), "s", address, x); err != nil || x.ID == "" {
			t.Fatalf("got %+v, %v", x, err)
		}
	}
}

// A suppression stored before reasons were part of the id is found, and lifted.
func TestOldSuppressionsCount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, d documents.Database) {
		s, ctx := setup(t, d), t.Context()
		hash := s.Address(commerce.EmailAddress("ann@example.com"))
		old := bson.D{
			{Key: "_id", Value: commerce.Key("s", hash.String(), "all")}, {Key: "shop", Value: "s"}, {Key: "address", Value: hash.String()},
			{Key: "scope", Value: "all"}, {Key: "reason", Value: "bounced"}, {Key: "created_at", Value: noon},
		}
		if _, err := d.Insert(ctx, "suppressions", old); err != nil {
			t.Fatal(err)
		}
		found, err := s.SuppressionsOf(ctx, "s", hash)
		if why, stopped := commerce.Stopped(found, false, commerce.Consent{}); err != nil || !stopped || why.Reason != commerce.Bounced {
			t.Errorf("got %+v, %v, want the old bounce", found, err)
		}
		if removed, err := s.Unsuppress(ctx, "s", commerce.EmailAddress("ann@example.com"), commerce.SuppressAll); err != nil || !removed {
			t.Errorf("got %v, %v, want it lifted", removed, err)
		}
	})
}

// One caller reserves a request under a key. Its reply is stored sealed. It is
// taken over when its holder died or its day is over, and is free again when it
// did nothing.
func TestReplies(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, d documents.Database) {
		s, ctx := setup(t, d), t.Context()
		reply := func(holder string, minute int) commerce.Reply {
			return commerce.Reply{ID: "s:k", Shop: "s", Request: []byte("r"), Body: []byte{}, Holder: holder,
				At: noon.Add(time.Duration(minute) * time.Minute)}
		}
		reserve := func(holder string, minute int) (commerce.Reply, bool) {
			t.Helper()
			r := reply(holder, minute)
			kept, mine, err := s.ReserveReply(ctx, "s", r, r.At.Add(-time.Minute), r.At.Add(-24*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return kept, mine
		}
		if _, mine := reserve("a", 0); !mine {
			t.Fatal("the first is not mine")
		}
		if kept, mine := reserve("b", 1); mine || kept.Status != 0 {
			t.Errorf("in flight: got %+v, mine %v", kept, mine)
		}
		if _, mine := reserve("c", 5); !mine {
			t.Error("its holder died: want it taken over")
		}
		late := reply("a", 0)
		late.Status, late.Body = 201, []byte("late")
		mine := reply("c", 5)
		mine.Status, mine.Body = 201, []byte("cb_secret")
		for _, r := range []commerce.Reply{late, mine} {
			if err := s.SaveReply(ctx, "s", r); err != nil {
				t.Fatal(err)
			}
		}
		if kept, mine := reserve("d", 60); mine || kept.Status != 201 || string(kept.Body) != "cb_secret" {
			t.Errorf("stored: got %+v, mine %v", kept, mine)
		}
		raw := struct{ Body []byte }{}
		if _, err := d.Get(ctx, "idempotency", "s", "s:k", &raw); err != nil || string(raw.Body) == "cb_secret" {
			t.Errorf("got %q, %v, want the stored body sealed", raw.Body, err)
		}
		if _, mine := reserve("e", 25*60); !mine {
			t.Error("its day is over: want it taken over")
		}
		for _, r := range []commerce.Reply{reply("c", 5), reply("e", 25*60)} {
			if err := s.DropReply(ctx, "s", r); err != nil {
				t.Fatal(err)
			}
		}
		if _, mine := reserve("f", 25*60); !mine {
			t.Error("dropped: want it free")
		}
		for _, want := range []int{1, 0} {
			if n, err := s.ForgetReplies(ctx, "s", noon.Add(48*time.Hour), 10); err != nil || n != want {
				t.Errorf("got %d forgotten, %v, want %d", n, err, want)
			}
		}
	})
}

// A touch is stored once, gets its message's customer, and has the message counted again,
// however many groups contain it and wherever a process dies that unpacks them. A touch of an
// unknown message is dropped.
func TestTouchesOfGroupsAreStoredOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, d documents.Database) {
		s, clock := shopAt(t, d)
		ctx := t.Context()
		m := campaigns.Message{ID: "s:welcome:1:1:hello", Shop: "s", Campaign: "welcome", Customer: "s:email:x",
			State: campaigns.Sent, PlannedAt: noon}
		if err := s.PlanMessages(ctx, "s", []campaigns.Message{m}); err != nil {
			t.Fatal(err)
		}
		browser := campaigns.Request{Method: "GET", UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
		var list []campaigns.Touch
		for i, message := range []string{m.ID, m.ID, "s:gone:1:1:hello"} {
			touch, err := campaigns.NewTouch(message, campaigns.Clicked, 1, "ip", browser, noon.Add(time.Duration(i)*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, touch)
		}
		for _, id := range []string{"s:1", "s:1", "s:2"} { // one of another process
			must(t, s.KeepTouches(ctx, []campaigns.TouchGroup{{ID: id, Shop: "s", Touches: list}}))
		}
		if busy, err := s.Busy(ctx, "s"); err != nil || busy != "2 touch_groups" {
			t.Errorf("got busy with %q, %v, want two groups", busy, err)
		}
		if u, err := s.Unfinished(ctx); err != nil || !slices.Contains(u.Work, "s") {
			t.Errorf("got unfinished %+v, %v, want the shop", u, err)
		}
		for died := range 5 { // while it unpacks, before and after each of its writes
			dying := storeAt(&mortal{Database: d, left: 1 + died/2, done: died%2 == 1}, clock)
			if _, _, err := dying.UnpackTouches(ctx, "s"); err == nil {
				t.Errorf("died at write %d: got no error", died)
			}
		}
		for _, want := range []int{2, 0} {
			if groups, over, err := s.UnpackTouches(ctx, "s"); err != nil || groups != want || over != 0 {
				t.Errorf("got %d groups, %d over, %v, want %d", groups, over, err, want)
			}
		}
		got, err := s.CustomerTouches(ctx, "s", "s:email:x", noon.Add(-time.Second), 10)
		if err != nil || len(got) != 1 || got[0].Campaign != "welcome" || !got[0].At.Equal(noon) {
			t.Errorf("got %+v, %v, want the one of that minute", got, err)
		}
		if ids, err := s.Touched(ctx, "s", 10); err != nil || len(ids) != 1 || ids[0] != m.ID {
			t.Errorf("got touched %v, %v", ids, err)
		}
	})
}
