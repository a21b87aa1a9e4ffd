package jobs

import (
	"context"
	"slices"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
)

// pass is one running sweep of one shop.
type pass struct {
	*Segments
	*duty
	held *indexcache.Handle
	shop string
	at   time.Time
}

// historyDays is how many days of a segment's history are stored.
const historyDays = 800

// change stores the difference between a segment's stored members and its members
// now. stored is the membership read before the evaluation, its zero value where
// there is none. next are the members now; change may exchange the set for another.
// saved reports that a version was stored, pending that it has events to emit.
func (p *pass) change(
	ctx context.Context, k segments.Stored, stored segments.Membership, next **segments.Bitmap, r *Report,
) (saved, pending bool, err error) {
	if stored.Definition > k.Version {
		return false, false, nil // another process has a newer definition
	}
	before, err := p.roster(ctx, k.Segment, stored.Version)
	if err != nil || before == nil {
		return false, false, err
	}
	segment := p.held.Set.Segment(k.Segment)
	defined := stored.Definition != k.Version
	first := defined || segment.Reread(stored.Language)
	subtract(*next, before.members, &p.entered)
	subtract(before.members, *next, &p.left)
	if !first && p.entered.Count()+p.left.Count() == 0 {
		return false, false, nil
	}
	if err := p.resolveMerged(ctx, *next); err != nil {
		return false, false, err
	}
	subtract(before.members, *next, &p.moved)
	if !first && p.entered.Count()+p.moved.Count() == 0 {
		return false, false, nil // every customer that left waits for its survivor
	}
	if err := p.stayed(ctx, before.members); err != nil {
		return false, false, err
	}
	m := segments.Membership{
		Segment: k.Segment, Version: stored.Version + 1, Definition: k.Version, Language: segments.Language,
		Size: int64((*next).Count()), At: p.at, Silent: first && !(defined && segment.Backfill),
	}
	entered, left := p.entered.Count(), p.left.Count()
	if m.Silent {
		entered, left = 0, 0
	}
	m.Emitted = entered+left == 0
	m.Days = p.history(before.days, m.Size, int64(entered), int64(left))
	if saved, err = p.store.SaveMembership(ctx, p.shop, m, *next, &p.entered, &p.left); err != nil || !saved {
		delete(p.known, k.Segment)
		p.again = true
		return false, false, err
	}
	p.known[k.Segment] = &roster{m.Version, *next, m.Days}
	*next = before.members
	r.Entered, r.Left = r.Entered+entered, r.Left+left
	return true, !m.Emitted, nil
}

// roster is the membership of that version; nil when another is stored.
func (p *pass) roster(ctx context.Context, slug string, version int64) (*roster, error) {
	known := p.known[slug]
	if known != nil && known.version == version {
		return known, nil
	}
	known = &roster{members: &segments.Bitmap{}}
	if version > 0 {
		m, members, err := p.store.MembersOf(ctx, p.shop, slug)
		if err != nil {
			return nil, err
		}
		if m.Version != version {
			p.again = true
			return nil, nil
		}
		known = &roster{version, members, m.Days}
	}
	p.known[slug] = known
	return known, nil
}

// subtract sets into to the members of a that are not in b.
func subtract(a, b, into *segments.Bitmap) {
	into.Clear()
	into.Or(a)
	into.AndNot(b)
}

// resolveMerged replaces merged customers among those that left by their survivors.
// The survivor left, unless it is a member now. While the survivor's profile is not
// computed, or the index has not read it, both stay members. So no customer leaves
// twice, or leaves and comes back, because two records turned out to be one.
func (p *pass) resolveMerged(ctx context.Context, next *segments.Bitmap) error {
	var gone []int64
	for n := range p.left.All() {
		if _, there := p.held.Index.Rev(n); !there {
			gone = append(gone, n)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	customers, err := p.people.Numbered(ctx, p.shop, gone)
	if err != nil {
		return err
	}
	merged, survivors, waiting := &segments.Bitmap{}, &segments.Bitmap{}, &segments.Bitmap{}
	for _, c := range customers {
		if c.MergedInto == "" {
			continue
		}
		survivor, err := p.people.Customer(ctx, p.shop, c.MergedInto)
		if err != nil {
			return err
		}
		merged.Add(c.N)
		switch rev, there := p.held.Index.Rev(survivor.N); {
		case !there || rev < survivor.Rev || survivor.StoredGeneration < survivor.WantedGeneration:
			next.Add(c.N)
			if p.left.Has(survivor.N) {
				waiting.Add(survivor.N)
			}
			p.again = true
		case !next.Has(survivor.N):
			survivors.Add(survivor.N)
		}
	}
	p.left.AndNot(merged)
	p.left.Or(survivors)
	p.left.AndNot(waiting)
	next.Or(waiting)
	return nil
}

// stayed removes customers from those that entered, where a customer merged into
// them was a member before.
func (p *pass) stayed(ctx context.Context, before *segments.Bitmap) error {
	if before.Count() == 0 {
		return nil
	}
	stayed := &segments.Bitmap{}
	for chunk := range slices.Chunk(slices.Collect(p.entered.All()), atOnce) {
		customers, err := p.people.Numbered(ctx, p.shop, chunk)
		if err != nil {
			return err
		}
		of := map[string]int64{}
		for _, c := range customers {
			of[c.ID] = c.N
		}
		for len(of) > 0 {
			aliases, err := p.people.MergedInto(ctx, p.shop, keysOf(of))
			if err != nil {
				return err
			}
			of = aliasesOf(of, aliases, before, stayed)
		}
	}
	p.entered.AndNot(stayed)
	return nil
}

// aliasesOf adds to stayed the survivors of merged customers that were members. It
// returns the merged customers, which may have aliases themselves.
func aliasesOf(of map[string]int64, aliases []commerce.Customer, before, stayed *segments.Bitmap) map[string]int64 {
	further := map[string]int64{}
	for _, a := range aliases {
		n := of[a.MergedInto]
		if before.Has(a.N) {
			stayed.Add(n)
		}
		further[a.ID] = n
	}
	return further
}

func keysOf(m map[string]int64) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// history returns the segment's days with today's figures.
func (p *pass) history(days []segments.Day, size, entered, left int64) []segments.Day {
	zone := p.held.Params.Zone
	if zone == nil {
		zone = time.UTC
	}
	today := p.at.In(zone).Format(time.DateOnly)
	days = slices.Clone(days)
	if len(days) == 0 || days[len(days)-1].Day < today {
		days = append(days, segments.Day{Day: today})
	}
	last := &days[len(days)-1]
	last.Size, last.Entered, last.Left = size, last.Entered+entered, last.Left+left
	return days[max(0, len(days)-historyDays):]
}
