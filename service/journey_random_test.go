package service

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/campaigns"
	"comeback/campaigns/journeytest"
	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/jobs"
	"comeback/store"
	"comeback/store/embedded"
)

// wanderer is one customer on a random journey, which is a campaign of its own.
type wanderer struct {
	campaign, name string
	steps          []journeytest.Step
	history        []journeytest.Event
	version        int
	reports        []wandererReport
	leftAt         time.Time // since when the cancellation of the order is read; zero: it is not
}

// wandererReport is what the shop sends about an event: records, or the event itself.
type wandererReport struct {
	at      int // minutes
	records []object
	event   string // the body of POST /v1/events
	leaves  bool
}

// journeyWorld is a shop on a database in a folder, whose process ends and begins again.
type journeyWorld struct {
	*leaving
	dir    string
	mails  jobs.Channel
	random *rand.Rand
	begin  time.Time
	people []*wanderer
}

// How many random journeys each of the two worlds of a test has.
func calmJourneys() int  { return much(13, 3, 30) }
func roughJourneys() int { return much(10, 3, 20) }

// journeyWorlds is how many worlds each of the two tests of journeys has.
func journeyWorlds() uint64 { return uint64(much(2, 1, 2)) }

func newJourneyWorld(t *testing.T, seed uint64, journeys int, policy string) *journeyWorld {
	t.Helper()
	w := &journeyWorld{dir: t.TempDir(), random: rand.New(rand.NewPCG(seed, 1))}
	docs, err := embedded.Open(t.Context(), w.dir, store.Collections())
	ok(t, err)
	w.leaving = newLeaving(t, newHarness(t, docs, clocktest.Now(t).Truncate(time.Minute)))
	t.Cleanup(func() { ok(t, w.docs.(*embedded.DB).Close()) })
	w.mails, w.poster = w.mail(t), sayings{}
	w.serve(t, w.mails)
	w.starts(t, `{"schema": 1, "id": "other", "name": "Other", "class": "marketing", "trigger": {"event": "order.rated"}, "key": "customer",
		"reentry": "always", "steps": [{"id": "o", "set": {"customer.custom.other": "yes"}}]}`)
	for n := range journeys {
		p := &wanderer{campaign: fmt.Sprintf("j%d", n), name: fmt.Sprintf("c%d", n), version: 1}
		drawn := rapid.Custom(func(t *rapid.T) *wanderer {
			return &wanderer{steps: journeytest.DrawSteps(t), history: journeytest.DrawHistory(t)}
		}).Example(int(seed%1_000_000)*1000 + n)
		p.steps, p.history = drawn.steps, drawn.history
		w.people = append(w.people, p)
		w.starts(t, p.file(t, p.steps, policy))
	}
	w.pass(t, time.Minute)
	for _, p := range w.people {
		w.report(t, object{"type": "customer", "id": p.name, "email": p.address(), "verified": true,
			"consents": []object{said("email", true, true, w.at())}})
	}
	w.pass(t, time.Minute)
	w.begin = w.at()
	for _, p := range w.people {
		p.reported(t, w.begin)
	}
	return w
}

// sayings answers webhooks with the status that their address names.
type sayings struct{ jobs.Poster }

// Call answers at once.
func (sayings) Call(_ context.Context, address, _ string, _ []byte, _ [][]byte) campaigns.CallAnswer {
	status, _ := strconv.Atoi(path.Base(address))
	return campaigns.CallAnswer{Status: status, Done: status < 300, Final: true}
}

func (p *wanderer) address() string { return p.name + "@example.com" }

