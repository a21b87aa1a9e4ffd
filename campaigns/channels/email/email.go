// Package email hands rendered mails to one relay over SMTP. It does not choose
// recipients and stores nothing. It returns the outcome of each attempt to the
// caller.
package email

import (
	"context"
	"errors"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/failpoint"
)

// Channel hands mails to one relay over a fixed number of persistent connections.
// Safe for concurrent use.
type Channel struct {
	settings Settings
	pool     *pool
	modes    *modes
	wall     func() time.Time
}

// New checks the settings and does not connect yet. wall is the clock of idle time and
// of the second without a new connection after one was refused.
func New(s Settings, wall func() time.Time) (*Channel, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.withDefaults()
	if _, err := tlsConfig(s); err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "%w", err)
	}
	return &Channel{settings: s, pool: newPool(s, wall), modes: &modes{wall: wall}, wall: wall}, nil
}

// Close refuses further mails, which are then deferred. It returns when the last
// mail under way has its outcome. It may be called twice.
func (e *Channel) Close() { e.pool.close() }

// Deliver sends MAIL and RCPT, then calls before, and hands the mail over only if
// before returns true. before is the moment to record that the outcome may become
// unknown. False ends in MailDropped, an error in MailHeld; both times no byte
// of the mail is sent. Until then the end of ctx stops Deliver at once. Afterwards
// only the limits stop it: at most the Command and twice the Data limit.
//
// after is called once with the outcome, before another mail gets the connection: of the mails
// of one connection, one at most has no recorded outcome.
func (e *Channel) Deliver(
	ctx context.Context, m campaigns.Mail, before func(context.Context) (proceed bool, err error), after func(campaigns.MailOutcome),
) {
	msg, err := compose(m)
	if err != nil {
		after(campaigns.MailOutcome{State: campaigns.MailFailed, Reason: oneLine(err.Error(), m.To)})
		return
	}
	for {
		s, err := e.pool.acquire(ctx, shopOf(m.ID), domainOf(msg.to))
		if err != nil {
			after(campaigns.MailOutcome{State: campaigns.MailHeld, Reason: err.Error()})
			return
		}
		at, err := e.open(ctx, s, msg)
		if errors.Is(err, errLimited) {
			e.pool.release(s)
			continue // it waits for one of the open connections
		}
		defer e.pool.release(s)
		if err != nil {
			after(e.concealing(e.refused(s, at, err), m, msg))
			return
		}
		after(e.concealing(e.handOver(ctx, s, msg, before), m, msg))
		return
	}
}

// shopOf is the shop in a message's key.
func shopOf(id string) string {
	shop, _, _ := strings.Cut(id, ":")
	return shop
}

// domainOf is the domain of an address, in the form of DNS.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// refused is the outcome of a conversation that ended before DATA.
func (e *Channel) refused(s *slot, at phase, err error) campaigns.MailOutcome {
	if unfit := new(commerce.Error); errors.As(err, &unfit) {
		return campaigns.MailOutcome{State: campaigns.MailFailed, Reason: unfit.Error()}
	}
	return e.settle(s, at, err, classify(at, err))
}

// errLimited: the relay takes no more connections than it has of ours.
var errLimited = errors.New("the relay takes no further connection")

// open brings s to the point where DATA may follow. A persistent connection that
// the server has given up in the meantime is replaced once: nothing was handed over. So is
// one on which the relay could not read two commands at once.
func (e *Channel) open(ctx context.Context, s *slot, msg message) (phase, error) {
	if s.conn != nil && e.wall().Sub(s.usedAt) >= e.settings.Idle {
		s.conn.quit()
		e.pool.reopening(s)
	}
	for {
		reused := s.conn != nil
		at, err := e.begin(ctx, s, msg)
		again := reused && stale(at, err)
		if !again && s.conn != nil && s.conn.pipelined {
			again = e.modes.pipelinedBadly(at, err)
		}
		if !again {
			return at, err
		}
		s.conn.kill()
		e.pool.reopening(s)
	}
}

// stale reports whether the server has given a persistent connection up. It closes it, or
// refuses the next mail for now.
func stale(at phase, err error) bool {
	if err == nil || errors.Is(err, errStopped) || at != phaseMail && at != phaseRcpt || errors.As(err, new(*commerce.Error)) {
		return false
	}
	r := replyOf(err)
	return closing(err) || at == phaseMail && r.code == 451 && !asksForLess(r, false)
}

