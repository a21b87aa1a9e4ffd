package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// modelSegments are the segments of the model test: by figures, by time, by
// tags, by rank among customers, by other segments and by hand.
var modelSegments = map[string]string{
	"buyers": buyers, "recent": recent, "rich": rich,
	"fans":    `"backfill": true, "condition": {"field": "customer.tags", "op": "has", "value": "fan"}`,
	"top":     `"backfill": true, "condition": {"field": "rfm.m", "op": "gte", "value": 4}`,
	"lapsed":  `"backfill": true, "condition": {"all": [{"segment": "buyers"}, {"not": {"segment": "recent"}}]}`,
	"friends": `"backfill": true, "static": true`,
	"party":   `"backfill": true, "condition": {"any": [{"segment": "friends"}, {"all": [{"segment": "fans"}, {"segment": "rich"}]}]}`,
}

const (
	modelRound    = 100            // changes between two sweeps
	meanwhileMost = 10 * time.Hour // that pass between them
)

// Thousands of paid, refunded and cancelled orders, tags, merges and lists are
// shuffled and repeated, while time passes and sweeps die at any of their
// writes. The events of segments add up to the members computed from scratch.
// No customer enters twice or leaves without being a member.
func TestEventsAddUpToMembers(t *testing.T) {
	t.Parallel()
	eachDocuments(t, func(t *testing.T, docs documents.Database) {
		changes, people := modelChanges(), modelPeople()
		if testing.Short() {
			changes = min(changes, 2000)
		}
		if strings.Contains(t.Name(), "mongodb") {
			changes, people = min(changes, 800), 30 // the wire peer is slow
		}
		m := newSweepModel(t, docs, people, time.Duration(changes/modelRound)*meanwhileMost/2)
		facts := m.facts()
		for done := 0; done < changes; done += modelRound {
			batch := make([]modelFact, modelRound)
			for i := range batch {
				batch[i] = facts[m.random.IntN(len(facts))]
			}
			m.happen(t, batch)
			m.sweepAndDie(t)
		}
		m.happen(t, facts) // each at least once
		for range 3 {      // until nothing waits for anything
			m.sweep(t, nil)
		}
		m.judge(t)
	})
}

// sweepModel is a world with the state that a receiver of its events must
// remember.
type sweepModel struct {
	*sweepWorld
	random *rand.Rand
	people int
	span   time.Duration               // that passes
	merged map[int64]map[string]string // survivors of merged customers, by the time of the sweep that followed
	events []commerce.Event
	deaths int
}

// modelFact is one change of the world.
type modelFact func(ctx context.Context, p *sweepProcess) error

func newSweepModel(t *testing.T, docs documents.Database, people int, span time.Duration) *sweepModel {
	t.Helper()
	m := &sweepModel{
		sweepWorld: newSweepWorld(t, docs), random: rand.New(rand.NewPCG(3, 1)), people: people, span: span,
		merged: map[int64]map[string]string{},
	}
	for _, slug := range []string{"buyers", "recent", "rich", "fans", "top", "lapsed", "friends", "party"} {
		m.segment(t, slug, modelSegments[slug])
	}
	return m
}

func modelEmail(person int) string { return fmt.Sprintf("p%d@example.com", person) }
func modelPhone(person int) string { return fmt.Sprintf("+49151%08d", person) }

// facts are all changes in their order.
func (m *sweepModel) facts() []modelFact {
	var list []modelFact
	for n := range 5 * m.people {
		at := m.began.Add(time.Duration(m.random.Int64N(int64(m.span))).Truncate(time.Millisecond))
		buyer := commerce.Buyer{Email: modelEmail(m.random.IntN(m.people))}
		if n%3 == 0 {
			buyer = commerce.Buyer{Phone: modelPhone(m.random.IntN(m.people))}
		}
		o := boughtOrder(n, buyer, 10+m.random.Int64N(80), at)
		list = append(list, saving(o))
		switch n % 6 {
		case 0:
			o.Payment, o.Times.RefundedAt = commerce.Refunded, at.Add(30*time.Hour)
		case 1:
			o.Status, o.Times.CancelledAt = commerce.Cancelled, at.Add(time.Hour)
		}
		o.Version = at.Add(40 * time.Hour)
		list = append(list, saving(o))
	}
	for n := range 4 * m.people {
		r := commerce.CustomerRecord{
			Connection: "c", External: fmt.Sprint("e", n%m.people), Email: modelEmail(n % m.people), Verified: true, TagsKnown: true,
			Version: m.began.Add(time.Duration(n) * time.Minute),
		}
		if m.random.IntN(2) == 0 {
			r.Attributes.Tags = []string{"fan"}
		}
		list = append(list, recording(r))
	}
	for n := range m.people / 3 { // an address and a phone are one person's
		person := 3 * (m.random.IntN(m.people) / 3)
		list = append(list, recording(commerce.CustomerRecord{
			Connection: "c", External: fmt.Sprint("m", n), Email: modelEmail(person), Verified: true, Phone: modelPhone(person), Version: m.began,
		}))
	}
	return append(list, m.listings()...)
}

