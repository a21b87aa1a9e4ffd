package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// agenda is what the simulated world is going to do: shoppers and the shop's
// webhooks. What is due at one moment is done rank by rank, so that an open
// comes before the click and the click before the purchase. Within a rank it is
// decided in the order of names, and only then sent, several at once: so what
// happens depends on nothing but the seed.
type agenda struct {
	mu      sync.Mutex
	entries []agendaEntry
	done    int
}

type agendaEntry struct {
	at   time.Time
	rank agendaRank
	name string
	do   deed
}

// deed decides what happens; n is its number among all deeds. What it returns
// tells the service, nil for nothing.
type deed func(n int) (tell func(context.Context) error, err error)

type agendaRank int

const (
	opening agendaRank = iota
	clicking
	trading
)

// atOnce is how many requests are under way together.
const atOnce = 8

func (a *agenda) add(at time.Time, rank agendaRank, name string, do deed) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entries = append(a.entries, agendaEntry{at, rank, name, do})
}

// next is when the earliest entry is due; the zero time when there is none.
func (a *agenda) next() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	var first time.Time
	for _, e := range a.entries {
		if first.IsZero() || e.at.Before(first) {
			first = e.at
		}
	}
	return first
}

// run does all that is due by now, also what that adds.
func (a *agenda) run(ctx context.Context, now time.Time) (done int, err error) {
	for {
		due := a.take(now)
		if len(due) == 0 {
			return done, nil
		}
		done += len(due)
		if err := a.doAll(ctx, due); err != nil {
			return done, err
		}
	}
}

func (a *agenda) doAll(ctx context.Context, due []agendaEntry) error {
	var tell []func(context.Context) error
	for _, e := range due {
		a.done++
		t, err := e.do(a.done)
		if err != nil {
			return fmt.Errorf("demo: %s: %w", e.name, err)
		}
		if t != nil {
			tell = append(tell, t)
		}
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, t := range tell {
		group.Go(func() error { return t(ctx) })
	}
	return group.Wait()
}

// take removes the due entries of the lowest rank, in their order.
func (a *agenda) take(now time.Time) []agendaEntry {
	a.mu.Lock()
	defer a.mu.Unlock()
	var due, rest []agendaEntry
	for _, e := range a.entries {
		switch {
		case e.at.After(now) || len(due) > 0 && e.rank > due[0].rank:
			rest = append(rest, e)
		case len(due) > 0 && e.rank < due[0].rank:
			rest = append(rest, due...)
			due = []agendaEntry{e}
		default:
			due = append(due, e)
		}
	}
	a.entries = rest
	slices.SortFunc(due, func(x, y agendaEntry) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.name, y.name)) })
	return due
}