func (e *Channel) begin(ctx context.Context, s *slot, msg message) (phase, error) {
	if s.conn == nil {
		if err := e.connect(ctx, s); err != nil {
			return phaseConnect, err
		}
	}
	if msg.utf8 && !s.conn.utf8 {
		return phaseMail, commerce.Errorf(commerce.Unsupported,
			"to: the part before @ is not ASCII and the relay %s does not offer SMTPUTF8", e.settings.Host)
	}
	at := phaseMail
	err := s.conn.while(ctx, func() (err error) {
		at, err = s.conn.envelope(msg, s.conn.pipelining && e.modes.may(pipelining))
		return err
	})
	return at, err
}

func (e *Channel) connect(ctx context.Context, s *slot) error {
	conn, err := connect(ctx, e.settings)
	switch {
	case err == nil:
		s.conn = conn
		e.pool.opened()
	case errors.Is(err, errStopped):
		e.pool.abandoned()
	case e.pool.refused(oneLine(err.Error())):
		return errLimited
	}
	return err
}

func (e *Channel) handOver(ctx context.Context, s *slot, msg message, before func(context.Context) (bool, error)) campaigns.MailOutcome {
	proceed, err := before(ctx)
	if err != nil || !proceed {
		e.settle(s, phaseRcpt, nil, campaigns.MailOutcome{})
		if err != nil {
			return campaigns.MailOutcome{State: campaigns.MailHeld, Reason: "before DATA: " + err.Error()}
		}
		return campaigns.MailOutcome{State: campaigns.MailDropped, Reason: "before DATA: this worker may not send the mail any more"}
	}
	failpoint.Hit(failpoint.BeforeData)
	if s.conn.chunking && e.modes.may(chunking) {
		return e.inChunk(s, msg)
	}
	at, err := s.conn.data(msg.bytes)
	return e.settle(s, at, err, classify(at, err))
}

// inChunk hands the mail over with BDAT. A relay that does not know the command has not
// taken the mail, which is then planned again and goes out with DATA.
func (e *Channel) inChunk(s *slot, msg message) campaigns.MailOutcome {
	at, err := phaseData, error(nil)
	proven := e.modes.isProven()
	if !proven {
		err = s.conn.takesChunks()
	}
	if err == nil {
		e.modes.prove()
		at, err = s.conn.chunk(msg.bytes)
	}
	if r := replyOf(err); err != nil && (r.code == 0 || isProtocol(r) || !proven && at == phaseData) {
		e.modes.leave(chunking)
		if r.code != 0 {
			e.drop(s)
			return campaigns.MailOutcome{State: campaigns.MailHeld, Reason: "BDAT: " + r.text}
		}
	}
	return e.settle(s, at, err, classify(at, err))
}

// settle makes s ready for the next mail: open, reset or closed. A connection on which the
// relay asks for less is closed, because it may be the connection that had enough. The outcome
// returned states whether the fault is about the recipient's domain alone.
func (e *Channel) settle(s *slot, at phase, err error, out campaigns.MailOutcome) campaigns.MailOutcome {
	r := replyOf(err)
	out = e.pool.judged(s, out, r.names(s.claim.domain, e.settings.Host))
	if at >= phaseRcpt && r.ofConnections(s.claim.domain) {
		e.pool.lower(s)
	}
	switch {
	case s.conn == nil:
	case s.conn.unread, err != nil && closing(err), out.Fault.State == campaigns.StreamThrottled && !out.Fault.Domain:
		e.drop(s)
	case (at == phaseRcpt || at == phaseData) && s.conn.reset() != nil:
		e.drop(s)
	}
	return out
}

// drop closes the connection at once, whatever state it is in.
func (e *Channel) drop(s *slot) {
	s.conn.kill()
	s.conn = nil
	e.pool.lost()
}

// concealing removes addresses from the text that is stored and logged.
func (e *Channel) concealing(out campaigns.MailOutcome, m campaigns.Mail, msg message) campaigns.MailOutcome {
	if out.State != campaigns.MailSent {
		out.Reason = oneLine(out.Reason, msg.to, m.To)
	}
	return out
}
