package demo

import (
	"context"
	"time"

	"comeback/commerce"
)

// quiet returns when the service has nothing left to do at this moment.
func (s *stepper) quiet(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, quietLimit)
	defer cancel()
	poll := time.NewTicker(quietPoll)
	defer poll.Stop()
	for polls := 0; ; polls++ {
		if polls%notifyEvery == 0 {
			if err := s.service.Round(limit); err != nil {
				return err
			}
		}
		what, err := s.busy(limit)
		if err != nil {
			return err
		}
		if what == "" {
			s.after()
			return nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.Done():
			return commerce.Errorf(commerce.Internal, "demo: not quiet within %s: %s", quietLimit, what)
		}
	}
}

// busy asks the store first, because it is busy most often and answers faster.
func (s *stepper) busy(ctx context.Context) (what string, err error) {
	if what, err = s.service.Busy(ctx, s.shop); what != "" || err != nil {
		return what, err
	}
	idle, err := s.service.Idle(ctx)
	if !idle {
		what = "a notification is being handled"
	}
	return what, err
}
