package service

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// newsFile is a broadcast or a schedule of one mail, without quiet hours and with wide caps.
func newsFile(trigger, more, reentry string) string {
	return `{"schema": 1, "id": "news", "name": "News", "class": "marketing", "trigger": ` + trigger + `,
	"key": "customer", "reentry": "` + reentry + `", ` + more + `
	"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}], "quiet": {"from": "00:00", "to": "00:00"}},
	"steps": [{"id": "m", "send": {"channel": "email", "template": "win-back-1"}}]}`
}

// published puts a campaign file and activates its newest version, over HTTP.
func (l *leaving) published(t *testing.T, file string) {
	t.Helper()
	l.asks(t, l.key, 201, "PUT /v1/campaigns/news", file)
	l.asks(t, l.key, 204, "POST /v1/campaigns/news/activate", "")
}

// shownRun is a run as the API shows it.
type shownRun struct {
	Version       int
	LocalTime     string    `json:"local_time"`
	PlannedAt     time.Time `json:"planned_at"`
	State, Reason string
	Seen, Entered int
	HeldOut       int `json:"held_out"`
	Refused       []struct {
		Check string
		Count int
	}
}

// refused is how many customers a check refused.
func (r shownRun) refused(check string) (n int) {
	for _, x := range r.Refused {
		if x.Check == check {
			n += x.Count
		}
	}
	return n
}

func (l *leaving) runs(t *testing.T) []shownRun {
	t.Helper()
	var page struct{ Items []shownRun }
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/campaigns/news/runs", "")), &page); err != nil {
		t.Fatal(err)
	}
	return page.Items
}

// members adds so many customers; each second one has the tag vip, each tenth no consent.
func (l *leaving) members(t *testing.T, n int) (vips []string) {
	t.Helper()
	var records []object
	for i := range n {
		id := fmt.Sprintf("m%d", i)
		record := object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true, "tags": []string{"other"},
			"consents": []object{said("email", i%10 != 0, true, l.at())}}
		if i%2 == 0 {
			record["tags"] = []string{"vip"}
			if i%10 != 0 {
				vips = append(vips, id+"@example.com")
			}
		}
		if records = append(records, record); len(records) == 250 || i == n-1 {
			l.report(t, records...)
			records = nil
		}
	}
	return vips
}

// eachOnce requires one mail to each of the addresses, and none to others.
func (l *leaving) eachOnce(t *testing.T, addresses []string) {
	t.Helper()
	got := map[string]int{}
	for _, m := range l.caught.Mails(0) {
		got[strings.ToLower(m.To)]++
	}
	wrong := 0
	for _, address := range addresses {
		if got[address] != 1 {
			wrong++
		}
		delete(got, address)
	}
	if wrong > 0 || len(got) > 0 {
		t.Errorf("got not one mail to %d of %d members, and mails to %d others", wrong, len(addresses), len(got))
	}
}

const toVIPs = `"audience": {"field": "customer.tags", "op": "has", "value": "vip"},`

// crowd is how many customers a test has: fewer where the driver is a slow test peer.
func crowd(t *testing.T, n int) int {
	if strings.Contains(t.Name(), "mongodb") {
		return n / 5
	}
	return n
}

// A broadcast reaches each member of its audience with consent once, at once, and the API
// shows how far it is and why others are not in. Who joins the audience afterwards is not in. A
// new version sends to those only who had nothing so far.
func TestBroadcastReachesEachMemberOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		n := crowd(t, 2000)
		vips := l.members(t, n)
		l.published(t, newsFile(`{"broadcast": {}}`, toVIPs, "never"))
		l.pass(t, 0)
		l.eachOnce(t, vips)
		runs := l.runs(t)
		if len(runs) != 1 || runs[0].State != "done" || runs[0].Seen != n || runs[0].Entered != len(vips) || runs[0].LocalTime != "" ||
			runs[0].refused("audience") != n/2 || runs[0].refused("consent") != n/10 {
			t.Errorf("got %+v, want all of %d seen, %d entered, %d not in the audience, %d without consent", runs, n, len(vips), n/2, n/10)
		}
		l.pass(t, time.Minute)
		l.report(t, object{"type": "customer", "id": "m1", "email": "m1@example.com", "verified": true, "tags": []string{"vip"},
			"consents": []object{said("email", true, true, l.at())}})
		l.pass(t, time.Hour)
		l.eachOnce(t, vips)
		l.published(t, newsFile(`{"broadcast": {}}`, toVIPs+`"holdout": {"percent": 0},`, "never"))
		l.pass(t, time.Minute)
		l.eachOnce(t, append(vips, "m1@example.com"))
		if runs = l.runs(t); len(runs) != 2 || runs[0].Version != 2 || runs[0].Entered != 1 || runs[0].refused("reentry") != len(vips) {
			t.Errorf("got %+v, want a second run with one entry", runs)
		}
		got := l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "m10").ID+"/explain?campaign=news", "")
		if !strings.Contains(got, "refused on") || !strings.Contains(got, `"kind":"campaign.run"`) {
			t.Errorf("got %s, want that there is no consent", got)
		}
	})
}

