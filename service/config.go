package service

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"comeback/commerce"
	"comeback/strictjson"
)

// SettingPrefix begins the name of every setting. Any other variable with this prefix
// is an error.
const SettingPrefix = "COMEBACK_"

// Config is every setting of the service, read from the environment once, at start.
// The help tags are the lines of docs/operations.md, which a test compares. Field
// names are unique across the groups, because errors find their variable by them.
type Config struct {
	Service Service
	Logs    Logs
	Storage Storage
	Relay   Relay
}

// Service are the settings of the process: its role, addresses and limits.
type Service struct {
	Role           string        `env:"ROLE" envDefault:"all" help:"what this process does: all, api or worker"`
	Listen         string        `env:"LISTEN" envDefault:"127.0.0.1:8080" help:"address of the HTTP server"`
	PublicURL      string        `env:"PUBLIC_URL" help:"public address of the service; required with MongoDB, else http:// and LISTEN"`
	TrustedProxies []string      `env:"TRUSTED_PROXIES" help:"IPs or CIDRs of reverse proxies whose X-Forwarded-For is trusted; empty: none"`
	MetricsListen  string        `env:"METRICS_LISTEN" help:"a second address for /metrics alone; empty: /metrics is on LISTEN"`
	Workers        int           `env:"WORKERS" envDefault:"8" help:"notifications worked on at once, 1 to 256"`
	SegmentMemory  memorySize    `env:"SEGMENT_MEMORY" envDefault:"1GiB" help:"most memory of all segment indexes; 250MB a million customers"`
	OutboundAllow  []string      `env:"OUTBOUND_ALLOW" help:"IPs or CIDRs that webhooks may call though not public, also by http"`
	Drain          time.Duration `env:"SHUTDOWN_DRAIN" envDefault:"2s" help:"how long a stop still takes requests while /readyz answers 503"`
	Grace          time.Duration `env:"SHUTDOWN_GRACE" envDefault:"30s" help:"how long a stop waits for work in progress"`
}

// Logs are the settings of the log.
type Logs struct {
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	LogFormat string `env:"LOG_FORMAT" envDefault:"auto" help:"json, text, or auto: text on a terminal"`
}

// Storage are the settings of the database and the queue, and the key of secrets.
type Storage struct {
	Data      string `env:"DATA" envDefault:"comeback-data" help:"folder of the embedded database, its key and the running service's address"`
	MongoURI  string `env:"MONGO_URI" help:"MongoDB with the database in the path, mongodb://host/comeback; empty: embedded"`
	RedisAddr string `env:"REDIS_ADDR" help:"Redis: host:port, or a redis, redis-sentinel or redis-cluster URI; with MONGO_URI"`
	SecretKey string `env:"SECRET_KEY" help:"32 random bytes in base64 or hex; needed with MongoDB, else made once in DATA/secret.key"`

	RetentionBodies      int `env:"RETENTION_BODIES" envDefault:"30" help:"days that bodies of read deliveries are stored; 0: for ever"`
	RetentionQuarantined int `env:"RETENTION_QUARANTINED" envDefault:"90" help:"the same for deliveries that could not be read"`
	RetentionEvents      int `env:"RETENTION_EVENTS" envDefault:"400" help:"days that handled events and deliveries are stored; 0: for ever"`
	RetentionTouches     int `env:"RETENTION_TOUCHES" envDefault:"400" help:"days that opens and clicks are stored one by one; 0: for ever"`
}

