package email_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
	"comeback/commerce"
)

// Nothing is handed over unless the caller has recorded that it is about to be.
func TestMailIsSentOnlyAfterTheCallerAgrees(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		proceed bool
		err     error
		want    campaigns.MailState
	}{
		{"a message that the caller does not want sent is dropped", false, nil, campaigns.MailDropped},
		{"a message that cannot be recorded is tried later", true, errors.New("store is away"), held},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &relay{}
				e := opened(t, r, nil)
				defer e.Close()
				out := deliver(e, t.Context(), sample(), func(context.Context) (bool, error) {
					if r.saw("RCPT") != 1 || r.saw("DATA") != 0 {
						t.Errorf("asked at the wrong moment: %v", r.verbs)
					}
					return c.proceed, c.err
				})
				if out.State != c.want {
					t.Errorf("state: got %s, want %s", out.State, c.want)
				}
				if r.saw("DATA") != 0 || r.saw("RSET") != 1 {
					t.Errorf("got %v, want a RSET and no DATA", r.verbs)
				}
				next := deliver(e, t.Context(), sample(), always)
				if dials, _, accepted := r.counts(); next.State != sent || dials != 1 || accepted != 1 {
					t.Errorf("next mail: got %s over %d connections, want sent over the same", next.State, dials)
				}
			})
		})
	}
}

// The end of the context stops a delivery at once before DATA, and not at all between
// DATA and the reply.
func TestContextStopsADeliveryOnlyBeforeDATA(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		faults faults
		want   campaigns.MailState
		took   time.Duration
	}{
		{"while waiting for the greeting", faults{"greet": stall}, held, time.Second},
		{"while waiting for RCPT", faults{"RCPT": stall}, held, time.Second},
		{"while waiting for 354", faults{"DATA": sayAfter354}, sent, 20 * time.Second},
		{"while waiting for the last reply", faults{"dot": after(time.Minute, "250 2.0.0 ok")}, sent, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := opened(t, &relay{faults: c.faults}, nil)
				defer e.Close()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := now()
				out := deliver(e, ctx, sample(), always)
				if took := now().Sub(start); out.State != c.want || took != c.took {
					t.Errorf("got %s (%s) after %s, want %s after %s", out.State, out.Reason, took, c.want, c.took)
				}
				if next := deliver(e, t.Context(), sample(), always); next.State != sent {
					t.Errorf("next mail: got %s (%s), want sent: our own stop is no reason to back off", next.State, next.Reason)
				}
			})
		})
	}
}

// sayAfter354 takes its time before 354 and then takes the mail.
func sayAfter354(c *talk) bool {
	wait(20 * time.Second)
	if !c.say("354 go ahead") {
		return false
	}
	for line, ok := c.line(); line != "."; line, ok = c.line() {
		if !ok {
			return false
		}
	}
	return c.say("250 2.0.0 ok")
}

// deliver returns the outcome of a mail.
func deliver(
	e *email.Channel, ctx context.Context, m campaigns.Mail, before func(context.Context) (bool, error),
) (out campaigns.MailOutcome) {
	e.Deliver(ctx, m, before, func(o campaigns.MailOutcome) { out = o })
	return out
}

// A connection the relay gave up while it was idle costs no mail and no delay
// of the mail.
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		mail answer
	}{
		{"closed", hangUp},
		{"closed with a goodbye", sayThen("421 4.4.2 idle too long", hangUp)},
		{"half open", stall},
		{"refused for now", say("451 4.3.0 connection was idle")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &relay{}
				e := opened(t, r, nil)
				defer e.Close()
				first := deliver(e, t.Context(), sample(), always)
				r.plan(faults{"MAIL": c.mail})
				second := deliver(e, t.Context(), sample(), always)
				dials, _, accepted := r.counts()
				if first.State != sent || second.State != sent || dials != 2 || accepted != 2 {
					t.Errorf("got %s, %s (%s), %d connections, %d mails; want both sent over 2", first.State, second.State, second.Reason, dials,
						accepted)
				}
			})
		})
	}
}