// The audience of a broadcast may be a segment: its condition, and whom people listed.
func TestBroadcastToASegment(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		vips := l.members(t, 20)
		l.asks(t, l.key, 201, "PUT /v1/segments/best",
			`{"schema": 1, "id": "best", "name": "Best", "condition": {"field": "customer.tags", "op": "has", "value": "vip"}}`)
		l.asks(t, l.key, 200, "PUT /v1/segments/best/members/"+l.customerOf(t, "m1").ID, `{"included": true, "reason": "by hand"}`)
		l.published(t, newsFile(`{"broadcast": {}}`, `"audience": {"segment": "best"},`, "never"))
		l.pass(t, 0)
		l.eachOnce(t, append(vips, "m1@example.com"))
	})
}

// With the zone of the customers, each gets the mail at nine o'clock by the own clock. A
// broadcast whose time is over is refused, and one that is a day late at most is sent at once.
func TestBroadcastAtNineWhereTheCustomerIs(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		midnight := l.at().Truncate(24 * time.Hour).Add(24 * time.Hour)
		l.moveTo(midnight)
		for id, zone := range map[string]string{"tokyo": "Asia/Tokyo", "fiji": "Pacific/Kiritimati", "home": "", "phoenix": "America/Phoenix"} {
			l.report(t, object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true, "zone": zone,
				"consents": []object{said("email", true, true, l.at())}})
		}
		day := midnight.AddDate(0, 0, 2).Format("2006-01-02")
		l.published(t, newsFile(`{"broadcast": {"at": "`+day+`T09:00", "zone": "customer"}}`, "", "never"))
		l.pass(t, 0)
		for _, step := range []struct {
			hours int // since midnight of the activation
			sent  int
		}{{42, 0}, {43, 1}, {47, 1}, {48, 2}, {56, 2}, {57, 3}, {63, 3}, {64, 4}} {
			if at := midnight.Add(time.Duration(step.hours) * time.Hour); at.After(l.at()) {
				l.pass(t, at.Sub(l.at()))
			}
			if got := len(l.caught.Mails(0)); got != step.sent {
				t.Errorf("%d hours after midnight: got %d mails, want %d", step.hours, got, step.sent)
			}
		}
		if runs := l.runs(t); len(runs) != 1 || runs[0].State != "done" || runs[0].Entered != 4 || runs[0].LocalTime != day+"T09:00" {
			t.Errorf("got %+v, want one run of 4", runs)
		}
		ago := l.at().AddDate(0, 0, -2).Format("2006-01-02T15:04")
		l.asks(t, l.key, 201, "PUT /v1/campaigns/news", newsFile(`{"broadcast": {"at": "`+ago+`"}}`, "", "always"))
		if got := l.asks(t, l.key, 400, "POST /v1/campaigns/news/activate", ""); !strings.Contains(got, "more than 1d ago") {
			t.Errorf("got %s, want it refused as too late", got)
		}
		l.pass(t, 2*time.Hour)
		l.published(t, newsFile(`{"broadcast": {"at": "`+l.at().Add(-time.Hour).Format("2006-01-02T15:04")+`"}}`, "", "always"))
		l.pass(t, 0)
		if got := len(l.caught.Mails(0)); got != 8 {
			t.Errorf("got %d mails, want 4 more at once", got)
		}
	})
}