// file is the campaign of the journey.
func (p *wanderer) file(t *testing.T, steps []journeytest.Step, more string) string {
	t.Helper()
	written, err := json.Marshal(journeytest.Filed(steps, "win-back-1"))
	ok(t, err)
	return fmt.Sprintf(`{"schema": 1, "id": %q, "name": "J", "class": "marketing", "key": "order", "reentry": "never", %s
		"trigger": {"event": "order.placed", "where": {"field": "order.channel", "op": "is", "value": %q}},
		"exit": [{"event": "order.cancelled", "same": "order"}], %s, "steps": %s}`, p.campaign, more, p.campaign,
		strings.ReplaceAll(hardly, "100", "1000"), written)
}

// reported writes what the shop sends about each event of the history. A record of the order has all
// that happened to it so far.
func (p *wanderer) reported(t *testing.T, begin time.Time) {
	t.Helper()
	order := object{"type": "order", "id": "o" + p.name, "channel": p.campaign, "placed_at": begin, "payment_status": "unpaid",
		"currency": "EUR", "buyer": object{"id": p.name, "email": p.address()}}
	var parcels []object
	tags := []string{}
	for _, e := range p.history {
		at := begin.Add(time.Duration(e.At) * time.Minute)
		r := wandererReport{at: e.At}
		if total, is := commerce.Lookup(e.Fields, "total"); is {
			order["total"] = total
			order["lines"] = []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": total, "net": total}}
		}
		switch e.Kind {
		case commerce.OrderShipped:
			parcels = append(parcels, object{"id": fmt.Sprint(e.At), "shipped_at": at})
			order["parcels"] = slices.Clone(parcels)
		case commerce.OrderCancelled:
			order["status"], order["cancelled_at"], r.leaves = "cancelled", at, true
		}
		switch e.Kind {
		case journeytest.CustomerUpdated:
			tag, _ := commerce.Lookup(e.Fields, "tag")
			tags = append(tags, tag)
			r.records = []object{{"type": "customer", "id": p.name, "email": p.address(), "verified": true, "updated_at": at,
				"tags": commerce.EachOnce(slices.Clone(tags))}}
		case "custom.quiz":
			r.event = fmt.Sprintf(`{"id": "%s-%d", "event": "custom.quiz", "at": %q, "customer": {"email": %q}}`, p.name, e.At,
				at.Format(time.RFC3339Nano), p.address())
		default:
			record := object{"updated_at": at}
			for key, value := range order {
				record[key] = value
			}
			r.records = []object{record}
		}
		p.reports = append(p.reports, r)
	}
}

// restart ends the process, and opens the same data in a new one.
func (w *journeyWorld) restart(t *testing.T) {
	t.Helper()
	ok(t, w.docs.(*embedded.DB).Close())
	docs, err := embedded.Open(t.Context(), w.dir, store.Collections())
	ok(t, err)
	key, log := []byte(strings.Repeat("k", 32)), slog.New(slog.NewTextHandler(io.Discard, nil))
	w.docs, w.Store = docs, store.New(docs, store.Keys{Identity: key, Secrets: key}, w.leaving.at, w.leaving.at, log)
	w.serve(t, w.mails)
}

// workUntil does all work that is due before an instant, each at its own time.
func (w *journeyWorld) workUntil(t *testing.T, until time.Time) {
	t.Helper()
	for range 100_000 {
		due, err := w.DueOf(t.Context(), "s")
		ok(t, err)
		if due.NextDue.IsZero() || !due.NextDue.Before(until) {
			return
		}
		if due.NextDue.After(w.at()) {
			w.moveTo(due.NextDue)
		}
		settleAll(t, w.harness, 1)
	}
	t.Fatal("the work has no end")
}

// sends reports an event and has it worked on.
func (w *journeyWorld) sends(t *testing.T, p *wanderer, r wandererReport) {
	t.Helper()
	if r.event != "" {
		if status, err := w.status(t, w.key, "POST /v1/events", r.event); err != nil || status >= 300 {
			t.Fatalf("%s: got %d, %v", r.event, status, err)
		}
	} else {
		w.report(t, r.records...)
	}
	if r.leaves && p.leftAt.IsZero() {
		p.leftAt = w.at()
	}
}

