package service

import (
	"context"
	"time"

	"comeback/campaigns/channels/mailbox"
	"comeback/commerce"
	"comeback/store"
)

// Stepped is a whole service whose caller starts the rounds of work. The demo uses it
// to step the clock of due times.
type Stepped struct{ *Instance }

// OpenStepped opens every part as Open does.
func OpenStepped(ctx context.Context, c Config, p Process) (*Stepped, error) {
	s, err := Open(ctx, c, p)
	return &Stepped{s}, err
}

// Round enqueues notifications for all new and all due work at once.
func (s *Stepped) Round(ctx context.Context) error {
	s.worker.notifier.Flush(ctx)
	return s.worker.dispatch.Round(ctx)
}

// Busy describes the shop's unfinished work: touches that are not stored, then the
// work in the store; "" for none.
func (s *Stepped) Busy(ctx context.Context, shop string) (string, error) {
	if n := s.api.Recorder().Waiting(); n > 0 {
		return commerce.Count(n, "touch") + " to be stored", nil
	}
	return s.db.Busy(ctx, shop)
}

// Idle reports whether the queue is empty and no worker is busy.
func (s *Stepped) Idle(ctx context.Context) (bool, error) { return s.queue.Redis.Idle(ctx) }

// NextDue is the time at which the shop has work next; zero for never.
func (s *Stepped) NextDue(ctx context.Context, shop string) (time.Time, error) {
	due, err := s.db.DueOf(ctx, shop)
	return due.NextDue, err
}

// Sweep sweeps the shop's segments as the worker does each minute. It reports whether
// any customer entered or left a segment.
func (s *Stepped) Sweep(ctx context.Context, shop string) (changed bool, err error) {
	report, err := s.worker.segments.Sweep(ctx, shop)
	return report.Entered+report.Left > 0, err
}

// Store is the service's own store, to compare stored data with its pages.
func (s *Stepped) Store() *store.Store { return s.db.Store }

// Mailbox catches the mails of the service; nil where a relay sends them.
func (s *Stepped) Mailbox() *mailbox.Catcher { return s.relay.mailbox }

// MailboxURL is the page of the caught mails; "" where none are caught.
func (s *Stepped) MailboxURL() string { return s.relay.mailboxURL() }
