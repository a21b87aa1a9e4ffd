package service

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"comeback/campaigns/channels/email"
	"comeback/jobs"
)

// Roles of a process: the API, the worker, or both.
const (
	// RoleAll is the role of a process that serves the API and does due work.
	RoleAll    = "all"
	roleAPI    = "api"
	roleWorker = "worker"
)

// check lists every wrong setting with its remedy.
func (c *Config) check() []string {
	var wrong []string
	refuse := func(name, format string, args ...any) {
		wrong = append(wrong, SettingPrefix+name+": "+fmt.Sprintf(format, args...))
	}
	c.Service.check(refuse)
	c.Logs.check(refuse)
	c.Storage.check(refuse)
	c.Relay.check(refuse)
	if c.Storage.MongoURI != "" && c.Service.PublicURL == "" {
		refuse("PUBLIC_URL", "set it with MongoDB: links in mails begin with it, e.g. https://comeback.example.com")
	}
	if c.Storage.MongoURI == "" && c.Service.Role != RoleAll {
		refuse("ROLE", "%q needs COMEBACK_MONGO_URI and COMEBACK_REDIS_ADDR: the embedded service is one process", c.Service.Role)
	}
	return wrong
}

type refuser func(name, format string, args ...any)

func (s *Service) check(refuse refuser) {
	if !slices.Contains([]string{RoleAll, roleAPI, roleWorker}, s.Role) {
		refuse("ROLE", "%q is not one of all, api, worker", s.Role)
	}
	if !isAddress(s.Listen) {
		refuse("LISTEN", "%q is not host:port, e.g. 127.0.0.1:8080 or :8080", s.Listen)
	}
	if s.MetricsListen != "" && (!isAddress(s.MetricsListen) || s.MetricsListen == s.Listen) {
		refuse("METRICS_LISTEN", "%q is not a host:port of its own, e.g. 127.0.0.1:9090", s.MetricsListen)
	}
	if s.PublicURL != "" && !isBaseURL(s.PublicURL) {
		refuse("PUBLIC_URL", "%q is not a web address without query, e.g. https://comeback.example.com", s.PublicURL)
	}
	s.PublicURL = strings.TrimRight(s.PublicURL, "/")
	for _, proxy := range s.TrustedProxies {
		if !isProxy(proxy) {
			refuse("TRUSTED_PROXIES", "%q is neither an IP address nor a CIDR, e.g. 10.0.0.0/8", proxy)
		}
	}
	for _, address := range s.OutboundAllow {
		if _, err := parsePrefix(address); err != nil {
			refuse("OUTBOUND_ALLOW", "%q is neither an IP address nor a CIDR, e.g. 10.1.2.0/24", address)
		}
	}
	if s.Workers < 1 || s.Workers > 256 {
		refuse("WORKERS", "%d is not between 1 and 256", s.Workers)
	}
	if s.SegmentMemory < 16<<20 {
		refuse("SEGMENT_MEMORY", "%d bytes are too few; write at least 16MiB", s.SegmentMemory)
	}
	if s.Drain < 0 || s.Drain >= s.Grace {
		refuse("SHUTDOWN_DRAIN", "%s is not between 0s and COMEBACK_SHUTDOWN_GRACE, %s", s.Drain, s.Grace)
	}
	if s.Grace < time.Second || s.Grace > 10*time.Minute {
		refuse("SHUTDOWN_GRACE", "%s is not between 1s and 10m", s.Grace)
	}
}

func (l *Logs) check(refuse refuser) {
	if _, ok := l.level(); !ok {
		refuse("LOG_LEVEL", "%q is not one of debug, info, warn, error", l.LogLevel)
	}
	if !slices.Contains([]string{"auto", "json", "text"}, l.LogFormat) {
		refuse("LOG_FORMAT", "%q is not one of auto, json, text", l.LogFormat)
	}
}

func (l *Logs) level() (level slog.Level, ok bool) {
	err := level.UnmarshalText([]byte(l.LogLevel))
	return level, err == nil && slices.Contains([]string{"debug", "info", "warn", "error"}, l.LogLevel)
}

