package service

import (
	"testing"
	"time"
)

// howWasIt asks after the delivery of a parcel, unless the order was cancelled.
const howWasIt = `{"schema": 1, "id": "how", "name": "How was it", "class": "service", "trigger": {"event": "order.shipped"},
	"key": "order", "reentry": "never", "exit": [{"event": "order.cancelled", "same": "order"}],
	"policy": {"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
	"steps": [{"id": "h1", "wait": "5h", "send": {"channel": "email", "template": "follow-up-1"}}]}`

// An order that was cancelled, restored, shipped and then cancelled again is left in peace:
// the second cancellation ends what the shipping began.
func TestOrderCancelledAgainGetsNoMail(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, howWasIt)
		placed := l.at()
		shipped := func(at time.Time) object {
			return object{"parcels": []object{{"id": "p1", "shipped_at": at}}}
		}
		for _, id := range []string{"kept", "left"} {
			l.liveOrder(t, id, placed, object{"status": "cancelled", "cancelled_at": l.at()})
			l.liveOrder(t, id, placed, nil)
			l.liveOrder(t, id, placed, shipped(l.at()))
		}
		again := shipped(l.at().Add(-time.Minute))
		again["status"], again["cancelled_at"] = "cancelled", l.at()
		l.liveOrder(t, "left", placed, again)
		l.pass(t, 6*time.Hour)
		if got := len(l.mailsTo("bkept@x.test")); got != 1 {
			t.Errorf("the order that was restored: got %d mails, want 1", got)
		}
		if got := len(l.mailsTo("bleft@x.test")); got != 0 {
			t.Errorf("the order that was cancelled again: got %d mails, want none", got)
		}
	})
}