// Relay are the settings of mail: a relay, or a mailbox that delivers nothing.
type Relay struct {
	SMTPHost        string  `env:"SMTP_HOST" help:"mail relay; empty: no mail leaves"`
	SMTPPort        int     `env:"SMTP_PORT" envDefault:"587" help:"port of the relay"`
	SMTPUser        string  `env:"SMTP_USER" help:"user name at the relay; empty: no login"`
	SMTPPassword    string  `env:"SMTP_PASSWORD" help:"password at the relay"`
	SMTPTLS         string  `env:"SMTP_TLS" envDefault:"starttls" help:"starttls, implicit, opportunistic or none"`
	SMTPConnections int     `env:"SMTP_CONNECTIONS" envDefault:"10" help:"mails sent at once"`
	SMTPShop        int     `env:"SMTP_SHOP_CONNECTIONS" envDefault:"0" help:"mails of one shop sent at once; 0: no limit"`
	SMTPDomain      int     `env:"SMTP_DOMAIN_CONNECTIONS" envDefault:"0" help:"mails to one domain of recipients sent at once; 0: no limit"`
	SMTPShopRate    float64 `env:"SMTP_SHOP_RATE" envDefault:"0" help:"mails a second of one shop, on all workers together; 0: no limit"`
	SMTPDomainRate  float64 `env:"SMTP_DOMAIN_RATE" envDefault:"0" help:"mails a second to one domain of recipients; 0: no limit"`
	SMTPHello       string  `env:"SMTP_HELLO" help:"host name in EHLO; empty: the machine's"`
	Mailbox         string  `env:"MAILBOX" help:"address of a mail catcher instead of a relay, e.g. 127.0.0.1:1025; it delivers nothing"`
	MailboxPages    string  `env:"MAILBOX_PAGES" envDefault:"127.0.0.1:8025" help:"address of the pages that show the caught mails"`
}

// LoadConfig reads the settings from environ ("NAME=value" each) and checks them. The
// error is Invalid and lists every mistake on a line of its own.
func LoadConfig(environ []string) (Config, error) {
	var c Config
	values := env.ToMap(environ)
	wrong := unknownSettings(values)
	err := env.ParseWithOptions(&c, env.Options{Prefix: SettingPrefix, Environment: values})
	var many env.AggregateError
	if errors.As(err, &many) {
		for _, e := range many.Errors {
			wrong = append(wrong, unreadable(e))
		}
	} else if err != nil {
		wrong = append(wrong, err.Error())
	}
	for _, mistake := range c.check() {
		name, _, _ := strings.Cut(mistake, ":")
		// A value that cannot be read is not reported twice.
		if !slices.ContainsFunc(wrong, func(known string) bool { return strings.HasPrefix(known, name+":") }) {
			wrong = append(wrong, mistake)
		}
	}
	if len(wrong) > 0 {
		return Config{}, commerce.Errorf(commerce.Invalid, "settings:\n  %s", strings.Join(wrong, "\n  "))
	}
	return c, nil
}

// setting is one line of the table in docs/operations.md.
type setting struct{ Name, Default, Help, field string }

// Settings lists all settings in the order of Config, with their default and help.
func Settings() []setting {
	var list []setting
	config := reflect.TypeFor[Config]()
	for i := range config.NumField() {
		group := config.Field(i).Type
		for j := range group.NumField() {
			f := group.Field(j)
			list = append(list, setting{SettingPrefix + f.Tag.Get("env"), f.Tag.Get("envDefault"), f.Tag.Get("help"), f.Name})
		}
	}
	return list
}

// unknownSettings reports names that begin like a setting and are none: a misspelt
// setting would silently have its default. COMEBACK_TEST_ is for tests.
func unknownSettings(values map[string]string) []string {
	var known, wrong []string
	for _, s := range Settings() {
		known = append(known, s.Name)
	}
	for name := range values {
		if !strings.HasPrefix(name, SettingPrefix) || strings.HasPrefix(name, SettingPrefix+"TEST_") || slices.Contains(known, name) {
			continue
		}
		text := name + ": no such setting"
		if near := strictjson.Nearest(name, known); near != "" {
			text += "; did you mean " + near + "?"
		} else {
			text += "; remove it, or see docs/operations.md"
		}
		wrong = append(wrong, text)
	}
	slices.Sort(wrong)
	return wrong
}

// unreadable reports the variable whose text is not of its type.
func unreadable(err error) string {
	var parse env.ParseError
	if !errors.As(err, &parse) {
		return err.Error()
	}
	for _, s := range Settings() {
		if s.field == parse.Name {
			return fmt.Sprintf("%s: not a %s, write for example %s", s.Name, typeWord(parse.Type), s.Default)
		}
	}
	return err.Error()
}

func typeWord(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "duration"
	case reflect.TypeFor[memorySize]():
		return "size"
	case reflect.TypeFor[float64]():
		return "number"
	}
	return "whole number"
}
