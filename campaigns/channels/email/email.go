// Package email hands rendered mails to one relay over SMTP. It does not choose
// recipients and stores nothing. It returns the outcome of each attempt to the
// caller.
package email

import (
	"context"
	"errors"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Channel hands mails to one relay over a fixed number of persistent connections.
// Safe for concurrent use.
type Channel struct {
	settings Settings
	pool     *pool
	wall     func() time.Time
}

// New checks the settings and does not connect yet. wall is the clock for back-off
// and idle time.
func New(s Settings, wall func() time.Time) (*Channel, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.withDefaults()
	if _, err := tlsConfig(s); err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "%w", err)
	}
	return &Channel{settings: s, pool: newPool(s.Connections, s.Idle, wall), wall: wall}, nil
}

// Close refuses further mails, which are then deferred. It returns when the last
// mail under way has its outcome. It may be called twice.
func (e *Channel) Close() { e.pool.close() }

// Deliver sends MAIL and RCPT, then calls before, and hands the mail over only if
// before returns true. before is the moment to record that the outcome may become
// unknown. False ends in MailDropped, an error in MailDeferred; both times no byte
// of the mail is sent. Until then the end of ctx stops Deliver at once. Afterwards
// only the limits stop it: at most the Command and twice the Data limit.
func (e *Channel) Deliver(
	ctx context.Context, m campaigns.Mail, before func(context.Context) (proceed bool, err error),
) campaigns.MailOutcome {
	msg, err := compose(m)
	if err != nil {
		return campaigns.MailOutcome{State: campaigns.MailFailed, Reason: oneLine(err.Error(), m.To)}
	}
	s, err := e.pool.acquire(ctx)
	if err != nil {
		out := campaigns.MailOutcome{State: campaigns.MailDeferred, Reason: err.Error()}
		var refused backingOff
		if errors.As(err, &refused) {
			out.RetryAfter = refused.wait
		}
		return out
	}
	defer e.pool.release(s)
	if out, open := e.open(ctx, s, msg); !open {
		return e.concealing(out, m, msg)
	}
	return e.concealing(e.handOver(ctx, s, msg, before), m, msg)
}

// open brings s to the point where DATA may follow. A persistent connection that
// the server has closed in the meantime is replaced once: nothing was handed over.
func (e *Channel) open(ctx context.Context, s *slot, msg message) (out campaigns.MailOutcome, open bool) {
	if s.conn != nil && e.wall().Sub(s.usedAt) >= e.settings.Idle {
		s.conn.quit()
		s.conn = nil
	}
	reused := s.conn != nil
	at, err := e.begin(ctx, s, msg)
	if reused && at == phaseMail && closing(err) && !errors.Is(err, errStopped) {
		s.drop()
		at, err = e.begin(ctx, s, msg)
	}
	if err == nil {
		return out, true
	}
	if refused := new(commerce.Error); errors.As(err, &refused) {
		return campaigns.MailOutcome{State: campaigns.MailFailed, Reason: refused.Error()}, false
	}
	e.settle(s, at, err)
	return classify(at, err), false
}

func (e *Channel) begin(ctx context.Context, s *slot, msg message) (phase, error) {
	if s.conn == nil {
		conn, err := connect(ctx, e.settings)
		if err != nil {
			return phaseConnect, err
		}
		s.conn = conn
	}
	if msg.utf8 && !s.conn.offersUTF8() {
		return phaseMail, commerce.Errorf(commerce.Unsupported,
			"to: the part before @ is not ASCII and the relay %s does not offer SMTPUTF8", e.settings.Host)
	}
	at := phaseMail
	err := s.conn.while(ctx, func() error {
		if err := s.conn.mail(msg.from, msg.utf8); err != nil {
			return err
		}
		at = phaseRcpt
		return s.conn.rcpt(msg.to)
	})
	return at, err
}

func (e *Channel) handOver(ctx context.Context, s *slot, msg message, before func(context.Context) (bool, error)) campaigns.MailOutcome {
	proceed, err := before(ctx)
	if err != nil || !proceed {
		e.settle(s, phaseRcpt, nil)
		if err != nil {
			return campaigns.MailOutcome{State: campaigns.MailDeferred, Reason: "before DATA: " + err.Error()}
		}
		return campaigns.MailOutcome{State: campaigns.MailDropped, Reason: "before DATA: this worker may not send the mail any more"}
	}
	at, err := s.conn.data(msg.bytes)
	e.settle(s, at, err)
	return classify(at, err)
}

// settle makes s ready for the next mail: open, reset or closed. s backs off if the
// server refused the connection.
func (e *Channel) settle(s *slot, at phase, err error) {
	if err != nil && closing(err) {
		s.drop()
		if !errors.Is(err, errStopped) && (at == phaseConnect || replyOf(err).code == 421) {
			s.failed(e.wall())
		}
		return
	}
	if at == phaseConnect {
		s.failed(e.wall())
		return
	}
	if at == phaseRcpt || at == phaseData {
		if s.conn.reset() != nil {
			s.drop()
		}
	}
	s.failures = 0
}

// concealing removes the recipient from the text that is stored and logged.
func (e *Channel) concealing(out campaigns.MailOutcome, m campaigns.Mail, msg message) campaigns.MailOutcome {
	if out.State != campaigns.MailSent {
		out.Reason = oneLine(oneLine(out.Reason, msg.to), m.To)
	}
	return out
}
