package email_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer is what the relay does instead of the positive reply. It returns
// false when the conversation is over.
type answer func(c *talk) bool

func say(line string) answer { return func(c *talk) bool { return c.say(line) } }

// hangUp ends the conversation without a word.
func hangUp(*talk) bool { return false }

// stall never answers again but leaves the connection open, as a half-open one is.
func stall(c *talk) bool {
	_, _ = io.Copy(io.Discard, c.in)
	return false
}

func sayThen(line string, next answer) answer {
	return func(c *talk) bool { return c.say(line) && next(c) }
}

// after answers late.
func after(d time.Duration, line string) answer {
	return func(c *talk) bool {
		wait(d)
		return c.say(line)
	}
}

// drip answers one byte a second.
func drip(line string) answer {
	return func(c *talk) bool {
		for _, b := range []byte(line + "\r\n") {
			wait(time.Second)
			if _, err := c.conn.Write([]byte{b}); err != nil {
				return false
			}
		}
		return true
	}
}

// faults are answers by verb; greet, dot (the end of the mail) and body (in
// the middle of it) count as verbs. Each is used once, then the relay is healthy.
type faults map[string]answer

// relay is a scripted SMTP server over in-memory connections.
type relay struct {
	extensions []string
	tls        *tls.Config // also speaks TLS from the first byte when implicit
	implicit   bool

	mu       sync.Mutex
	faults   faults
	always   faults // what is answered each time
	refuse   error  // what dialling answers
	most     int    // connections at once; 0: any number
	dials    int
	open     int
	verbs    []string
	mailFrom string   // the last MAIL command, with its parameters
	accepted []string // mails answered with 250
}

func (r *relay) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dials++
	if r.refuse != nil {
		return nil, r.refuse
	}
	client, server := net.Pipe()
	r.open++
	full := r.most > 0 && r.open > r.most
	go func() {
		defer server.Close()
		if full {
			_, _ = io.WriteString(server, "421 4.7.0 too many connections\r\n")
		} else {
			r.serve(server)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.open--
	}()
	return client, nil
}

func (r *relay) saw(verb string) (times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.verbs {
		if v == verb {
			times++
		}
	}
	return times
}

func (r *relay) counts() (dials, open, accepted int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dials, r.open, len(r.accepted)
}

// fault takes the fault planned for verb, nil when there is none.
func (r *relay) fault(verb string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verbs = append(r.verbs, verb)
	planned := r.faults[verb]
	if delete(r.faults, verb); planned == nil {
		planned = r.always[verb]
	}
	return planned
}

func (r *relay) plan(f faults) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = f
}

type talk struct {
	conn net.Conn
	in   *bufio.Reader
}

func (c *talk) say(line string) bool {
	_, err := io.WriteString(c.conn, line+"\r\n")
	return err == nil
}

func (c *talk) line() (string, bool) {
	line, err := c.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err == nil
}

func (r *relay) serve(conn net.Conn) {
	if r.implicit {
		conn = tls.Server(conn, r.tls)
	}
	c := &talk{conn: conn, in: bufio.NewReader(conn)}
	if !r.answer(c, "greet", "220 relay.example ESMTP") {
		return
	}
	for {
		line, ok := c.line()
		if !ok {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		if verb == "MAIL" {
			r.mu.Lock()
			r.mailFrom = line
			r.mu.Unlock()
		}
		if !r.command(c, verb, rest) {
			return
		}
	}
}

func (r *relay) command(c *talk, verb, rest string) bool {
	switch verb {
	case "EHLO":
		lines := append([]string{"relay.example"}, r.extensions...)
		for i := range lines {
			lines[i] = "250-" + lines[i]
		}
		lines[len(lines)-1] = strings.Replace(lines[len(lines)-1], "-", " ", 1)
		return r.answer(c, verb, strings.Join(lines, "\r\n"))
	case "STARTTLS":
		if !r.answer(c, verb, "220 go ahead") {
			return false
		}
		c.conn = tls.Server(c.conn, r.tls)
		c.in = bufio.NewReader(c.conn)
		return true
	case "AUTH":
		return r.answer(c, verb, "235 2.7.0 welcome")
	case "DATA":
		return r.data(c)
	case "BDAT":
		return r.chunk(c, rest)
	case "QUIT":
		return false
	}
	return r.answer(c, verb, "250 2.0.0 ok")
}

func (r *relay) data(c *talk) bool {
	planned := r.fault("DATA")
	if planned != nil {
		return planned(c)
	}
	if !c.say("354 go ahead") {
		return false
	}
	if planned := r.fault("body"); planned != nil {
		return planned(c)
	}
	var mail strings.Builder
	for {
		line, ok := c.line()
		if !ok {
			return false
		}
		if line == "." {
			break
		}
		mail.WriteString(strings.TrimPrefix(line, ".") + "\n")
	}
	if planned := r.fault("dot"); planned != nil {
		return planned(c)
	}
	return r.take(c, mail.String())
}

// chunk is BDAT. Its fault DATA is that of the command, read together with the mail.
func (r *relay) chunk(c *talk, rest string) bool {
	if rest == "0" {
		return r.answer(c, "BDAT 0", "250 2.0.0 ok")
	}
	size, err := strconv.Atoi(strings.TrimSuffix(rest, " LAST"))
	if err != nil {
		return c.say("501 5.5.4 BDAT size LAST")
	}
	if planned := r.fault("body"); planned != nil {
		return planned(c)
	}
	mail := make([]byte, size)
	if _, err := io.ReadFull(c.in, mail); err != nil {
		return false
	}
	for _, verb := range []string{"DATA", "dot"} {
		if planned := r.fault(verb); planned != nil {
			return planned(c)
		}
	}
	return r.take(c, strings.ReplaceAll(string(mail), "\r\n", "\n"))
}

func (r *relay) take(c *talk, mail string) bool {
	r.mu.Lock()
	r.accepted = append(r.accepted, mail)
	r.mu.Unlock()
	return c.say("250 2.0.0 queued")
}

func (r *relay) answer(c *talk, verb, friendly string) bool {
	if planned := r.fault(verb); planned != nil {
		return planned(c)
	}
	return c.say(friendly)
}

// sample is a mail with nothing special about it.
func sample() campaigns.Mail {
	return campaigns.Mail{
		ID: "shop1:unpaid-reminder:wc:1001:1", MessageID: campaigns.MessageID("shop1:unpaid-reminder:wc:1001:1", "shop.example"),
		From: "hello@shop.example", FromName: "The Shop", To: "ann@customer.example", ToName: "Ann",
		Subject: "Your order is waiting", Text: "Pay here: https://shop.example/pay",
		HTML: "<p>Pay <a href=\"https://shop.example/pay\">here</a></p>",
		Date: time.Date(2016, 11, 22, 9, 0, 0, 0, time.UTC),
	}
}

func always(context.Context) (bool, error) { return true, nil }

// opened is a channel over r with one connection and the default limits.
func opened(t testing.TB, r *relay, change func(*email.Settings)) *email.Channel {
	t.Helper()
	s := email.Settings{
		Host: "relay.example", Port: 587, TLS: email.Plain, HelloName: "comeback.example", Connections: 1, Dial: r.dial,
	}
	if change != nil {
		change(&s)
	}
	e, err := email.New(s, now)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// certificate is a self-signed one for name with a key made of 32 bytes, valid in every century a test may live in.
func certificate(t testing.TB, name, seed string) (tls.Certificate, []byte) {
	t.Helper()
	key := ed25519.NewKeyFromSeed([]byte(seed))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
