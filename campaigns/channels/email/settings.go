package email

import (
	"context"
	"errors"
	"net"
	"net/mail"
	"strings"
	"time"

	"comeback/commerce"
)

// TLSMode decides how the connection to the relay is encrypted.
type TLSMode string

// How the connection to the relay is encrypted.
const (
	// StartTLS refuses to send unless the relay upgrades the connection to TLS.
	StartTLS TLSMode = "starttls"
	// Opportunistic upgrades if the relay offers it.
	Opportunistic TLSMode = "opportunistic"
	// Implicit uses TLS from the first byte (port 465).
	Implicit TLSMode = "implicit"
	// Plain never encrypts: for a relay on this machine.
	Plain TLSMode = "none"
)

// Settings are the relay's address and the limits of its use. Zero values of TLS,
// Connections, Idle and Limits mean the defaults named with them.
type Settings struct {
	Host     string
	Port     int
	Username string // empty: no authentication
	Password string
	TLS      TLSMode // default StartTLS
	// HelloName is our name in EHLO. Default: the machine's name.
	HelloName string
	// Connections is the number of mails under way at the same time. Default 10.
	Connections int
	// ShopConnections and DomainConnections limit those of one shop, and those of one domain of
	// recipients. 0: no limit.
	ShopConnections, DomainConnections int
	// Idle is how long an unused connection stays open. Default 10 s, which relays
	// allow even under load.
	Idle   time.Duration
	Limits Limits
	// RootsPEM replaces the system's certificate authorities; empty: the system's.
	RootsPEM []byte
	// Dial opens the connection below TLS. Nil: TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Limits bounds the time of each part of a conversation. Zero means the default.
type Limits struct {
	Connect time.Duration // connecting, TLS, greeting and authentication together: 30 s
	Command time.Duration // MAIL, RCPT, and DATA up to 354: 60 s each
	Data    time.Duration // writing the mail, and again waiting for the last reply: 5 min each
}

func (s Settings) withDefaults() Settings {
	if s.TLS == "" {
		s.TLS = StartTLS
	}
	if s.Connections == 0 {
		s.Connections = 10
	}
	s.Idle = orDefault(s.Idle, 10*time.Second)
	s.Limits.Connect = orDefault(s.Limits.Connect, 30*time.Second)
	s.Limits.Command = orDefault(s.Limits.Command, 60*time.Second)
	s.Limits.Data = orDefault(s.Limits.Data, 5*time.Minute)
	if s.Dial == nil {
		s.Dial = (&net.Dialer{}).DialContext
	}
	return s
}

func orDefault(d, standard time.Duration) time.Duration {
	if d == 0 {
		return standard
	}
	return d
}

// Validate reports every wrong setting at once, each by its field's name.
func (s Settings) Validate() error {
	s = s.withDefaults()
	var wrong []error
	refuse := func(format string, args ...any) {
		wrong = append(wrong, commerce.Errorf(commerce.Invalid, format, args...))
	}
	if s.Host == "" || strings.ContainsAny(s.Host, " \t\r\n/@") {
		refuse("Host: %q is not a host name; give the relay's name, such as smtp.example.com", s.Host)
	}
	if s.Port < 1 || s.Port > 65535 {
		refuse("Port: %d is not between 1 and 65535; relays listen on 587, 465 or 25", s.Port)
	}
	switch s.TLS {
	case StartTLS, Opportunistic, Implicit, Plain:
	default:
		refuse("TLS: %q is unknown; use starttls, implicit, opportunistic or none", s.TLS)
	}
	if s.Password != "" && s.Username == "" {
		refuse("Username: is empty although a password is given")
	}
	if s.Username != "" && s.TLS == Plain && !isLoopback(s.Host) {
		refuse("TLS: none would send the password in the clear; use starttls or implicit")
	}
	if s.Connections < 1 || s.Connections > 1000 {
		refuse("Connections: %d is not between 1 and 1000", s.Connections)
	}
	for field, most := range map[string]int{"ShopConnections": s.ShopConnections, "DomainConnections": s.DomainConnections} {
		if most < 0 || most > s.Connections {
			refuse("%s: %d is not between 0 (no limit) and Connections, %d", field, most, s.Connections)
		}
	}
	if s.Idle < 0 || s.Limits.Connect < 0 || s.Limits.Command < 0 || s.Limits.Data < 0 {
		refuse("Limits: a time limit is negative; leave it out to take the default")
	}
	if s.HelloName != "" && !isHelloName(s.HelloName) {
		refuse("HelloName: %q is not a host name", s.HelloName)
	}
	return errors.Join(wrong...)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isHelloName(name string) bool {
	_, err := mail.ParseAddress("a@" + name)
	return err == nil && !strings.ContainsAny(name, " \t\r\n\"()")
}
