package demo

import (
	"context"
	"time"

	"comeback/commerce"
)

// stepper moves a demo through its days: it waits until the service has done
// all that is due, lets the world do what is on its agenda, and then sets the
// clock to the next moment at which anything happens. The service itself runs
// as ever; only its clock of due times is held.
type stepper struct {
	service Service
	shop    string
	clock   *Clock
	agenda  *agenda
	after   func() // called when the service is quiet: reads the new mails
	wall    func() time.Time
	jumps   int
}

// Service is what the stepper asks of the service.
type Service interface {
	// Round rings for all that is due, as the dispatcher does each second.
	Round(ctx context.Context) error
	// Busy names what the shop is still to do now, "" for nothing.
	Busy(ctx context.Context, shop string) (string, error)
	// Idle tells whether every bell is answered.
	Idle(ctx context.Context) (bool, error)
	// NextDue is the shop's earliest due time; the zero time when there is none.
	NextDue(ctx context.Context, shop string) (time.Time, error)
	// Sweep finds who entered and left segments, and says whether anybody did.
	Sweep(ctx context.Context, shop string) (told bool, err error)
}

const (
	maxJumps   = 300
	leastJump  = 15 * time.Minute
	quietLimit = 30 * time.Second // on the wall: longer means that something is stuck
	quietPoll  = 5 * time.Millisecond
	ringEvery  = 5 // polls
)

// live steps through the days from start, a midnight, each to its evening. A
// machine on which that would last beyond deadline sees fewer of them.
func (s *stepper) live(ctx context.Context, start time.Time, days int, deadline time.Time) (lived int, err error) {
	for lived < days && s.wall().Before(deadline) {
		if err := s.run(ctx, start.AddDate(0, 0, lived).Add(eveningHour*time.Hour)); err != nil {
			return lived, err
		}
		lived++
	}
	return lived, nil
}

// run steps until the clock has reached until, and what is due then is done.
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

// moment lets everything happen that is due now: first the service's work, for
// it was due before anybody could see the clock, then the world's.
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

// settle lets the service do what is due, then finds who is in other segments
// for that, and lets it do what comes of it.
func (s *stepper) settle(ctx context.Context) error {
	if err := s.quiet(ctx); err != nil {
		return err
	}
	told, err := s.service.Sweep(ctx, s.shop)
	if err != nil || !told {
		return err
	}
	return s.quiet(ctx)
}

// next is the moment to jump to.
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