func saving(o commerce.Order) modelFact {
	return func(ctx context.Context, p *sweepProcess) error {
		_, err := p.SaveOrder(ctx, "s", o)
		return err
	}
}

func recording(r commerce.CustomerRecord) modelFact {
	return func(ctx context.Context, p *sweepProcess) error {
		_, err := p.SaveRecord(ctx, "s", r)
		return err
	}
}

// listings put a customer into a segment, take one out of it, or remove a
// listing.
func (m *sweepModel) listings() (list []modelFact) {
	for n := range m.people {
		slug, customer := []string{"friends", "rich", "party"}[n%3], m.recordOf(m.random.IntN(m.people))
		list = append(list, func(ctx context.Context, p *sweepProcess) error {
			id, err := p.SaveRecord(ctx, "s", customer)
			if err != nil {
				return err
			}
			if n%4 == 3 {
				_, err := p.DropListed(ctx, "s", slug, []string{id})
				return err
			}
			_, err = p.SaveListed(ctx, "s", []segments.Listed{{Segment: slug, Customer: id, Included: n%4 < 2, Reason: "model", At: m.began}})
			return err
		})
	}
	return list
}

func (m *sweepModel) recordOf(person int) commerce.CustomerRecord {
	return commerce.CustomerRecord{
		Connection: "c", External: fmt.Sprint("l", person), Email: modelEmail(person), Verified: true, Version: m.began,
	}
}

// happen applies facts, many at once, and lets some time pass. In most cases
// the profiles are computed before the next sweep.
func (m *sweepModel) happen(t *testing.T, list []modelFact) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for _, fact := range list {
		group.Go(func() error { return fact(t.Context(), m.sweepProcess) })
	}
	ok(t, group.Wait())
	if m.random.IntN(5) > 0 {
		ok(t, m.settled(t.Context()))
	}
	m.clock.step(time.Second + time.Duration(m.random.Int64N(int64(meanwhileMost))))
}

// sweepAndDie makes a new process or the old one sweep, which may die. In most
// cases another process continues.
func (m *sweepModel) sweepAndDie(t *testing.T) {
	t.Helper()
	for died := true; died; died = died && m.random.IntN(3) > 0 {
		docs := &dyingDocs{Database: m.docs, done: m.random.IntN(2) == 0}
		docs.writes.Store(1 + m.random.Int64N(60))
		if died = m.sweep(t, docs); died {
			m.deaths++
		}
	}
}

// sweep sweeps over docs, where nil means the lasting process. It records the
// merges so far and receives the events.
func (m *sweepModel) sweep(t *testing.T, docs *dyingDocs) (died bool) {
	t.Helper()
	p := m.sweepProcess
	if docs != nil {
		p = m.process(docs)
	} else {
		ok(t, m.settled(t.Context()))
		m.clock.step(time.Second)
	}
	everybody := m.everybody(t)
	merged := map[string]string{}
	for _, c := range everybody {
		if c.MergedInto != "" {
			merged[c.ID] = c.MergedInto
		}
	}
	m.merged[m.clock.now().UnixMilli()] = merged
	_, err := p.segments.Sweep(t.Context(), "s")
	if died = errors.Is(err, errDied); err != nil && !died {
		t.Fatal(err)
	}
	m.events = append(m.events, m.heard(t)...)
	return died
}

func (m *sweepModel) everybody(t *testing.T) []commerce.Customer {
	t.Helper()
	known, err := m.Known(t.Context(), "s")
	ok(t, err)
	var numbers []int64
	for n := range known {
		numbers = append(numbers, n+1)
	}
	list, err := m.Numbered(t.Context(), "s", numbers)
	ok(t, err)
	return list
}