// One mail costs four round trips on a persistent connection: no NOOP, no RSET.
func TestPersistentConnectionNeedsFourRoundTrips(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{}
		e := opened(t, r, nil)
		defer e.Close()
		for range 3 {
			deliver(e, t.Context(), sample(), always)
		}
		got := strings.Join(r.verbs, " ")
		want := "greet EHLO" + strings.Repeat(" MAIL RCPT DATA body dot", 3)
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// Idle connections do not outlive their limit, and stopping leaves none.
func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{}
		e := opened(t, r, func(s *email.Settings) { s.Connections = 3 })
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx) }()
		deliverAtOnce(t, e, 3)
		if dials, open, _ := r.counts(); dials != 3 || open != 3 {
			t.Errorf("got %d dialled, %d open, want 3 and 3", dials, open)
		}
		wait(16 * time.Second)
		if _, open, _ := r.counts(); open != 0 {
			t.Errorf("after the idle limit: got %d open, want 0", open)
		}
		deliver(e, t.Context(), sample(), always)
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if _, open, _ := r.counts(); open != 0 {
			t.Errorf("after the stop: got %d open, want 0", open)
		}
		if out := deliver(e, t.Context(), sample(), always); out.State != held {
			t.Errorf("after the stop: got %s, want held", out.State)
		}
	})
}

// Nobody needs to run the loop: a connection idle for too long is not trusted
// with another mail.
func TestIdleWithoutLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{}
		e := opened(t, r, nil)
		defer e.Close()
		deliver(e, t.Context(), sample(), always)
		wait(10 * time.Second)
		deliver(e, t.Context(), sample(), always)
		if dials, _, accepted := r.counts(); dials != 2 || accepted != 2 {
			t.Errorf("got %d connections for %d mails, want 2 for 2", dials, accepted)
		}
	})
}

// deliverAtOnce has n mails at the point before DATA together, so that each
// needs a connection of its own.
func deliverAtOnce(t *testing.T, e *email.Channel, n int) {
	t.Helper()
	var all, arrived sync.WaitGroup
	arrived.Add(n)
	for range n {
		all.Go(func() {
			out := deliver(e, t.Context(), sample(), func(context.Context) (bool, error) {
				arrived.Done()
				arrived.Wait()
				return true, nil
			})
			if out.State != sent {
				t.Errorf("got %s (%s), want sent", out.State, out.Reason)
			}
		})
	}
	all.Wait()
}

// A relay that refuses connections is asked once a second at most, however many mails wait.
func TestRefusedConnectionIsNotTriedByEveryWaiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{refuse: errors.New("connection refused")}
		e := opened(t, r, func(s *email.Settings) { s.Connections = 10 })
		defer e.Close()
		for range 3 {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if out := deliver(e, t.Context(), sample(), always); out.State != held {
						t.Errorf("got %s, want held", out.State)
					}
				})
			}
			all.Wait()
			wait(time.Second)
		}
		if dials, _, _ := r.counts(); dials != 3 {
			t.Errorf("got %d attempts to connect in 3 s, want 3", dials)
		}
	})
}

// A relay that takes fewer connections than are set costs no mail a delay: the mails wait
// for the connections that it takes.
func TestRelayWithAConnectionLimitIsAdaptedTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{most: 3}
		e := opened(t, r, func(s *email.Settings) { s.Connections = 10 })
		defer e.Close()
		var all sync.WaitGroup
		for range 60 {
			all.Go(func() {
				out := deliver(e, t.Context(), sample(), func(context.Context) (bool, error) {
					wait(100 * time.Millisecond)
					return true, nil
				})
				if out.State != sent {
					t.Errorf("got %s (%s), want sent", out.State, out.Reason)
				}
			})
		}
		all.Wait()
		// Each open connection lets one more begin, and one begins alone: so at most four are refused.
		if dials, open, accepted := r.counts(); accepted != 60 || open > 3 || dials > 3+4 {
			t.Errorf("got %d mails over %d connections, %d open, want 60 over 3, and 4 refused at most", accepted, dials, open)
		}
	})
}

// When the last connection is lost, everybody who waits for it gets an error.
func TestWaitersAreReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := opened(t, &relay{faults: faults{"greet": stall}}, nil)
		defer e.Close()
		start := now()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				out := deliver(e, t.Context(), sample(), always)
				if out.State != held {
					t.Errorf("got %s (%s), want held", out.State, out.Reason)
				}
			})
		}
		all.Wait()
		if took := now().Sub(start); took != 30*time.Second {
			t.Errorf("got %s, want the 30 s of one attempt", took)
		}
	})
}

