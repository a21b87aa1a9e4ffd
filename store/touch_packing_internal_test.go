package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"comeback/campaigns"
	"comeback/commerce"
)

// Packed touches are read as they were, whatever their messages, times and senders.
func TestPackedTouchesAreReadAsTheyWere(t *testing.T) {
	t.Parallel()
	programs := []string{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "curl/8", "", "GoogleImageProxy"}
	rapid.Check(t, func(t *rapid.T) {
		shop := rapid.StringMatching(`[a-z:%]{1,4}`).Draw(t, "shop")
		list := make([]campaigns.Touch, rapid.IntRange(0, 20).Draw(t, "touches"))
		for i := range list {
			message := commerce.Key(shop, rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "campaign"), rapid.String().Draw(t, "order"))
			touch, err := campaigns.NewTouch(message, rapid.SampledFrom(touchKinds()).Draw(t, "kind"), rapid.IntRange(0, 300).Draw(t, "link"),
				rapid.String().Draw(t, "ip"), campaigns.Request{Method: "GET", UserAgent: rapid.SampledFrom(programs).Draw(t, "agent")},
				time.UnixMilli(rapid.Int64Range(-1<<40, 1<<43).Draw(t, "at")).UTC())
			if err != nil {
				t.Fatal(err)
			}
			list[i] = touch
		}
		raw, err := packTouches(shop, list)
		if err != nil {
			t.Fatal(err)
		}
		got, err := unpackTouches(shop, raw)
		if diff := cmp.Diff(got, append([]campaigns.Touch(nil), list...)); err != nil || diff != "" {
			t.Errorf("%v, got, want: %s", err, diff)
		}
	})
}

// A touch of another shop is refused, so that no group contains one.
func TestATouchOfAnotherShopIsNotPacked(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"z:w:1:1:one", "s", "s:", "sz:w:1:1:one", ""} {
		touch := campaigns.Touch{Message: message, Kind: campaigns.Opened, Agent: campaigns.HumanAgent, Actor: "00"}
		if _, err := packTouches("s", []campaigns.Touch{touch}); commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("%q: got %v, want it refused", message, err)
		}
	}
}

// Whatever the bytes: they are touches of the shop, or refused.
func FuzzUnpackTouches(f *testing.F) {
	touch := campaigns.Touch{Message: "s:w:1:1:one", Kind: campaigns.Clicked, Agent: campaigns.ProxyAgent, Actor: "00ff"}
	raw, err := packTouches("s", []campaigns.Touch{touch, touch})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:len(raw)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := unpackTouches("s", raw)
		if err != nil && len(list) > 0 {
			t.Fatalf("got %d touches and %v", len(list), err)
		}
		for _, touch := range list {
			if touch.Shop != "s" || len(touch.Message) <= len("s:") || touch.ID != touch.Identity() {
				t.Fatalf("got %+v", touch)
			}
		}
	})
}
