package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// segmentOf reads a segment file, whose members are rest.
func segmentOf(t testing.TB, slug, rest string) *segments.Segment {
	t.Helper()
	s, problems := segments.ReadSegment(fmt.Appendf(nil, `{"schema": 1, "id": %q, "name": "VIP", %s}`, slug, rest), nil)
	if s == nil {
		t.Fatal(problems)
	}
	return s
}

// createSegment creates a segment of shop s.
func createSegment(t testing.TB, s *store.Store, slug, rest string) segments.Stored {
	t.Helper()
	k, err := s.CreateSegment(t.Context(), "s", segmentOf(t, slug, rest))
	must(t, err)
	return k
}

func members(numbers ...int64) *segments.Bitmap {
	set := &segments.Bitmap{}
	for _, n := range numbers {
		set.Add(n)
	}
	return set
}

const (
	bought      = `"condition": {"field": "orders.count", "op": "gte", "value": 1}`
	boughtTwice = `"condition": {"field": "orders.count", "op": "gte", "value": 2}`
)

// segmentsRev is how often the shop's segments in use changed.
func segmentsRev(t testing.TB, s *store.Store) int64 {
	t.Helper()
	shop, err := s.Shop(t.Context(), "s")
	must(t, err)
	return shop.SegmentsRev
}

// A segment has one version in force: revising it makes the next, the same file
// again does not; archived it is out of use; restored it is a new version. All
// processes are notified of each change of a segment in use, of no other.
func TestSegmentVersions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx := t.Context()
		k := createSegment(t, s, "vip", bought)
		createSegment(t, s, "other", bought)
		type step struct {
			name     string
			do       func() (segments.Stored, error)
			version  int
			state    segments.State
			notified bool
		}
		for _, step := range []step{
			{"revised, the next version is in force", func() (segments.Stored, error) {
				return s.ReviseSegment(ctx, "s", segmentOf(t, "vip", boughtTwice), k.Rev)
			}, 2, segments.Active, true},
			{"the same file again is no version", func() (segments.Stored, error) {
				return s.ReviseSegment(ctx, "s", segmentOf(t, "vip", boughtTwice), k.Rev)
			}, 2, segments.Active, false},
			{"an older file again is a new version", func() (segments.Stored, error) {
				return s.ReviseSegment(ctx, "s", segmentOf(t, "vip", bought), k.Rev)
			}, 3, segments.Active, true},
			{"archived", func() (segments.Stored, error) { return s.ArchiveSegment(ctx, "s", "vip", k.Rev) }, 3, segments.Archived, true},
			{"archived twice is once", func() (segments.Stored, error) {
				return s.ArchiveSegment(ctx, "s", "vip", k.Rev)
			}, 3, segments.Archived, false},
			{"revised out of use", func() (segments.Stored, error) {
				return s.ReviseSegment(ctx, "s", segmentOf(t, "vip", boughtTwice), k.Rev)
			}, 4, segments.Archived, false},
			{"taken into use again", func() (segments.Stored, error) { return s.RestoreSegment(ctx, "s", "vip", k.Rev) }, 5, segments.Active, true},
			{"twice is once", func() (segments.Stored, error) { return s.RestoreSegment(ctx, "s", "vip", k.Rev) }, 5, segments.Active, false},
		} {
			clock.step(1e9)
			before := segmentsRev(t, s)
			got, err := step.do()
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if got.Version != step.version || got.State != step.state || segmentsRev(t, s) > before != step.notified {
				t.Errorf("%s: got version %d, %s, notified %t, want %d, %s, %t", step.name, got.Version, got.State,
					segmentsRev(t, s) > before, step.version, step.state, step.notified)
			}
			stored, held, err := s.Segment(ctx, "s", "vip")
			must(t, err)
			if diff := cmp.Diff(stored, got); diff != "" || held.Version != got.Version {
				t.Errorf("%s: stored version %d, got, want: %s", step.name, held.Version, diff)
			}
			k = got
		}
		versions, err := s.SegmentVersions(ctx, "s", "vip", nil, 10)
		must(t, err)
		first, err := s.SegmentVersion(ctx, "s", "vip", 1)
		if must(t, err); len(versions) != 5 || versions[0].Version != 5 || string(versions[4].JSON) != string(first.JSON) {
			t.Errorf("got %d versions, want 5, the newest first", len(versions))
		}
	})
}

