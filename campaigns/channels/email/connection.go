package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

var errStopped = errors.New("stopped by us before anything was handed over")

// connection is one open conversation with the relay. One user at a time.
type connection struct {
	raw    net.Conn // below TLS; closing it ends everything at once
	client *smtp.Client
	limits Limits

	pipelining, chunking, mime8, utf8 bool // what the relay offers

	pipelined bool   // the envelope of the mail under way went out in one write
	unread    bool   // an answer is outstanding: the connection cannot be used again
	buffer    []byte // of the last mail, to be used again
}

// connect dials, greets, encrypts and authenticates. go-mail leaves the socket open
// if one of these fails, and cannot cancel after the dial. So connect closes the
// raw connection itself.
func connect(ctx context.Context, s Settings) (*connection, error) {
	c := &connection{limits: s.Limits}
	config, err := tlsConfig(s)
	if err != nil {
		return nil, err
	}
	var release func() bool
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		raw, err := s.Dial(dialing, network, address)
		if err != nil {
			return nil, err
		}
		c.raw = raw
		// On ctx, not on dialing: go-mail cancels dialing when it has finished.
		release = context.AfterFunc(ctx, c.kill)
		if s.TLS != Implicit {
			return raw, nil
		}
		secure := tls.Client(raw, config)
		return secure, secure.HandshakeContext(dialing)
	}
	dialer, err := gomail.NewClient(s.Host, dialOptions(s, config, dial)...)
	if err != nil {
		return nil, err
	}
	c.client, err = dialer.DialToSMTPClientWithContext(ctx)
	if release != nil && !release() || err != nil && ctx.Err() != nil {
		err = errStopped
	}
	if err == nil {
		c.pipelining, c.chunking, c.mime8, c.utf8 = c.offers("PIPELINING"), c.offers("CHUNKING"), c.offers("8BITMIME"), c.offers("SMTPUTF8")
		return c, nil
	}
	if c.raw != nil {
		c.kill()
	}
	return nil, err
}

func dialOptions(s Settings, config *tls.Config, dial gomail.DialContextFunc) []gomail.Option {
	policy := map[TLSMode]gomail.TLSPolicy{
		StartTLS: gomail.TLSMandatory, Opportunistic: gomail.TLSOpportunistic, Plain: gomail.NoTLS,
		// dial has encrypted already. Opportunistic makes go-mail notice that, so it may authenticate.
		Implicit: gomail.TLSOpportunistic,
	}[s.TLS]
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(s.Limits.Connect), gomail.WithDialContextFunc(dial),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(config),
	}
	if s.HelloName != "" {
		options = append(options, gomail.WithHELO(s.HelloName))
	}
	if s.Username != "" {
		options = append(options, gomail.WithUsername(s.Username), gomail.WithPassword(s.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain,
				gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
	}
	return options
}

func tlsConfig(s Settings) (*tls.Config, error) {
	config := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	if len(s.RootsPEM) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(s.RootsPEM) {
			return nil, errors.New("RootsPEM: contains no certificate")
		}
	}
	return config, nil
}

func (c *connection) offers(extension string) bool {
	offered, _ := c.client.Extension(extension)
	return offered
}

// while runs step and stops it at once when ctx ends.
func (c *connection) while(ctx context.Context, step func() error) error {
	release := context.AfterFunc(ctx, c.kill)
	err := step()
	if !release() {
		return errStopped
	}
	return err
}

// reset abandons an open transaction.
func (c *connection) reset() error {
	if err := c.client.UpdateDeadline(min(c.limits.Command, 5*time.Second)); err != nil {
		return err
	}
	return c.client.Reset()
}

// quit sends QUIT and does not wait for the answer. Call it only between
// transactions: in the middle of a mail it would write the dot.
func (c *connection) quit() {
	if err := c.client.UpdateDeadline(time.Second); err == nil {
		_ = c.client.Text.PrintfLine("QUIT")
	}
	c.kill()
}

func (c *connection) kill() { _ = c.raw.Close() }
