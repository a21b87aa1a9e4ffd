package campaigns_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/commerce"
)

// One person reloading a mail within 5 seconds is one touch. Another time, link,
// kind, address, program or class of request is another. No address is kept.
func TestTouchIdentity(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 9, 0, 5, 0, time.UTC)
	r := campaigns.Request{Method: "GET", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:156.0) Gecko/20100101 Firefox/156.0"}
	const message = "tea-shop:unpaid-reminder:wc:1001:1:r1"
	touch := func(message string, kind campaigns.TouchKind, link int, ip string, r campaigns.Request, at time.Time) campaigns.Touch {
		made, err := campaigns.NewTouch(message, kind, link, ip, r, at)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	first := touch(message, campaigns.Clicked, 2, "192.0.2.7", r, at)
	if again := touch(message, campaigns.Clicked, 2, "192.0.2.7", r, at.Add(4*time.Second)); again.ID != first.ID {
		t.Errorf("the same 5 seconds: got %s, want %s", again.ID, first.ID)
	}
	prefetch := r
	prefetch.Purpose = "prefetch"
	others := map[string]campaigns.Touch{
		"class":   touch(message, campaigns.Clicked, 2, "192.0.2.7", prefetch, at),
		"time":    touch(message, campaigns.Clicked, 2, "192.0.2.7", r, at.Add(5*time.Second)),
		"minute":  touch(message, campaigns.Clicked, 2, "192.0.2.7", r, at.Add(time.Minute)),
		"link":    touch(message, campaigns.Clicked, 1, "192.0.2.7", r, at),
		"kind":    touch(message, campaigns.Opened, 2, "192.0.2.7", r, at),
		"address": touch(message, campaigns.Clicked, 2, "192.0.2.8", r, at),
		"program": touch(message, campaigns.Clicked, 2, "192.0.2.7", campaigns.Request{Method: "GET", UserAgent: "x"}, at),
		"message": touch(message+"2", campaigns.Clicked, 2, "192.0.2.7", r, at),
	}
	for name, other := range others {
		if other.ID == first.ID {
			t.Errorf("another %s: got the same touch", name)
		}
	}
	if first.Shop != "tea-shop" || !strings.HasPrefix(first.ID, message+":click:2:") || strings.Contains(first.ID, "192.0") ||
		others["message"].Actor == first.Actor {
		t.Errorf("got %+v", first)
	}
	if _, err := commerce.SplitKey(first.ID); err != nil {
		t.Error(err)
	}
	if _, err := campaigns.NewTouch("a/b", campaigns.Opened, 0, "", r, at); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("got %v, want invalid", err)
	}
}

// People's opens and clicks are counted apart from all others, in any order,
// and folding them onto the message twice changes nothing.
func TestCount(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 21, 9, minute, 0, 0, time.UTC) }
	touches := []campaigns.Touch{
		{Kind: campaigns.Opened, Class: campaigns.HumanAgent, At: at(9)},
		{Kind: campaigns.Opened, Class: campaigns.HumanAgent, At: at(3)},
		{Kind: campaigns.Opened, Class: campaigns.HumanAgent, At: at(3).Add(20 * time.Second)},
		{Kind: campaigns.Clicked, Class: campaigns.HumanAgent, At: at(4).Add(59 * time.Second)},
		{Kind: campaigns.Opened, Class: campaigns.ProxyAgent, At: at(1)},
		{Kind: campaigns.Opened, Class: campaigns.MachineAgent, At: at(1)},
		{Kind: campaigns.Opened, Class: campaigns.UnknownAgent, At: at(1)},
		{Kind: campaigns.Clicked, Class: campaigns.HumanAgent, At: at(7)},
		{Kind: campaigns.Clicked, Class: campaigns.HumanAgent, At: at(4)},
		{Kind: campaigns.Clicked, Class: campaigns.MachineAgent, At: at(0)},
		{Kind: campaigns.Unsubscribed, Class: campaigns.HumanAgent, At: at(8)},
	}
	got := campaigns.Count(touches)
	want := campaigns.Counters{Opens: 2, Clicks: 2, MachineOpens: 3, MachineClicks: 1, ProxyOpens: 1,
		OpenedAt: at(3), LastOpenedAt: at(9), ClickedAt: at(4), LastClickedAt: at(7), UnsubscribedAt: at(8)}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
	var m campaigns.Message
	got.Fold(&m)
	once := m
	got.Fold(&m)
	if diff := cmp.Diff(m, once); diff != "" || m.Clicks != 2 || !m.ClickedAt.Equal(at(4)) || m.MachineOpens != 3 {
		t.Errorf("got %+v\n%s", m, diff)
	}
}