// A caller that changes a segment names the state it has read; after another
// change that is a conflict. Of concurrent creations one wins.
func TestSegmentsChangeOneAfterAnother(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		var group errgroup.Group
		made := make(chan int, 8)
		for i := range 8 {
			group.Go(func() error {
				k, err := s.CreateSegment(t.Context(), "s", segmentOf(t, "vip", bought))
				if commerce.CodeOf(err) == commerce.Conflict {
					return nil
				}
				made <- i
				if err == nil && k.Version != 1 {
					err = fmt.Errorf("version %d", k.Version)
				}
				return err
			})
		}
		must(t, group.Wait())
		if len(made) != 1 {
			t.Fatalf("got %d creators, want 1", len(made))
		}
		for name, change := range map[string]func(context.Context) (segments.Stored, error){
			"revise": func(ctx context.Context) (segments.Stored, error) {
				return s.ReviseSegment(ctx, "s", segmentOf(t, "vip", boughtTwice), 7)
			},
			"archive": func(ctx context.Context) (segments.Stored, error) { return s.ArchiveSegment(ctx, "s", "vip", 7) },
			"restore": func(ctx context.Context) (segments.Stored, error) { return s.RestoreSegment(ctx, "s", "vip", 7) },
		} {
			if _, err := change(t.Context()); commerce.CodeOf(err) != commerce.Conflict {
				t.Errorf("%s: got %v, want a conflict", name, err)
			}
		}
	})
}

// Segments in use come with the version in force; archived ones do not come.
func TestSegmentsInUse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		for _, slug := range []string{"c", "a", "b"} {
			createSegment(t, s, slug, bought)
		}
		_, err := s.ReviseSegment(ctx, "s", segmentOf(t, "a", boughtTwice), 1)
		must(t, err)
		_, err = s.ArchiveSegment(ctx, "s", "b", 1)
		must(t, err)
		kept, held, err := s.SegmentsInUse(ctx, "s")
		must(t, err)
		var got []string
		for i, k := range kept {
			got = append(got, fmt.Sprintf("%s %d %s %d", k.Segment, k.Version, held[i].Segment, held[i].Version))
		}
		if diff := cmp.Diff(got, []string{"a 2 a 2", "c 1 c 1"}); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
		all, next, err := s.ListSegments(ctx, "s", "", 2)
		if must(t, err); len(all) != 2 || all[1].State != segments.Archived || next == "" {
			t.Errorf("got %v, next %q, want a and the archived b, and more", all, next)
		}
	})
}

// A membership's versions follow one another: the next is saved once, and only
// after the events of the one before are emitted.
func TestMembershipVersions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		save := func(version int64, want bool) {
			t.Helper()
			m := segments.Membership{Segment: "vip", Version: version, Definition: 1, Size: 2, At: noon,
				Days: []segments.Day{{Day: "2026-03-02", Size: 2, Entered: version}}}
			saved, err := s.SaveMembership(ctx, "s", m, members(1, 7, 70_000), members(7, 70_000), members(3))
			if must(t, err); saved != want {
				t.Errorf("version %d: got saved %t, want %t", version, saved, want)
			}
		}
		save(2, false)
		save(1, true)
		save(1, false)
		save(2, false)
		if what, err := s.Busy(ctx, "s"); what != "1 memberships" || err != nil {
			t.Errorf("busy: got %q, %v, want 1 memberships", what, err)
		}
		must(t, s.MarkEmitted(ctx, "s", "vip", 9))
		save(2, false)
		must(t, s.MarkEmitted(ctx, "s", "vip", 1))
		save(3, false)
		save(2, true)
		m, set, err := s.MembersOf(ctx, "s", "vip")
		must(t, err)
		_, entered, left, err := s.Unemitted(ctx, "s", "vip")
		must(t, err)
		got := [][]int64{slices.Collect(set.All()), slices.Collect(entered.All()), slices.Collect(left.All()),
			{m.Version, m.Days[0].Entered, int64(len(m.Days))}}
		if diff := cmp.Diff(got, [][]int64{{1, 7, 70_000}, {7, 70_000}, {3}, {2, 2, 1}}); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
		list, err := s.Memberships(ctx, "s")
		if must(t, err); len(list) != 1 || list[0].Version != 2 || list[0].Emitted || list[0].Size != 2 || list[0].Members != nil ||
			list[0].Days != nil {
			t.Errorf("got %+v, want version 2 untold, without bitmaps", list)
		}
	})
}