// A schedule runs at its local time also where the clocks are put forward and back, each time
// once, and not for the time of a pause.
func TestScheduleRunsOnceAtEachLocalTime(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		shop, err := l.Shop(t.Context(), "s")
		ok(t, err)
		shop.Zone = "Europe/Berlin"
		ok(t, l.SaveShop(t.Context(), shop))
		sunday := time.Date(l.at().Year()+1, 4, 0, 0, 0, 0, 0, shop.Location()) // the last of March
		for sunday.Weekday() != time.Sunday {
			sunday = sunday.AddDate(0, 0, -1)
		}
		l.moveTo(sunday.Add(-24 * time.Hour))
		l.subscriber(t, "ann", "ann@example.com")
		l.published(t, newsFile(`{"schedule": "30 2 * * *"}`, "", "always"))
		sent := func(at time.Time, want int) {
			t.Helper()
			l.pass(t, at.Sub(l.at()))
			if got := len(l.caught.Mails(0)); got != want {
				t.Errorf("%s: got %d mails, want %d", at.Format(time.RFC3339), got, want)
			}
		}
		sent(sunday.Add(-24*time.Hour), 0)
		sent(sunday.Add(-22*time.Hour), 0)
		sent(sunday.Add(-21*time.Hour-30*time.Minute), 1)
		sent(sunday.Add(2*time.Hour+29*time.Minute), 1) // 3:29 by the clocks, an hour after they were put forward
		sent(sunday.Add(2*time.Hour+30*time.Minute), 2)
		sent(sunday.Add(24*time.Hour), 2)
		sent(sunday.Add(25*time.Hour+30*time.Minute), 3) // 2:30 on Monday
		l.asks(t, l.key, 204, "POST /v1/campaigns/news/pause", "")
		sent(sunday.Add(24*24*time.Hour), 3)
		l.asks(t, l.key, 204, "POST /v1/campaigns/news/resume", "")
		sent(sunday.Add(24*24*time.Hour), 4) // the last time, which is less than a day ago
		sent(sunday.Add(25*24*time.Hour), 5)
		l.asks(t, l.key, 204, "POST /v1/campaigns/news/archive", "")
		sent(sunday.Add(40*24*time.Hour), 5)
		runs := l.runs(t)
		if runs[0].State != "ended" || runs[0].Reason != "the campaign is archived" {
			t.Errorf("got %+v, want that the planned run ended with the campaign", runs[0])
		}
	})
}

// A pause of the campaign, or a stop of the shop's mails, while a broadcast is under way stops
// the mails and the run within seconds. When it ends, the run goes on, and each member has one
// mail. An archived campaign ends its run.
func TestBroadcastStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, stop, resume string }{
		{"a pause", "POST /v1/campaigns/news/pause", "POST /v1/campaigns/news/resume"},
		{"a stop of the shop", "POST /v1/sending/stop", "POST /v1/sending/resume"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				w := newSendingWorld(t, h, scriptRelay(t, "PIPELINING"))
				w.join(t, plain)
				shop, err := w.Shop(t.Context(), "s")
				ok(t, err)
				shop.Sender.Address = "1 High Street"
				ok(t, w.SaveShop(t.Context(), shop))
				l := &leaving{harness: h, key: h.shopKey(t)}
				l.work = w.workers[0].advance
				n := 600
				begun, since := 0, 0
				w.relay.play(func(verb, _ string) string {
					if verb != "DATA" {
						return ""
					}
					if begun++; begun > 10 {
						since++
					}
					if begun == 10 {
						w.asks(t, l.key, 204, c.stop, "")
						w.moveTo(w.at().Add(2 * time.Second))
					}
					return ""
				})
				l.members(t, n)
				l.published(t, newsFile(`{"broadcast": {}}`, "", "never"))
				w.work(t, 5*time.Second)
				if since > 5 {
					t.Errorf("got %d mails after the stop, want those on their way at most", since)
				}
				if runs := l.runs(t); len(runs) != 1 || runs[0].State != "running" || runs[0].Seen >= n {
					t.Errorf("got %+v, want the run to stand still", runs)
				}
				w.asks(t, l.key, 204, c.resume, "")
				w.work(t, time.Minute)
				if runs := l.runs(t); runs[0].State != "done" || runs[0].Seen != n || runs[0].Entered != n*9/10 || begun != n*9/10 {
					t.Errorf("got %+v and %d mails, want each of %d members once", runs, begun, n*9/10)
				}
			})
		})
	}
}