func (s *Storage) check(refuse refuser) {
	if s.Data == "" {
		refuse("DATA", "is empty; name a folder of the service's own, or leave it unset")
	}
	if (s.MongoURI == "") != (s.RedisAddr == "") {
		if s.MongoURI == "" {
			refuse("MONGO_URI", "set it too: Redis is the queue for work in MongoDB. Unset both for the embedded ones")
		} else {
			refuse("REDIS_ADDR", "set it too: several processes need one queue. Unset both for the embedded ones")
		}
	}
	if s.MongoURI != "" && s.mongoDatabase() == "" {
		refuse("MONGO_URI", "names no database; write it as the path, e.g. mongodb://host:27017/comeback")
	}
	if _, err := jobs.ParseRedis(s.RedisAddr); s.RedisAddr != "" && err != nil {
		refuse("REDIS_ADDR", "%s", err)
	}
	s.checkRetention(refuse)
	if s.MongoURI != "" && s.SecretKey == "" {
		refuse("SECRET_KEY", "set it with MongoDB, the same in every process: openssl rand -base64 32")
	}
	if _, err := decodeKey(s.SecretKey); s.SecretKey != "" && err != nil {
		refuse("SECRET_KEY", "%s", err)
	}
}

// mongoDatabase is the name of the database in the path of MongoURI; "" where there
// is none.
func (s *Storage) mongoDatabase() string {
	rest, found := strings.CutPrefix(s.MongoURI, "mongodb://")
	if !found {
		if rest, found = strings.CutPrefix(s.MongoURI, "mongodb+srv://"); !found {
			return ""
		}
	}
	// Not url.Parse: a replica set's hosts are separated by commas.
	_, path, _ := strings.Cut(rest, "/")
	name, _, _ := strings.Cut(path, "?")
	if strings.ContainsAny(name, `/\. "$`) {
		return ""
	}
	return name
}

func (r *Relay) check(refuse refuser) {
	if r.Mailbox != "" && !isAddress(r.MailboxPages) {
		refuse("MAILBOX_PAGES", "%q is not host:port, e.g. 127.0.0.1:8025", r.MailboxPages)
	}
	if r.SMTPHost != "" && r.Mailbox != "" {
		refuse("MAILBOX", "unset it or COMEBACK_SMTP_HOST: mail is either delivered or caught")
	}
	if r.Mailbox != "" && !isAddress(r.Mailbox) {
		refuse("MAILBOX", "%q is not host:port, e.g. 127.0.0.1:1025", r.Mailbox)
	}
	for name, rate := range map[string]float64{"SMTP_SHOP_RATE": r.SMTPShopRate, "SMTP_DOMAIN_RATE": r.SMTPDomainRate} {
		if !(rate == 0 || rate >= slowestRate && rate <= fastestRate) {
			refuse(name, "%g is neither 0 (no limit) nor between %g and %g mails a second", rate, slowestRate, fastestRate)
		}
	}
	if r.SMTPHost == "" {
		return
	}
	var joined interface{ Unwrap() []error }
	if err := r.settings().Validate(); errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			field, text, _ := strings.Cut(e.Error(), ": ")
			refuse(relayNames[field], "%s", text)
		}
	}
}

// The rates that a limit may have, in mails a second.
const slowestRate, fastestRate = 0.001, 100_000.0

// relayNames are the settings of the fields of email.Settings.
var relayNames = map[string]string{
	"Host": "SMTP_HOST", "Port": "SMTP_PORT", "Username": "SMTP_USER", "TLS": "SMTP_TLS",
	"Connections": "SMTP_CONNECTIONS", "ShopConnections": "SMTP_SHOP_CONNECTIONS", "DomainConnections": "SMTP_DOMAIN_CONNECTIONS",
	"HelloName": "SMTP_HELLO",
}

func (r *Relay) settings() email.Settings {
	return email.Settings{
		Host: r.SMTPHost, Port: r.SMTPPort, Username: r.SMTPUser, Password: r.SMTPPassword,
		TLS: email.TLSMode(r.SMTPTLS), Connections: r.SMTPConnections, HelloName: r.SMTPHello,
		ShopConnections: r.SMTPShop, DomainConnections: r.SMTPDomain,
	}
}

func isAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil || strings.ContainsAny(host, "/@ ") {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil && port != ""
}

func isBaseURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func isProxy(text string) bool {
	_, err := parsePrefix(text)
	return err == nil
}

// parsePrefix reads an IP address or a CIDR.
func parsePrefix(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// outbound are the addresses that webhooks may call although they are not public.
func (s *Service) outbound() []netip.Prefix {
	list := make([]netip.Prefix, 0, len(s.OutboundAllow))
	for _, text := range s.OutboundAllow {
		if p, err := parsePrefix(text); err == nil { // checked when the settings were read
			list = append(list, p)
		}
	}
	return list
}
