package demo

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce/clocktest"
)

// demoDay is the day that the demo of this run begins.
func demoDay() time.Time { return clocktest.All("demo").Truncate(24 * time.Hour) }

// fakeStepped is a service that is due at given times, and always busy once.
type fakeStepped struct {
	clock  *Clock
	due    []time.Time
	busy   int
	sweeps int // the first one changes something
	rounds []string
}

func (f *fakeStepped) Round(context.Context) error {
	if f.busy == 0 {
		f.rounds = append(f.rounds, f.clock.Now().Format("15:04"))
	}
	f.due = slices.DeleteFunc(f.due, func(at time.Time) bool { return !at.After(f.clock.Now()) })
	return nil
}

func (f *fakeStepped) Busy(context.Context, string) (string, error) {
	f.busy = (f.busy + 1) % 2
	return map[int]string{1: "1 events"}[f.busy], nil
}

func (f *fakeStepped) Idle(context.Context) (bool, error) { return true, nil }

func (f *fakeStepped) NextDue(context.Context, string) (time.Time, error) {
	if len(f.due) == 0 {
		return time.Time{}, nil
	}
	return f.due[0], nil
}

func (f *fakeStepped) Sweep(context.Context, string) (bool, error) {
	f.sweeps++
	return f.sweeps == 1, nil
}

// The clock stops where work is due or the agenda has an entry, never sooner
// than a quarter of an hour after the last stop; due work goes first, and what
// the agenda did, and a sweep of segments found, is worked on before the clock moves.
func TestStepping(t *testing.T) {
	t.Parallel()
	clock := NewClock(demoDay(), time.Now)
	service := &fakeStepped{
		clock: clock, due: []time.Time{demoDay().Add(time.Hour), demoDay().Add(65 * time.Minute), demoDay().Add(3 * time.Hour)},
	}
	s := &stepper{service: service, clock: clock, agenda: &agenda{}, after: func() {}}
	var did []string
	note := func(name string) action {
		return func(n int) (func(context.Context) error, error) {
			did = append(did, fmt.Sprintf("%s %d %s", clock.Now().Format("15:04"), n, name))
			return nil, nil
		}
	}
	s.agenda.add(demoDay().Add(2*time.Hour), trading, "buy", note("buy"))
	s.agenda.add(demoDay().Add(2*time.Hour), clicking, "click b", note("click b"))
	s.agenda.add(demoDay().Add(2*time.Hour), clicking, "click a", note("click a"))
	s.agenda.add(demoDay().Add(9*time.Hour), opening, "too late", note("too late"))
	if err := s.run(t.Context(), demoDay().Add(8*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(did, []string{"02:00 1 click a", "02:00 2 click b", "02:00 3 buy"}); d != "" {
		t.Errorf("got, want: %s", d)
	}
	if d := cmp.Diff(service.rounds, []string{"00:00", "00:00", "01:00", "01:15", "02:00", "02:00", "03:00", "08:00"}); d != "" {
		t.Errorf("rounds: got, want: %s", d)
	}
}
