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

// while runs step and stops it at once when ctx ends.
func (c *connection) while(ctx context.Context, step func() error) error {
	release := context.AfterFunc(ctx, c.kill)
	err := step()
	if !release() {
		return errStopped
	}
	return err
}

// mail opens a transaction. It requests SMTPUTF8 only for mails that need it,
// because relays must not pass such a mail on to servers without it.
func (c *connection) mail(from string, utf8 bool) error {
	c.client.SkipSMTPUTF8(!utf8)
	if err := c.client.UpdateDeadline(c.limits.Command); err != nil {
		return err
	}
	return c.client.Mail("<" + from + ">")
}

func (c *connection) rcpt(to string) error {
	if err := c.client.UpdateDeadline(c.limits.Command); err != nil {
		return err
	}
	return c.client.Rcpt("<" + to + ">")
}

func (c *connection) offersUTF8() bool {
	offered, _ := c.client.Extension("SMTPUTF8")
	return offered
}

// data hands the mail over and reads the final reply. It takes no context: from here
// on only the limits may stop it, or the outcome of the mail would be unknown.
func (c *connection) data(content []byte) (phase, error) {
	if err := c.client.UpdateDeadline(c.limits.Command); err != nil {
		return phaseData, err
	}
	w, err := c.client.Data()
	if err != nil {
		return phaseData, err
	}
	if err := c.client.UpdateDeadline(c.limits.Data); err != nil {
		return phaseContent, err
	}
	if _, err := w.Write(content); err != nil {
		return phaseContent, err
	}
	// Flush before the dot is buffered: an error here means that the server cannot
	// have received the end of the mail.
	if err := c.client.Text.W.Flush(); err != nil {
		return phaseContent, err
	}
	if err := c.client.UpdateDeadline(c.limits.Data); err != nil {
		return phaseContent, err
	}
	if err := w.Close(); err != nil {
		return phaseDot, err
	}
	return phaseDone, nil
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
