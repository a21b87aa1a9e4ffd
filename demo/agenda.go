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

// agenda lists the next actions of the simulated world: of shoppers, and the shop's
// webhooks. Actions due at one moment run rank by rank, so an open comes before the
// click and the click before the purchase. Within a rank all actions decide first, in
// the order of their names; then their requests are sent, several at once. So the
// result depends only on the seed.
type agenda struct {
	mu      sync.Mutex
	entries []agendaEntry
	done    int
}

type agendaEntry struct {
	at   time.Time
	rank agendaRank
	name string
	do   action
}

// action decides what happens; n is its number among all actions. The returned
// function sends the request to the service; nil: there is none.
type action func(n int) (request func(context.Context) error, err error)

type agendaRank int

const (
	opening agendaRank = iota
	clicking
	trading
)

// atOnce is how many requests are under way at the same time.
const atOnce = 8

func (a *agenda) add(at time.Time, rank agendaRank, name string, do action) {
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

// run does every action due by now, and those that they add.
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
	var requests []func(context.Context) error
	for _, e := range due {
		a.done++
		request, err := e.do(a.done)
		if err != nil {
			return fmt.Errorf("demo: %s: %w", e.name, err)
		}
		if request != nil {
			requests = append(requests, request)
		}
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, request := range requests {
		group.Go(func() error { return request(ctx) })
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
