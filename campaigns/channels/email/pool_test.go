package email

import (
	"testing"
	"time"

	"comeback/commerce/clocktest"
)

func poolOf(t *testing.T, s Settings) *pool {
	t.Helper()
	at := clocktest.Now(t)
	s.Idle = time.Minute
	return newPool(s, func() time.Time { return at })
}

// asking is a mail of a shop that waits in the pool's line, or has got a slot.
func (p *pool) asking(shop, domain string) *claim {
	c := &claim{shop: shop, domain: domain, served: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting.add(c)
	p.serve()
	return c
}

// A mail that gets its slot at the moment in which it gives up gives it to the next.
func TestMailThatGivesUpLetsTheNextGo(t *testing.T) {
	t.Parallel()
	p := poolOf(t, Settings{Connections: 1})
	taken := p.asking("s", "a.example")
	first, second := p.asking("s", "a.example"), p.asking("s", "a.example")
	taken.slot.conn = &connection{}
	p.opened()
	p.release(taken.slot) // the first gets it, and has just given up
	p.leave(first)
	if second.slot == nil || p.busy != 1 || p.opening != 0 {
		t.Errorf("got %d busy, %d opening, want the second mail to have the slot", p.busy, p.opening)
	}
	p.leave(second)
	if p.busy != 0 || len(p.idle) != 1 || len(p.waiting.shops) != 0 {
		t.Errorf("got %d busy, %d idle, want the slot free", p.busy, len(p.idle))
	}
}

// A slot with an open connection is taken before one without, the last used
// first, so that those not needed grow old and are closed.
func TestTakePrefersTheLastUsed(t *testing.T) {
	t.Parallel()
	p := poolOf(t, Settings{Connections: 4})
	p.idle[1].conn, p.idle[2].conn, p.open = &connection{}, &connection{}, 2
	want := []*slot{p.idle[2], p.idle[1]}
	for i, w := range want {
		if got := p.asking("s", "a.example"); got.slot != w {
			t.Errorf("take %d: got another slot", i)
		}
	}
	if got := p.asking("s", "a.example"); got.slot == nil || got.slot.conn != nil {
		t.Error("take 3: got no slot without a connection")
	}
}

// Shops take turns at the connections, however many mails one of them has.
func TestShopsTakeTurnsAtConnections(t *testing.T) {
	t.Parallel()
	p := poolOf(t, Settings{Connections: 1})
	slot := p.asking("large", "a.example").slot
	slot.conn = &connection{}
	p.opened()
	var large, small []*claim
	for range 1000 {
		large = append(large, p.asking("large", "a.example"))
	}
	for range 5 {
		small = append(small, p.asking("small", "a.example"))
	}
	for range 10 {
		p.release(slot)
	}
	for i, c := range small {
		if c.slot == nil {
			t.Errorf("small shop's mail %d waits after ten turns of two shops", i)
		}
	}
	if large[4].slot == nil || large[5].slot != nil {
		t.Error("want five of the large shop's mails served")
	}
}

// A limit for one domain or one shop leaves the other connections to others.
func TestLimitOfADomainOrShopLeavesConnectionsToOthers(t *testing.T) {
	t.Parallel()
	p := poolOf(t, Settings{Connections: 10, ShopConnections: 4, DomainConnections: 2})
	for range 10 {
		p.idle[len(p.idle)-1].conn = &connection{}
		p.open++
		p.idle = append(p.idle[len(p.idle)-1:], p.idle[:len(p.idle)-1]...)
	}
	served := func(shop, domain string) (n int) {
		for range 5 {
			if p.asking(shop, domain).slot != nil {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		shop, domain string
		want         int
	}{{"s", "qq.example", 2}, {"s", "mail.example", 2}, {"s", "other.example", 0}, {"z", "qq.example", 0}, {"z", "other.example", 2}} {
		if got := served(c.shop, c.domain); got != c.want {
			t.Errorf("%s to %s: got %d connections, want %d", c.shop, c.domain, got, c.want)
		}
	}
}

// A domain that refuses one more connection gets those that it takes, and one more after a
// while. Other domains keep theirs.
func TestDomainWithTooManyConnectionsGetsFewer(t *testing.T) {
	t.Parallel()
	at := clocktest.Now(t)
	x := newShares(0, 0)
	c, other := &claim{domain: "qq.example"}, &claim{domain: "mail.example"}
	for range 5 {
		x.take(c)
		x.take(other)
	}
	x.lower(c, at)
	x.give(c)
	if x.may(c, at) || !x.may(other, at) {
		t.Error("want no fifth connection to this domain, and more to the other")
	}
	x.give(c)
	if !x.may(c, at) {
		t.Error("want a fourth connection")
	}
	x.take(c)
	if later := at.Add(regrowAfter); !x.may(c, later) || x.ofDomain["qq.example"] != 4 {
		t.Error("want one more after a while")
	}
}
