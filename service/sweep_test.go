package service

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

const (
	buyers = `"backfill": true, "condition": {"field": "orders.count", "op": "gte", "value": 1}`
	recent = `"backfill": true, "condition": {"event": "order.paid", "last": {"days": 3}}`
	rich   = `"backfill": true, "condition": {"field": "orders.net", "op": "gte", "value": 100}`
)

// eachSweepWorld runs a test in a world over every database.
func eachSweepWorld(t *testing.T, run func(t *testing.T, w *sweepWorld)) {
	t.Helper()
	eachDocuments(t, func(t *testing.T, docs documents.Database) { run(t, newSweepWorld(t, docs)) })
}

func same(t testing.TB, rule string, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s: got, want: %s", rule, diff)
	}
}

// A customer enters a segment by a change of data, and leaves it by a change of
// data or time alone. Campaigns get one event for each and no other.
func TestCustomersEnterAndLeaveSegments(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		w.segment(t, "buyers", buyers)
		w.segment(t, "recent", recent)
		w.segment(t, "lapsed", `"condition": {"all": [{"segment": "buyers"}, {"not": {"segment": "recent"}}]}`)
		names := map[string]string{w.person(t, "ann@example.com", ""): "ann", w.person(t, "bob@example.com", ""): "bob"}
		same(t, "nobody bought", w.sweep(t, names), []string{})
		o := w.buys(t, 1, "ann@example.com", "", 50)
		same(t, "who buys enters", w.sweep(t, names), []string{"+buyers ann", "+recent ann"})
		bought := w.day()
		same(t, "again nothing", w.sweep(t, names), []string{})
		before, err := w.Membership(t.Context(), "s", "recent")
		ok(t, err)
		w.clock.step(3 * 24 * time.Hour)
		same(t, "three days are not over", w.sweep(t, names), []string{})
		unchanged, err := w.Membership(t.Context(), "s", "recent")
		if ok(t, err); cmp.Diff(before, unchanged) != "" {
			t.Error("a sweep that found nothing wrote something")
		}
		w.clock.step(24 * time.Hour)
		same(t, "time alone makes a customer leave, and enter what asks for that", w.sweep(t, names), []string{"+lapsed ann", "-recent ann"})
		left := w.day()
		o.Payment, o.Version = commerce.Refunded, w.clock.now()
		o.Times.RefundedAt = w.clock.now()
		_, err = w.SaveOrder(t.Context(), "s", o)
		ok(t, err)
		same(t, "who gets the money back never bought", w.sweep(t, names), []string{"-buyers ann", "-lapsed ann"})
		m, err := w.Membership(t.Context(), "s", "recent")
		ok(t, err)
		days := []segments.Day{{Day: bought, Size: 1, Entered: 1}, {Day: left, Size: 0, Left: 1}}
		if diff := cmp.Diff(m.Days, days); diff != "" {
			t.Errorf("the history, got, want: %s", diff)
		}
	})
}

// The first sweep of a definition emits no events, unless the segment has
// backfill; nor does the first one after a segment was out of use.
func TestFirstSweepIsSilent(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		const silent = `"condition": {"field": "orders.net", "op": "gte", "value": 100}`
		names := map[string]string{w.person(t, "ann@example.com", ""): "ann", w.person(t, "bob@example.com", ""): "bob"}
		w.buys(t, 1, "ann@example.com", "", 100)
		w.segment(t, "silent", silent)
		w.segment(t, "known", rich)
		same(t, "the first sweep", w.sweep(t, names), []string{"+known ann"})
		same(t, "members", w.membersOf(t, "silent", names), []string{"ann"})
		w.buys(t, 2, "bob@example.com", "", 100)
		same(t, "from then on all events are emitted", w.sweep(t, names), []string{"+known bob", "+silent bob"})
		w.segment(t, "silent", `"condition": {"field": "orders.net", "op": "gte", "value": 300}`)
		w.segment(t, "known", `"backfill": true, "condition": {"field": "orders.net", "op": "gte", "value": 300}`)
		same(t, "a new version", w.sweep(t, names), []string{"-known ann", "-known bob"})
		same(t, "its members", w.membersOf(t, "silent", names), []string{})
		_, err := w.ArchiveSegment(t.Context(), "s", "silent", 0)
		ok(t, err)
		w.buys(t, 3, "bob@example.com", "", 300)
		same(t, "out of use nobody enters", w.sweep(t, names), []string{"+known bob"})
		same(t, "members out of use", w.membersOf(t, "silent", names), []string{})
		_, err = w.RestoreSegment(t.Context(), "s", "silent", 0)
		ok(t, err)
		same(t, "in use again, it begins anew", w.sweep(t, names), []string{})
		same(t, "members in use again", w.membersOf(t, "silent", names), []string{"bob"})
	})
}

