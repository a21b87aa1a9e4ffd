package campaigns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// reminding is a campaign about unpaid orders, with further keys and steps.
func reminding(t *testing.T, id, more, steps string) (*campaigns.Campaign, string) {
	t.Helper()
	data := []byte(`{"schema": 1, "id": "` + id + `", "name": "x", "class": "marketing", "key": "order", "reentry": "never", ` + more + `
"trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}},
"steps": [` + steps + `]}`)
	c, problems := campaigns.Accept(data, nil, commerce.Shop{Market: commerce.West, Zone: "UTC"})
	if c == nil {
		t.Fatal(problems)
	}
	return c, fmt.Sprint(problems)
}

const (
	awake    = `"policy": {"quiet": {"from": "00:00", "to": "00:00"}},`
	paidExit = `"exit": [{"event": "order.paid", "same": "order", "as": "goal"}],`
	oneMail  = `{"id": "one", "wait": "1h", "send": {"channel": "email", "template": "t"}}`
)

// A step that a cap never lets through in time after the steps before it is noted.
func TestStepThatACapNeverLetsThroughIsNoted(t *testing.T) {
	t.Parallel()
	second := func(wait, expires string) string {
		return oneMail + `, {"id": "two", "wait": "` + wait + `", "expires": "` + expires + `", "send": {"channel": "email", "template": "t"}}`
	}
	for _, c := range []struct {
		name, policy, steps string
		noted               bool
	}{
		{"it expires before the cap of a day has room", awake, second("2h", "12h"), true},
		{"it expires later", awake, second("2h", "30h"), false},
		{"it waits longer than the cap", awake, second("25h", "1h"), false},
		{"a cap of a scope", `"policy": {"quiet": {"from": "00:00", "to": "00:00"}, "caps": [{"scope": "campaign", "max": 1, "per": "7d"}]},`,
			second("2d", "4d"), true},
		{"a cap that drops", `"policy": {"quiet": {"from": "00:00", "to": "00:00"}, "cap": {"max": 1, "per": "3d", "over": "drop"}},`,
			second("2d", "9d"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, said := reminding(t, "x", c.policy+paidExit, c.steps)
			if got := strings.Contains(said, "step two is never sent where the steps before it were"); got != c.noted {
				t.Errorf("got %s, want a note: %v", said, c.noted)
			}
		})
	}
}

// A sequence about unpaid orders that a payment does not end is noted.
func TestSequenceThatNoPurchaseEndsIsNoted(t *testing.T) {
	t.Parallel()
	const note = "a purchase ends nothing"
	if _, said := reminding(t, "x", awake, oneMail); !strings.Contains(said, note) {
		t.Errorf("without an exit: got %s, want a note", said)
	}
	if _, said := reminding(t, "x", awake+paidExit, oneMail); strings.Contains(said, note) {
		t.Errorf("with an exit: got %s, want none", said)
	}
}

// Two campaigns of one priority that want the same event are noted, and no others.
func TestCampaignsOfOnePriorityWithOneTriggerAreNoted(t *testing.T) {
	t.Parallel()
	c, _ := reminding(t, "one", awake, oneMail)
	same, _ := reminding(t, "two", awake, oneMail)
	higher, _ := reminding(t, "three", `"priority": 60,`, oneMail)
	paused, _ := reminding(t, "four", awake, oneMail)
	paused.State = campaigns.Paused
	notes := campaigns.Rivals(c, []*campaigns.Campaign{c, same, higher, paused})
	if len(notes) != 1 || !notes[0].Note || !strings.Contains(notes[0].Message, "50 is also that of two,") {
		t.Errorf("got %v, want a note about two alone", notes)
	}
}

// A step that is due after the store has closed the unpaid order is noted.
func TestStepAfterTheOrderIsClosedIsNoted(t *testing.T) {
	t.Parallel()
	c, _ := reminding(t, "one", awake, oneMail+`, {"id": "two", "wait": "23h", "send": {"channel": "email", "template": "t"}}`)
	notes := campaigns.AfterClosing(c, map[string]time.Duration{"shop": 24 * time.Hour, "slow": 48 * time.Hour, "never": 0})
	if len(notes) != 1 || !strings.Contains(notes[0].Message, "step two is due 1d after the order, and the store of connection shop closes") {
		t.Errorf("got %v, want a note about step two and the connection shop", notes)
	}
}

// A holdout of which a month's customers cannot make a readable comparison is noted.
func TestHoldoutThatIsTooSmallToBeReadIsNoted(t *testing.T) {
	t.Parallel()
	goal := `"holdout": {"percent": 5}, "goal": {"event": "order.paid", "same": "order", "within": "7d"},`
	c, _ := reminding(t, "one", awake+goal, oneMail)
	if note, slow := campaigns.SlowHoldout(c, 199); !slow || !strings.Contains(note.Message, "happened to 199 customers") {
		t.Errorf("199 customers: got %v, %v, want a note", note, slow)
	}
	if _, slow := campaigns.SlowHoldout(c, 200); slow {
		t.Error("200 customers: got a note, want none: 5 % of 200 conversions are 10")
	}
}
