package email

import (
	"testing"
	"time"

	"comeback/commerce/clocktest"
)

// If a notified waiter gives up at the same moment, the next one is notified.
func TestWaiterThatGivesUpNotifiesTheNext(t *testing.T) {
	t.Parallel()
	at := clocktest.Now(t)
	p := newPool(1, time.Minute, func() time.Time { return at })
	taken, _, err := p.take()
	if err != nil {
		t.Fatal(err)
	}
	_, first, _ := p.take()
	_, second, _ := p.take()
	p.release(taken) // notifies the first, which has just given up
	p.leave(first)
	select {
	case <-second:
	default:
		t.Error("the second waiter still waits although a slot is free")
	}
}

// A slot with an open connection is taken before one without, the last used
// first, so that those not needed grow old and are closed.
func TestTakePrefersTheLastUsed(t *testing.T) {
	t.Parallel()
	at := clocktest.Now(t)
	p := newPool(4, time.Minute, func() time.Time { return at })
	p.idle[1].conn, p.idle[2].conn, p.open = &connection{}, &connection{}, 2
	want := []*slot{p.idle[2], p.idle[1], p.idle[0]}
	for i, w := range want {
		if got, _, _ := p.take(); got != w {
			t.Errorf("take %d: got another slot", i)
		}
	}
}
