package service

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
	"comeback/campaigns/channels/mailbox"
	"comeback/commerce"
	"comeback/jobs"
)

// relay sends mail: through the configured relay, or into the mailbox, which delivers
// nothing. With neither, messages wait.
type relay struct {
	identity campaigns.Relay

	email   *email.Channel
	mailbox *mailbox.Catcher
	pages   net.Listener // of the mailbox
}

// openRelay opens it. A process of role api is not warned where none is set. secret is
// the key of the mark by which workers see changed settings.
func openRelay(c Relay, role string, secret []byte, wall func() time.Time, log *slog.Logger) (*relay, error) {
	r := &relay{}
	settings := c.settings()
	if c.Mailbox != "" {
		var err error
		host, _, _ := net.SplitHostPort(c.MailboxPages)
		if r.mailbox, err = mailbox.New(mailbox.Settings{Address: c.Mailbox, PagesHost: host, Keep: 10_000, Log: log}, wall); err != nil {
			return nil, commerce.Errorf(commerce.Unavailable, "COMEBACK_MAILBOX: %w", err)
		}
		if r.pages, err = net.Listen("tcp", c.MailboxPages); err != nil {
			return nil, commerce.Errorf(commerce.Unavailable, "COMEBACK_MAILBOX_PAGES: %w", err)
		}
		host, port, _ := net.SplitHostPort(r.mailbox.Addr())
		settings.Host, settings.TLS, settings.Username, settings.Password = host, email.Plain, "", ""
		if settings.Port, err = strconv.Atoi(port); err != nil {
			return nil, err
		}
	}
	if settings.Host == "" {
		if role == roleAPI { // it sends nothing
			return r, nil
		}
		log.Warn("no relay is set: messages wait", "remedy", "set COMEBACK_SMTP_HOST, or COMEBACK_MAILBOX to try it out")
		return r, nil
	}
	var err error
	r.email, err = email.New(settings, wall)
	r.identity = identify(settings, c.Mailbox != "", secret)
	return r, err
}

// identify names the relay of some settings. The mailbox is one relay, whatever its port.
func identify(s email.Settings, mailbox bool, secret []byte) campaigns.Relay {
	id := campaigns.Relay{Name: net.JoinHostPort(s.Host, strconv.Itoa(s.Port))}
	who, setup := hmac.New(sha256.New, secret), hmac.New(sha256.New, secret)
	if fmt.Fprintf(who, "%q %d %q", s.Host, s.Port, s.Username); mailbox {
		who.Reset()
	}
	fmt.Fprintf(setup, "%q %d %q %q %q %q", s.Host, s.Port, s.Username, s.Password, s.TLS, s.HelloName)
	id.Key, id.Setup = hex.EncodeToString(who.Sum(nil)[:8]), hex.EncodeToString(setup.Sum(nil)[:8])
	return id
}

// channels are the channels that can send messages, by name.
func (r *relay) channels() map[string]jobs.Channel {
	if r.email == nil {
		return nil
	}
	return map[string]jobs.Channel{"email": r.email}
}

// Run runs the connections and the mailbox until ctx ends.
func (r *relay) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if r.email != nil {
		group.Go(func() error { return r.email.Run(ctx) })
	}
	if r.mailbox != nil {
		group.Go(func() error { return r.mailbox.Run(ctx) })
		group.Go(func() error { return servePages(ctx, r.pages, r.mailbox.Handler()) })
	}
	return group.Wait()
}

// mailboxURL is the page of the caught mails; "" where none are caught.
func (r *relay) mailboxURL() string {
	if r.pages == nil {
		return ""
	}
	return "http://" + Reachable(r.pages.Addr().String()) + "/"
}

// Close waits for the mails that are being sent.
func (r *relay) Close() {
	if r.email != nil {
		r.email.Close()
	}
}