// judge compares the sum of the events, the stored members and the computed
// members.
func (m *sweepModel) judge(t *testing.T) {
	t.Helper()
	told, so := m.added(t), m.computed(t)
	people, total := m.everybody(t), 0
	names := map[string]string{}
	for _, c := range people {
		names[c.ID] = c.ID
	}
	for slug := range modelSegments {
		want := append([]string{}, slices.Sorted(maps.Keys(so[slug]))...)
		same(t, slug+" by events", append([]string{}, slices.Sorted(maps.Keys(told[slug]))...), want)
		same(t, slug+" as stored", m.membersOf(t, slug, names), want)
		total += len(want)
		if !slices.ContainsFunc(m.events, func(e commerce.Event) bool { return strings.HasPrefix(e.Cause, slug+":") }) {
			t.Errorf("%s: nobody ever was in it: it shows nothing", slug)
		}
	}
	t.Logf(
		"%d customers, %d merged, %d events, %d deaths, %d members in the end", len(people), len(m.merged[m.clock.now().UnixMilli()]),
		len(m.events), m.deaths, total,
	)
}

// added adds the events up as a receiver does that knows of merges: an event of
// a customer is also about all customers merged into it by then.
func (m *sweepModel) added(t *testing.T) map[string]map[string]bool {
	t.Helper()
	type told struct {
		commerce.Event
		segment string
		version int
	}
	var list []told
	for _, e := range m.events {
		parts, err := commerce.SplitKey(e.Cause)
		ok(t, err)
		version, err := strconv.Atoi(parts[1])
		ok(t, err)
		list = append(list, told{e, parts[0], version})
	}
	slices.SortStableFunc(list, func(a, b told) int { return cmp.Compare(a.version, b.version) })
	in := map[string]map[string]bool{}
	for slug := range modelSegments {
		in[slug] = map[string]bool{}
	}
	for _, e := range list {
		merged, were := m.merged[e.At.UnixMilli()], 0
		for id := range in[e.segment] {
			if rootOf(merged, id) == e.Subject {
				were++
				delete(in[e.segment], id)
			}
		}
		entered := e.Kind == commerce.SegmentEntered
		if entered == (were > 0) || rootOf(merged, e.Subject) != e.Subject {
			t.Errorf("%s %s version %d: event of %s, a member %d times", e.Kind, e.segment, e.version, e.Subject, were)
		}
		if entered {
			in[e.segment][e.Subject] = true
		}
	}
	last, people := m.merged[m.clock.now().UnixMilli()], map[string]map[string]bool{}
	for slug, ids := range in {
		people[slug] = map[string]bool{}
		for id := range ids {
			people[slug][rootOf(last, id)] = true
		}
	}
	return people
}

func rootOf(merged map[string]string, id string) string {
	for merged[id] != "" {
		id = merged[id]
	}
	return id
}

// computed evaluates each condition for each customer, one by one.
func (m *sweepModel) computed(t *testing.T) map[string]map[string]bool {
	t.Helper()
	ctx := t.Context()
	_, definitions, err := m.SegmentsInUse(ctx, "s")
	ok(t, err)
	var files [][]byte
	for _, d := range definitions {
		files = append(files, d.JSON)
	}
	set := segments.NewSet(files)
	fitted, err := m.Fitted(ctx, "s")
	ok(t, err)
	shop, err := m.Shop(ctx, "s")
	ok(t, err)
	so := map[string]map[string]bool{}
	for slug := range modelSegments {
		so[slug] = map[string]bool{}
	}
	for _, c := range m.everybody(t) {
		if c.MergedInto != "" {
			continue
		}
		listed, err := m.ListingsOf(ctx, "s", c.ID)
		ok(t, err)
		whole, err := m.Customer(ctx, "s", c.ID)
		ok(t, err)
		params := segments.Params{
			Zone: shop.Location(), Currency: "EUR", Customer: c.ID, Fitted: fitted,
			Listed: func(slug string) segments.Listing { return listed[slug] },
		}
		for slug := range modelSegments {
			if condition, _ := set.Member(slug); segments.Match(condition, &whole.Profile, nil, params, m.clock.now()) {
				so[slug][c.ID] = true
			}
		}
	}
	return so
}