// found is what became of a customer: the sent mails and the other deeds as step@minute, and the enrolment.
func (w *journeyWorld) found(t *testing.T, p *wanderer) (sent, did []string, e campaigns.Enrolment) {
	t.Helper()
	minute := func(at time.Time) int { return int(at.Sub(w.begin) / time.Minute) }
	list := w.entered(t, p)
	if len(list) != 1 {
		t.Fatalf("%s: got %d enrolments, want one", p.campaign, len(list))
	}
	for _, m := range w.messages(t, p) {
		if m.State == campaigns.Sent {
			sent = append(sent, fmt.Sprintf("%s@%d", m.Step, minute(m.SentAt)))
		}
	}
	for _, d := range list[0].Log {
		if slices.Contains([]string{"tag", "set", "enter", "webhook", "notify"}, d.Outcome) {
			did = append(did, fmt.Sprintf("%s@%d", d.Step, minute(d.At)))
		}
	}
	slices.Sort(sent)
	return sent, did, list[0]
}

func (w *journeyWorld) entered(t *testing.T, p *wanderer) []campaigns.Enrolment {
	t.Helper()
	list, err := w.Enrolments(t.Context(), "s", p.campaign, nil, 10)
	ok(t, err)
	return list
}

func (w *journeyWorld) messages(t *testing.T, p *wanderer) []campaigns.Message {
	t.Helper()
	list, err := w.Messages(t.Context(), "s", p.campaign, "", "", nil, 200)
	ok(t, err)
	return list
}

// Random journeys through the wired service end as a plain model says, minute by minute, although its
// process ends and begins again, and although webhooks come twice.
func TestRandomJourneysFollowTheModelAcrossRestarts(t *testing.T) {
	t.Parallel()
	for n := range journeyWorlds() {
		t.Run(fmt.Sprint("world ", n), func(t *testing.T) {
			t.Parallel()
			w := newJourneyWorld(t, journeySeed(t)+n, calmJourneys(), "")
			type due struct {
				p *wanderer
				r wandererReport
			}
			var all []due
			for _, p := range w.people {
				for _, r := range p.reports {
					all = append(all, due{p, r})
				}
			}
			slices.SortStableFunc(all, func(a, b due) int { return cmp.Compare(a.r.at, b.r.at) })
			for _, d := range all {
				at := w.begin.Add(time.Duration(d.r.at) * time.Minute)
				w.workUntil(t, at)
				w.moveTo(at)
				for range 1 + w.random.IntN(2) {
					w.sends(t, d.p, d.r)
				}
				settleAll(t, w.harness, 1)
				if w.random.IntN(len(all)) < 3 {
					w.restart(t)
				}
			}
			w.workUntil(t, w.begin.AddDate(0, 0, 60))
			for _, p := range w.people {
				sent, did, e := w.found(t, p)
				m := &journeytest.Model{Campaign: p.campaign, Shop: "s", Customer: e.Customer, History: p.history}
				m.Walk(p.steps)
				want := campaigns.Finished
				if m.Left {
					want = campaigns.Exited
				}
				if !slices.Equal(sent, m.Sent) || !slices.Equal(did, m.Did) || e.State != want {
					t.Errorf("%s\n%v\ngot  sent %v did %v %s\nwant sent %v did %v %s", p.file(t, p.steps, ""), p.history, sent, did, e.State,
						m.Sent, m.Did, want)
				}
				if got := len(w.mailsTo(p.address())); got != len(sent) {
					t.Errorf("%s: got %d mails, want %d", p.name, got, len(sent))
				}
			}
		})
	}
}

// journeySeed is the seed of a run's random journeys; the log shows how to repeat it.
func journeySeed(t *testing.T) uint64 {
	t.Helper()
	at := clocktest.All("journeys")
	clocktest.Print(t, at)
	return uint64(at.UnixMilli())
}
