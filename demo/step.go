package demo

import (
	"context"
	"time"

	"comeback/commerce"
)

// stepper moves a demo through its days. It waits until the service has done all that
// is due, then runs the world's agenda, then sets the clock to the next moment at
// which anything happens. The service itself runs as usual; only its clock for due
// times is stopped.
type stepper struct {
	service Service
	shop    string
	clock   *Clock
	agenda  *agenda
	after   func() // called when the service has nothing to do: reads the new mails
	wall    func() time.Time
	jumps   int
}

// Service is the part of the service that the stepper uses.
type Service interface {
	// Round sends notifications for all that is due, as the dispatcher does each second.
	Round(ctx context.Context) error
	// Busy names the work that the shop still has to do now; "" for none.
	Busy(ctx context.Context, shop string) (string, error)
	// Idle reports whether every notification is handled.
	Idle(ctx context.Context) (bool, error)
	// NextDue is the shop's earliest due time; the zero time if there is none.
	NextDue(ctx context.Context, shop string) (time.Time, error)
	// Sweep finds customers who entered or left segments, and reports whether any did.
	Sweep(ctx context.Context, shop string) (changed bool, err error)
}

const (
	maxJumps    = 300
	leastJump   = 15 * time.Minute
	quietLimit  = 30 * time.Second // by the machine's clock: longer means that something is stuck
	quietPoll   = 5 * time.Millisecond
	notifyEvery = 5 // polls
)

// live steps through the days from start, a midnight, each until its evening. After
// deadline it starts no further day.
func (s *stepper) live(ctx context.Context, start time.Time, days int, deadline time.Time) (lived int, err error) {
	for lived < days && s.wall().Before(deadline) {
		if err := s.run(ctx, start.AddDate(0, 0, lived).Add(eveningHour*time.Hour)); err != nil {
			return lived, err
		}
		lived++
	}
	return lived, nil
}

// run steps until the clock has reached until and everything due then is done.
func (s *stepper) run(ctx context.Context, until time.Time) error {
	for {
		if err := s.moment(ctx); err != nil {
			return err
		}
		now := s.clock.Now()
		if !now.Before(until) {
			return nil
		}
		next, err := s.next(ctx, now, until)
		if err != nil {
			return err
		}
		if s.jumps++; s.jumps > maxJumps {
			return commerce.Errorf(commerce.Internal, "demo: more than %d jumps, at %s", maxJumps, now)
		}
		s.clock.jump(next)
	}
}

// moment does everything that is due now: first the service's work, which was due
// before the world could see the clock, then the world's actions.
func (s *stepper) moment(ctx context.Context) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	done, err := s.agenda.run(ctx, s.clock.Now())
	if err != nil || done == 0 {
		return err
	}
	return s.settle(ctx)
}

// settle waits until the service has done what is due, then sweeps the segments, and
// waits again if that changed anything.
func (s *stepper) settle(ctx context.Context) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	changed, err := s.service.Sweep(ctx, s.shop)
	if err != nil || !changed {
		return err
	}
	return s.quiet(ctx)
}

// next is the next moment to set the clock to.
func (s *stepper) next(ctx context.Context, now, until time.Time) (time.Time, error) {
	due, err := s.service.NextDue(ctx, s.shop)
	if err != nil {
		return time.Time{}, err
	}
	first := until
	for _, at := range []time.Time{due, s.agenda.next()} {
		if !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	if least := now.Add(leastJump); first.Before(least) {
		first = least
	}
	return first, nil
}
