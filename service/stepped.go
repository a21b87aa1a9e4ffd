package service

import (
	"context"
	"fmt"
	"time"

	"comeback/campaigns/channels/mailbox"
	"comeback/store"
)

// stepped is a whole service whose rounds of work its caller asks for, as the
// demo does, which steps the clock of due times.
type Stepped struct{ *Instance }

// openStepped opens every part as newService does.
func OpenStepped(ctx context.Context, c Config, p Process) (*Stepped, error) {
	s, err := Open(ctx, c, p)
	return &Stepped{s}, err
}

// Round notifies at once of what was just stored, and of all that is due.
func (s *Stepped) Round(ctx context.Context) error {
	s.worker.notifier.Flush(ctx)
	return s.worker.dispatch.Round(ctx)
}

// Busy says what the shop's work waits for: touches to be stored, then what the
// store knows; "" for nothing.
func (s *Stepped) Busy(ctx context.Context, shop string) (string, error) {
	if n := s.api.Recorder().Waiting(); n > 0 {
		return fmt.Sprintf("%d touches to be stored", n), nil
	}
	return s.db.Busy(ctx, shop)
}

// Idle reports that the queue is empty.
func (s *Stepped) Idle(ctx context.Context) (bool, error) { return s.queue.Quiet(ctx) }

// NextDue is when the shop has work next.
func (s *Stepped) NextDue(ctx context.Context, shop string) (time.Time, error) {
	wake, err := s.db.DueOf(ctx, shop)
	return wake.NextDue, err
}

// Sweep sweeps as the worker does each minute, and reports whether anybody
// entered a segment or left one.
func (s *Stepped) Sweep(ctx context.Context, shop string) (changed bool, err error) {
	report, err := s.worker.segments.Sweep(ctx, shop)
	return report.Entered+report.Left > 0, err
}

// Store is what it has stored, for a comparison with what it shows.
func (s *Stepped) Store() *store.Store { return s.db.Store }

// Mailbox is the catcher of its mails, nil where a relay sends them.
func (s *Stepped) Mailbox() *mailbox.Catcher { return s.relay.mailbox }

// MailboxURL is where the caught mails are shown, "" where none are caught.
func (s *Stepped) MailboxURL() string { return s.relay.mailboxURL() }