// A customer listed by hand is a member, or is none, whatever the condition
// says, and so in segments that refer to this one. The reason stays readable.
func TestListedCustomersAreMembers(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		ctx := t.Context()
		ann, bob := w.person(t, "ann@example.com", ""), w.person(t, "bob@example.com", "")
		names := map[string]string{ann: "ann", bob: "bob"}
		w.buys(t, 1, "ann@example.com", "", 100)
		w.segment(t, "rich", rich)
		w.segment(t, "poor", `"condition": {"not": {"segment": "rich"}}`)
		w.segment(t, "friends", `"static": true, "backfill": true`)
		same(t, "by the condition", w.sweep(t, names), []string{"+rich ann"})
		for _, step := range []struct {
			rule string
			list []segments.Listed
			drop []string
			want []string
		}{
			{
				"put in", []segments.Listed{{Segment: "rich", Customer: bob, Included: true, Reason: "pays cash"}}, nil,
				[]string{"+rich bob", "-poor bob"},
			},
			{"put out", []segments.Listed{{Segment: "rich", Customer: ann, Reason: "reseller"}}, nil, []string{"+poor ann", "-rich ann"}},
			{
				"a list",
				[]segments.Listed{{Segment: "friends", Customer: ann, Included: true}, {Segment: "friends", Customer: bob, Included: true}},
				nil, []string{"+friends ann", "+friends bob"},
			},
			{"left to the condition", nil, []string{ann, bob}, []string{"+poor bob", "+rich ann", "-poor ann", "-rich bob"}},
		} {
			_, err := w.SaveListed(ctx, "s", step.list)
			ok(t, err)
			if step.rule == "put out" {
				list, err := w.ListedIn(ctx, "s", "rich", nil, 9)
				ok(t, err)
				slices.SortFunc(list, func(a, b segments.Listed) int { return len(a.Reason) - len(b.Reason) })
				if len(list) != 2 || list[0].Reason != "reseller" || list[1].Reason != "pays cash" {
					t.Errorf("got %+v, want both with their reason", list)
				}
			}
			_, err = w.DropListed(ctx, "s", "rich", step.drop)
			ok(t, err)
			same(t, step.rule, w.sweep(t, names), step.want)
		}
	})
}

// When two records turn out to be one person, no segment changes: a member
// stays a member under the remaining number, also while the profile of both is
// not computed.
func TestMergeChangesNoMembership(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		ctx := t.Context()
		names := map[string]string{w.person(t, "ann@example.com", ""): "ann", w.person(t, "", "+4915112345678"): "ann's phone"}
		w.segment(t, "buyers", buyers)
		w.segment(t, "rich", rich)
		w.segment(t, "cheap", `"backfill": true, "condition": {"field": "orders.net", "op": "between", "value": [1, 90]}`)
		w.buys(t, 1, "ann@example.com", "", 60)
		w.buys(t, 2, "", "+4915112345678", 60)
		same(t, "two people", w.sweep(t, names), []string{"+buyers ann", "+buyers ann's phone", "+cheap ann", "+cheap ann's phone"})
		one := w.person(t, "ann@example.com", "+4915112345678")
		survivor := names[one]
		w.clock.step(time.Second)
		_, err := w.segments.Sweep(ctx, "s") // nobody has computed the profile
		ok(t, err)
		same(t, "while their figures are unknown", heard(t, w.heard(t), names), []string{})
		same(t, "once they are known", w.sweep(t, names), []string{"+rich " + survivor, "-cheap " + survivor})
		same(t, "one is left", w.membersOf(t, "buyers", names), []string{survivor})
		m, err := w.Membership(ctx, "s", "buyers")
		if ok(t, err); m.Size != 1 || m.Version != 2 || !m.Emitted || len(m.Days) != 1 || m.Days[0].Size != 1 || m.Days[0].Entered != 2 ||
			m.Days[0].Left != 0 {
			t.Errorf("got %+v, want one member, and a version without events", m)
		}
	})
}