// Ten connections serve a hundred senders; every one gets its turn, also those
// who give up waiting block nobody.
func TestManySenders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{}
		e := opened(t, r, func(s *email.Settings) { s.Connections = 10 })
		defer e.Close()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				ctx := t.Context()
				if i%3 == 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, time.Duration(i)*10*time.Millisecond)
					defer cancel()
				}
				out := deliver(e, ctx, sample(), func(context.Context) (bool, error) {
					wait(100 * time.Millisecond)
					return true, nil
				})
				if i%3 != 0 && out.State != sent {
					t.Errorf("got %s (%s), want sent", out.State, out.Reason)
				}
			})
		}
		all.Wait()
		if dials, open, _ := r.counts(); open > 10 {
			t.Errorf("got %d open of %d dialled, want at most 10", open, dials)
		}
	})
}

// A shop with many mails at the relay does not delay another one: they take turns.
func TestShopWithFewMailsIsNotDelayedByOneWithMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := opened(t, &relay{extensions: []string{"PIPELINING"}}, func(s *email.Settings) { s.Connections = 2 })
		defer e.Close()
		var all sync.WaitGroup
		send := func(shop string, mails int, done func()) {
			for range mails {
				all.Go(func() {
					m := sample()
					m.ID = shop + ":unpaid-reminder:wc:1001:1"
					deliver(e, t.Context(), m, func(context.Context) (bool, error) {
						wait(time.Second)
						return true, nil
					})
					done()
				})
			}
			synctest.Wait()
		}
		start, took := now(), new(atomic.Int64)
		send("large", 100, func() {})
		send("small", 4, func() { took.Store(int64(now().Sub(start))) })
		all.Wait()
		if last := time.Duration(took.Load()); last > 6*time.Second {
			t.Errorf("the small shop's 4 mails took %s, want 5 s: half of two connections", last)
		}
	})
}

// Mails that wait for a connection are not tried after the relay has refused us: their caller
// decides about a probe. A dead address says nothing about the relay.
func TestRelayThatRefusesUsGetsNoWaitingMails(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]int{
		"554 5.7.1 Relay access denied": 1, "554 5.7.1 policy": 2, "450 too many mails": 1, "550 5.1.1 no such user": 20,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &relay{always: faults{"RCPT": after(time.Second, reply)}}
			e := opened(t, r, nil)
			defer e.Close()
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() { deliver(e, t.Context(), sample(), always) })
			}
			all.Wait()
			if tries := r.saw("RCPT"); tries != want {
				t.Errorf("%s: got %d mails tried, want %d", reply, tries, want)
			}
		})
	}
}

// A domain that takes no more connections gets fewer at once; the others keep theirs.
func TestDomainThatRefusesConnectionsGetsFewer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{}
		e := opened(t, r, func(s *email.Settings) { s.Connections = 4 })
		defer e.Close()
		deliverAtOnce(t, e, 4)
		r.plan(faults{"RCPT": say("450 4.7.0 too many connections to customer.example")})
		for range 2 { // the first lowers the number
			var all sync.WaitGroup
			var most, now atomic.Int64
			for range 12 {
				all.Go(func() {
					deliver(e, t.Context(), sample(), func(context.Context) (bool, error) {
						most.Store(max(most.Load(), now.Add(1)))
						wait(time.Second)
						now.Add(-1)
						return true, nil
					})
				})
			}
			all.Wait()
			if most.Load() > 3 {
				t.Errorf("got %d at once, want 3", most.Load())
			}
		}
	})
}

// A password is never sent unencrypted, and a relay must match its certificate.
func TestEncryption(t *testing.T) {
	t.Parallel()
	cert, pem := certificate(t, "relay.example", strings.Repeat("r", 32))
	_, stranger := certificate(t, "relay.example", strings.Repeat("s", 32))
	server := &tls.Config{Certificates: []tls.Certificate{cert}}
	for _, c := range []struct {
		name  string
		relay *relay
		mode  email.TLSMode
		roots []byte
		user  string
		want  campaigns.MailState
	}{
		{"STARTTLS with a known certificate", &relay{extensions: []string{"STARTTLS", "AUTH PLAIN"}, tls: server}, email.StartTLS, pem,
			"u", sent},
		{"TLS from the first byte", &relay{extensions: []string{"AUTH LOGIN PLAIN"}, tls: server, implicit: true}, email.Implicit, pem,
			"u", sent},
		{"a stranger's certificate", &relay{extensions: []string{"STARTTLS"}, tls: server}, email.StartTLS, stranger, "", held},
		{"a stranger's certificate from the first byte", &relay{tls: server, implicit: true}, email.Implicit, stranger, "", held},
		{"STARTTLS is not offered", &relay{}, email.StartTLS, pem, "", held},
		{"STARTTLS is not offered, nor demanded", &relay{}, email.Opportunistic, pem, "", sent},
		{"a password is not sent in the clear", &relay{extensions: []string{"AUTH PLAIN"}}, email.Opportunistic, pem, "u", held},
		{"a wrong password",
			&relay{extensions: []string{"STARTTLS", "AUTH PLAIN"}, tls: server, faults: faults{"AUTH": say("535 5.7.8 wrong")}}, email.StartTLS,
			pem, "u", held},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := opened(t, c.relay, func(s *email.Settings) {
					s.TLS, s.RootsPEM, s.Username, s.Password = c.mode, c.roots, c.user, "secret"[:len(c.user)*6]
				})
				defer e.Close()
				out := deliver(e, t.Context(), sample(), always)
				refused := out.Fault == campaigns.Fault{State: campaigns.StreamRefusing}
				if out.State != c.want || refused != (c.want == held) {
					t.Errorf("got %s (%s), %+v, want %s", out.State, out.Reason, out.Fault, c.want)
				}
				e.Close()
				synctest.Wait()
				if _, open, _ := c.relay.counts(); open != 0 {
					t.Errorf("connections left open: got %d, want 0", open)
				}
			})
		})
	}
}

