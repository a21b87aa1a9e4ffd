// Package mailbox is an SMTP server for the demo and for tests. It catches mails
// instead of delivering them, and shows them as pages.
package mailbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"comeback/commerce"

	"github.com/emersion/go-smtp"
)

// Settings are the catcher's address and what it stores.
type Settings struct {
	Address string // host:port; port 0: any free one
	// PagesHost is the name of the pages' host, beside addresses and localhost;
	// empty: none.
	PagesHost string
	Keep      int // mails in memory; the oldest are dropped first. Default 1000
	// Dir is a folder in which every caught mail is also stored as a file, before
	// the sender gets the reply 250. Empty: memory only.
	Dir string
	// Refuse returns the reply for an address. 550: there is no such mailbox. 450: it
	// cannot accept mail now. 0: the mail is accepted. Nil: every mail is accepted.
	Refuse func(address string) (code int)
	// Log receives errors of connections. Nil: nothing is logged.
	Log *slog.Logger
}

// Catcher is an SMTP server that delivers nothing: it stores the mails and shows
// them. It is for demo and tests, and never replaces a relay. Safe for concurrent
// use.
type Catcher struct {
	settings Settings
	wall     func() time.Time
	listener *trackingListener
	server   *smtp.Server

	mu     sync.Mutex
	mails  []Mail // oldest first
	caught int    // number of the last mail
}

// New loads the mails in Dir and starts to listen. Mails are accepted when Run runs.
func New(s Settings, wall func() time.Time) (*Catcher, error) {
	if s.Keep == 0 {
		s.Keep = 1000
	}
	if s.Keep < 0 {
		return nil, commerce.Errorf(commerce.Invalid, "Keep: %d is negative; it is a number of mails", s.Keep)
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	m := &Catcher{settings: s, wall: wall}
	if s.Dir != "" {
		if err := os.MkdirAll(s.Dir, 0o700); err != nil {
			return nil, commerce.Errorf(commerce.Invalid, "Dir: %w", err)
		}
		if err := m.load(); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", s.Address)
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "Address: %w", err)
	}
	m.listener = &trackingListener{Listener: listener, open: map[net.Conn]bool{}}
	m.server = smtp.NewServer(smtp.BackendFunc(m.session))
	m.server.Domain = "mailbox.comeback.invalid"
	m.server.EnableSMTPUTF8 = true
	m.server.MaxMessageBytes = 10 << 20
	m.server.ReadTimeout = 5 * time.Minute
	m.server.WriteTimeout = time.Minute
	m.server.ErrorLog = slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn)
	return m, nil
}

// Run accepts mails until ctx ends. When it returns, every connection is closed and
// every mail with the reply 250 is stored.
func (m *Catcher) Run(ctx context.Context) error {
	release := context.AfterFunc(ctx, m.listener.closeAll)
	err := m.server.Serve(m.listener)
	stopped := !release()
	m.listener.closeAll()
	// Shutdown waits for the closed sessions, also for one that is writing its file.
	_ = m.server.Shutdown(context.WithoutCancel(ctx))
	if stopped {
		return nil
	}
	return fmt.Errorf("mailbox: %w", err)
}

// Addr is where the mailbox listens, as host:port.
func (m *Catcher) Addr() string { return m.listener.Addr().String() }

// Caught is the number of mails ever accepted. The newest mail has this number.
func (m *Catcher) Caught() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.caught
}

// Mails are the stored mails with a number above after, oldest first.
func (m *Catcher) Mails(after int) []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, mail := range m.mails {
		if mail.Number > after {
			return append([]Mail(nil), m.mails[i:]...)
		}
	}
	return nil
}

// Mail is the stored mail with that number.
func (m *Catcher) Mail(number int) (mail Mail, found bool) {
	for _, mail := range m.Mails(number - 1) {
		return mail, mail.Number == number
	}
	return Mail{}, false
}

// Handler shows the mails: / lists them, /mails/{number} shows one, /mails.json is
// the list for programs. Its links are relative, so it may be mounted under any
// prefix that ends in a slash.
func (m *Catcher) Handler() http.Handler { return mailboxPages(m) }

// take stores a mail durably before the sender gets the reply 250.
func (m *Catcher) take(s *mailSession, content []byte) error {
	raw := append(trace(s, m.wall()), content...)
	m.mu.Lock()
	m.caught++
	number := m.caught
	m.mu.Unlock()
	mail := readCaught(number, raw)
	if m.settings.Dir != "" {
		if err := m.write(mail); err != nil {
			m.settings.Log.Error("mailbox cannot store a mail", "error", err)
			return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "cannot store the mail"}
		}
	}
	m.keep(mail)
	return nil
}

// keep inserts a mail by its number: sessions may end in another order than they
// began.
func (m *Catcher) keep(mail Mail) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := len(m.mails)
	for at > 0 && m.mails[at-1].Number > mail.Number {
		at--
	}
	m.mails = append(m.mails, Mail{})
	copy(m.mails[at+1:], m.mails[at:])
	m.mails[at] = mail
	if over := len(m.mails) - m.settings.Keep; over > 0 {
		clear(m.mails[:over])
		m.mails = m.mails[over:]
	}
}

// trace are the header lines of a final delivery (RFC 5321 4.4). With them a file
// alone shows its envelope.
func trace(s *mailSession, at time.Time) []byte {
	return fmt.Appendf(nil, "Return-Path: <%s>\r\nDelivered-To: %s\r\nReceived: by mailbox.comeback.invalid; %s\r\n",
		s.from, s.to, at.Format(time.RFC1123Z))
}

// mailSession is one SMTP conversation.
type mailSession struct {
	mailbox  *Catcher
	from, to string
}

func (m *Catcher) session(*smtp.Conn) (smtp.Session, error) { return &mailSession{mailbox: m}, nil }

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if refuse := s.mailbox.settings.Refuse; refuse != nil {
		switch refuse(to) {
		case 550:
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		case 450:
			return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "not now"}
		}
	}
	if s.to != "" {
		s.to += ", "
	}
	s.to += to
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	var content bytes.Buffer
	if _, err := content.ReadFrom(r); err != nil {
		return err
	}
	return s.mailbox.take(s, content.Bytes())
}

func (s *mailSession) Reset()        { s.from, s.to = "", "" }
func (s *mailSession) Logout() error { return nil }