// Where the second record of a member survives and is no member itself, it
// takes the place of the first. Nobody enters, and nobody leaves while its
// figures are unknown.
func TestSurvivorTakesThePlaceOfTheMergedMember(t *testing.T) {
	t.Parallel()
	for _, buyer := range []int{0, 1} { // whichever of the two survives
		eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
			known := [][2]string{{"ann@example.com", ""}, {"", "+4915112345678"}}
			names := map[string]string{w.person(t, known[0][0], known[0][1]): "a", w.person(t, known[1][0], known[1][1]): "b"}
			w.segment(t, "buyers", buyers)
			w.buys(t, 1, known[buyer][0], known[buyer][1], 60)
			same(t, "one bought", w.sweep(t, names), []string{"+buyers " + []string{"a", "b"}[buyer]})
			one := w.person(t, known[0][0], known[1][1])
			w.clock.step(time.Second)
			_, err := w.segments.Sweep(t.Context(), "s") // nobody has computed the profile
			ok(t, err)
			same(t, "while the figures are unknown", heard(t, w.heard(t), names), []string{})
			same(t, "both are one", w.sweep(t, names), []string{})
			same(t, "who is a member", w.membersOf(t, "buyers", names), []string{names[one]})
		})
	}
}

// Processes that sweep a shop at once emit each change once.
func TestConcurrentSweepsEmitOnce(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		names, all := map[string]string{}, []string{"ann", "bob", "cid", "dan", "eve", "fay"}
		w.segment(t, "buyers", buyers)
		w.segment(t, "recent", recent)
		racers := []*sweepProcess{w.sweepProcess, w.process(w.docs), w.process(w.docs), w.process(w.docs)}
		var got, want []string
		for i, name := range all {
			names[w.person(t, name+"@example.com", "")] = name
			w.buys(t, i, name+"@example.com", "", 10)
			ok(t, w.settled(t.Context()))
			w.clock.step(24 * time.Hour)
			var group errgroup.Group
			for _, racer := range racers {
				group.Go(func() error {
					_, err := racer.segments.Sweep(t.Context(), "s")
					return err
				})
			}
			ok(t, group.Wait())
			got = append(got, heard(t, w.heard(t), names)...)
			want = append(want, "+buyers "+name, "+recent "+name)
			if i >= 3 {
				want = append(want, "-recent "+all[i-3])
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		same(t, "raced", got, want)
	})
}

// Parameters over all customers are computed at the first sweep, on each new
// day of the shop, after a change of rules, and after growth by a quarter. They
// are computed at no other time and only by the worker whose duty it is.
func TestParametersAreFittedWhenDue(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		ctx := t.Context()
		last := time.Time{}
		for _, step := range []struct {
			rule string
			do   func()
			anew bool
		}{
			{"never done", func() { w.until(10, 0) }, true},
			{"nothing changed", func() {}, false},
			{"later that day", func() { w.until(23, 58) }, false},
			{"on another day", func() { w.clock.step(2 * time.Minute) }, true},
			{"other rules", func() { ok(t, w.SaveSegmentRules(ctx, "s", segments.Rules{Period: 30})) }, true},
			{"and back", func() { ok(t, w.SaveSegmentRules(ctx, "s", segments.Rules{})) }, true},
			{"the first customers", func() { w.buys(t, 1, "ann@example.com", "", 10) }, true},
			{"one more", func() { w.buys(t, 2, "bob@example.com", "", 20) }, false},
			{"another worker has the duty", func() {
				w.elsewhere.Store(true)
				ok(t, w.SaveSegmentRules(ctx, "s", segments.Rules{Period: 31}))
			}, false},
			{"it has not", func() { w.elsewhere.Store(false) }, true},
		} {
			step.do()
			w.sweep(t, nil)
			f, err := w.Fitted(ctx, "s")
			if ok(t, err); f == nil {
				t.Fatalf("%s: nothing is computed", step.rule)
			}
			if anew := f.At.After(last); anew != step.anew {
				t.Errorf("%s: got computed anew %t, want %t", step.rule, anew, step.anew)
			}
			last = f.At
		}
		if f, err := w.Fitted(ctx, "s"); err != nil || f.Customers != 2 || f.Period != 31 {
			t.Errorf("got %+v, %v, want two buyers within 31 days", f, err)
		}
	})
}