// An address in another script needs a relay that supports it, and the error says so;
// for all others SMTPUTF8 is not claimed, or the next relay might refuse them.
func TestInternationalAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, to string
		offers   []string
		want     campaigns.MailState
		claimed  bool
	}{
		{"a local part in Chinese over a relay that can", "用户@例子.广告", []string{"SMTPUTF8"}, sent, true},
		{"a local part in Chinese over one that cannot", "用户@例子.广告", nil, failed, false},
		{"a domain in Chinese needs nothing", "ann@例子.广告", nil, sent, false},
		{"and claims nothing", "ann@例子.广告", []string{"SMTPUTF8"}, sent, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &relay{extensions: c.offers}
				e := opened(t, r, nil)
				defer e.Close()
				m := sample()
				m.To = c.to
				out := deliver(e, t.Context(), m, always)
				if out.State != c.want || c.want == failed && !strings.Contains(out.Reason, "SMTPUTF8") {
					t.Errorf("got %s (%s), want %s", out.State, out.Reason, c.want)
				}
				if got := strings.Contains(r.mailFrom, "SMTPUTF8"); got != c.claimed {
					t.Errorf("got %q, want SMTPUTF8 claimed: %v", r.mailFrom, c.claimed)
				}
			})
		})
	}
}

// A server's reply is stored, but without the recipient's address.
func TestReasonHidesTheRecipient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &relay{
			faults: faults{"RCPT": say("550-5.1.1 <ANN@customer.example>:\r\n550 5.1.1 " + strings.Repeat("ann@customer.example 好", 60))},
		}
		e := opened(t, r, nil)
		defer e.Close()
		out := deliver(e, t.Context(), sample(), always)
		if strings.Contains(strings.ToLower(out.Reason), "customer.example") || strings.ContainsAny(out.Reason, "\r\n") ||
			len(out.Reason) > 300 {
			t.Errorf("got %q", out.Reason)
		}
		if !strings.HasPrefix(out.Reason, "RCPT: 5.1.1 <[recipient]>: ") {
			t.Errorf("got %q, want it to begin with the server's words", out.Reason)
		}
	})
}

// Every wrong setting is named, all at once.
func TestSettings(t *testing.T) {
	t.Parallel()
	good := email.Settings{Host: "smtp.example.com", Port: 587}
	if _, err := email.New(good, now); err != nil {
		t.Errorf("got %v, want none", err)
	}
	bad := email.Settings{
		Host: "smtp example", Port: 70000, TLS: "ssl", Password: "x", Connections: -1, HelloName: "a b", Idle: -1,
		ShopConnections: -1, DomainConnections: 1001,
	}
	_, err := email.New(bad, now)
	for _, field := range []string{"Host", "Port", "TLS", "Username", "Connections",
		"ShopConnections", "DomainConnections", "HelloName", "Limits"} {
		if !strings.Contains(fmt.Sprint(err), field+": ") {
			t.Errorf("got %v, want %s named", err, field)
		}
	}
	clear := email.Settings{Host: "smtp.example.com", Port: 25, TLS: email.Plain, Username: "u", Password: "p"}
	if _, err := email.New(clear, now); err == nil {
		t.Error("a password in the clear: got none, want an error")
	}
	_, err = email.New(email.Settings{Host: "h.example", Port: 25, RootsPEM: []byte("x")}, now)
	if commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("roots without a certificate: got %v, want invalid", err)
	}
}