// A membership too large for a document is refused with the reason.
func TestMembershipTooLarge(t *testing.T) {
	t.Parallel()
	s, _ := shopAt(t, storetest.Embedded(t, store.Collections()))
	random := rand.New(rand.NewPCG(1, 2))
	huge := members(segments.MaxNumber)
	for n := int64(0); n < 1<<27; n += 1 + random.Int64N(3) {
		huge.Add(n)
	}
	_, err := s.SaveMembership(t.Context(), "s", segments.Membership{Segment: "vip", Version: 1}, huge, nil, nil)
	if commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("got %v, want it refused", err)
	}
}

// A shop's choices of scoring are stored apart from its trade, which is a
// setting of the shop; wrong rules are refused. The computed figures are read
// back whole.
func TestSegmentParams(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		shop, err := s.Shop(ctx, "s")
		must(t, err)
		shop.Trade = "food"
		must(t, s.SaveShop(ctx, shop))
		before := segmentsRev(t, s)
		rules := segments.Rules{Trade: "apparel", Period: 90, Groups: []segments.Group{}}
		must(t, s.SaveSegmentRules(ctx, "s", rules))
		rules.Trade = "food"
		got, err := s.SegmentRules(ctx, "s")
		if must(t, err); cmp.Diff(got, rules) != "" || segmentsRev(t, s) == before {
			t.Errorf("got, want: %s", cmp.Diff(got, rules))
		}
		if err := s.SaveSegmentRules(ctx, "s", segments.Rules{Period: -1}); commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("got %v, want the rules refused", err)
		}
		if f, err := s.Fitted(ctx, "s"); f != nil || err != nil {
			t.Errorf("got %v, %v, want nothing computed", f, err)
		}
		fit, err := segments.Fit(rules, segments.Params{}, func(func(segments.Summary) bool) {}, noon)
		must(t, err)
		for _, basis := range []string{"one", "two"} {
			must(t, s.SaveFitted(ctx, "s", fit, basis))
			f, by, err := s.FittedBy(ctx, "s")
			if must(t, err); cmp.Diff(f, fit, cmpopts.EquateEmpty()) != "" || by != basis {
				t.Errorf("by %s, got, want: %s", by, cmp.Diff(f, fit, cmpopts.EquateEmpty()))
			}
		}
	})
}

// One process has a duty as long as it renews it every minute. Released, it is
// free at once, and also when the only process opens its database.
func TestOneProcessHasADuty(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx := t.Context()
		hold := func(holder string, want bool) {
			t.Helper()
			if ours, err := s.Hold(ctx, "s", store.Upgrading, holder); err != nil || ours != want {
				t.Errorf("%s: got %t, %v, want %t", holder, ours, err, want)
			}
		}
		hold("a", true)
		hold("b", false)
		clock.step(store.LeaseFor - 1e6)
		hold("a", true)
		clock.step(store.LeaseFor - 1e6)
		hold("b", false)
		clock.step(2e6)
		hold("b", true)
		hold("a", false)
		must(t, s.Release(ctx, "s", store.Upgrading, "a"))
		hold("a", false)
		must(t, s.Release(ctx, "s", store.Upgrading, "b"))
		hold("a", true)
		must(t, s.EndLeases(ctx, "s"))
		hold("b", true)
	})
}
