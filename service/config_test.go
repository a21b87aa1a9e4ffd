package service

import (
	"bytes"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
)

// Without any setting the service runs with its own database and queue, on this
// machine only.
func TestDefaultsNeedNothing(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig([]string{"HOME=/root", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Service.Role, c.Service.Listen, c.Storage.Data, c.Storage.MongoURI, c.Relay.Mailbox}
	if diff := cmp.Diff(got, []string{"all", "127.0.0.1:8080", "comeback-data", "", ""}); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
}

// All mistakes in the settings are reported at once, each with the name of its
// variable.
func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := LoadConfig([]string{
		"COMEBACK_LISTEN=8080", "COMEBACK_PUBLIC_URL=comeback.example.com", "COMEBACK_TRUSTED_PROXIES=10.0.0.0/8,proxy",
		"COMEBACK_WORKERS=0", "COMEBACK_LOG_LEVEL=loud", "COMEBACK_MONGO_URI=mongodb://db", "COMEBACK_SMTP_HOST=relay",
		"COMEBACK_SMTP_TLS=maybe", "COMEBACK_SECRET_KEY=short",
	})
	if commerce.CodeOf(err) != commerce.Invalid {
		t.Fatalf("got %v, want invalid", err)
	}
	lines := strings.Split(err.Error(), "\n")[1:]
	var named []string
	for _, line := range lines {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		named = append(named, strings.TrimPrefix(name, SettingPrefix))
	}
	slices.Sort(named)
	want := []string{"LISTEN", "LOG_LEVEL", "MONGO_URI", "PUBLIC_URL", "REDIS_ADDR", "SECRET_KEY", "SMTP_TLS", "TRUSTED_PROXIES", "WORKERS"}
	if diff := cmp.Diff(named, want); diff != "" {
		t.Errorf("got, want:\n%s\n%v", diff, err)
	}
	if strings.Contains(err.Error(), "short") {
		t.Error("the message repeats the secret")
	}
}

// Each rule of the settings, one mistake at a time.
func TestSettingsAreRefusedWithTheRemedy(t *testing.T) {
	t.Parallel()
	key := "COMEBACK_SECRET_KEY=" + strings.Repeat("ab", 32)
	for name, test := range map[string]struct {
		env  []string
		want string
	}{
		"a misspelt name is no setting": {
			[]string{"COMEBACK_LISTN=:80"}, "COMEBACK_LISTN: no such setting; did you mean COMEBACK_LISTEN?",
		},
		"a name like nothing is no setting": {[]string{"COMEBACK_QZJXVW=1"}, "COMEBACK_QZJXVW: no such setting; remove it"},
		"a number has to be one": {
			[]string{"COMEBACK_WORKERS=many"}, "COMEBACK_WORKERS: not a whole number, write for example 8",
		},
		"a duration has a unit": {
			[]string{"COMEBACK_SHUTDOWN_GRACE=30"}, "COMEBACK_SHUTDOWN_GRACE: not a duration, write for example 30s",
		},
		"an amount of memory has a unit that is one": {
			[]string{"COMEBACK_SEGMENT_MEMORY=1 gig"}, "COMEBACK_SEGMENT_MEMORY: not a size, write for example 1GiB",
		},
		"an amount of memory is not beyond all": {
			[]string{"COMEBACK_SEGMENT_MEMORY=9999999999999GiB"}, "COMEBACK_SEGMENT_MEMORY: not a size",
		},
		"an index needs some memory":          {[]string{"COMEBACK_SEGMENT_MEMORY=12"}, "COMEBACK_SEGMENT_MEMORY: 12 bytes are too few"},
		"roles are three":                     {[]string{"COMEBACK_ROLE=king"}, `COMEBACK_ROLE: "king" is not one of all, api, worker`},
		"the embedded service is one process": {[]string{"COMEBACK_ROLE=worker"}, "COMEBACK_ROLE: \"worker\" needs COMEBACK_MONGO_URI"},
		"Redis alone holds no truth":          {[]string{"COMEBACK_REDIS_ADDR=redis:6379"}, "COMEBACK_MONGO_URI: set it too"},
		"MongoDB needs a queue": {
			[]string{"COMEBACK_MONGO_URI=mongodb://db/comeback", key, "COMEBACK_PUBLIC_URL=https://x"},
			"COMEBACK_REDIS_ADDR: set it too",
		},
		"MongoDB needs a key all processes share": {
			[]string{"COMEBACK_MONGO_URI=mongodb://a,b/comeback?replicaSet=rs0", "COMEBACK_REDIS_ADDR=r:1", "COMEBACK_PUBLIC_URL=https://x"},
			"COMEBACK_SECRET_KEY: set it with MongoDB",
		},
		"mail is delivered or caught": {
			[]string{"COMEBACK_SMTP_HOST=relay", "COMEBACK_MAILBOX=:1025"}, "COMEBACK_MAILBOX: unset it or COMEBACK_SMTP_HOST",
		},
		"a password is never sent in the clear": {
			[]string{"COMEBACK_SMTP_HOST=relay", "COMEBACK_SMTP_USER=u", "COMEBACK_SMTP_PASSWORD=p", "COMEBACK_SMTP_TLS=none"},
			"COMEBACK_SMTP_TLS: none would send the password",
		},
		"Redis is an address": {
			[]string{"COMEBACK_REDIS_ADDR=http://r", "COMEBACK_MONGO_URI=mongodb://db/x", key, "COMEBACK_PUBLIC_URL=https://x"},
			"COMEBACK_REDIS_ADDR: not an address of Redis",
		},
		"links in mails need the public address": {
			[]string{"COMEBACK_MONGO_URI=mongodb://db/x", key, "COMEBACK_REDIS_ADDR=r:1"}, "COMEBACK_PUBLIC_URL: set it with MongoDB",
		},
		"metrics of their own are on another address": {[]string{"COMEBACK_METRICS_LISTEN=127.0.0.1:8080"}, "COMEBACK_METRICS_LISTEN:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := LoadConfig(test.env)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// The settings of compose.yaml are a complete production configuration.
func TestProductionSettings(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig([]string{
		"COMEBACK_MONGO_URI=mongodb://u:p@a:27017,b:27017/comeback?replicaSet=rs0", "COMEBACK_REDIS_ADDR=redis:6379", "COMEBACK_LISTEN=:8080",
		"COMEBACK_SECRET_KEY=" + strings.Repeat("ab", 32), "COMEBACK_PUBLIC_URL=https://comeback.example.com/", "COMEBACK_DATA=/data",
		"COMEBACK_TRUSTED_PROXIES=10.0.0.0/8,192.0.2.1", "COMEBACK_TEST_ANYTHING=1",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Storage.mongoDatabase(), c.Storage.RedisAddr, c.Service.PublicURL, strings.Join(c.Service.TrustedProxies, " ")}
	if diff := cmp.Diff(got, []string{"comeback", "redis:6379", "https://comeback.example.com", "10.0.0.0/8 192.0.2.1"}); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
}

// Memory is written in bytes, or with a unit.
func TestMemorySetting(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]memorySize{
		"": 1 << 30, "67108864": 64 << 20, "512MB": 512e6, "512MiB": 512 << 20, "2GB": 2e9, "65536KiB": 64 << 20,
	} {
		c, err := LoadConfig([]string{"COMEBACK_SEGMENT_MEMORY=" + text})
		if err != nil || c.Service.SegmentMemory != want {
			t.Errorf("%q: got %d, %v, want %d", text, c.Service.SegmentMemory, err, want)
		}
	}
}

// Field names are unique, because errors find their variable by them, and each
// setting has a line of help.
func TestSettingsAreUniqueAndExplained(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range Settings() {
		if seen[s.field] || seen[s.Name] || s.Help == "" || s.Name == SettingPrefix {
			t.Errorf("%s (%s): named twice or not explained", s.Name, s.field)
		}
		seen[s.field], seen[s.Name] = true, true
	}
}

// All mistakes in the settings are reported at once: unknown names, unreadable values
// and wrong ones.
func TestAllMistakesInSettingsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := LoadConfig([]string{"COMEBACK_LISTENS=x", "COMEBACK_WORKERS=many", "COMEBACK_ROLE=boss", "COMEBACK_LOG_LEVEL=loud"})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, name := range []string{"COMEBACK_LISTENS: no such", "COMEBACK_WORKERS: not a", "COMEBACK_ROLE: ", "COMEBACK_LOG_LEVEL: "} {
		if strings.Count(err.Error(), name) != 1 {
			t.Errorf("got %v, want %q once", err, name)
		}
	}
	if strings.Count(err.Error(), "COMEBACK_WORKERS") != 1 {
		t.Errorf("got %v, want each mistake once", err)
	}
}

// A mailbox whose port is taken names its setting.
func TestATakenMailboxPortNamesItsSetting(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	free := Relay{Mailbox: taken.Addr().String(), MailboxPages: "127.0.0.1:0", SMTPConnections: 1}
	if _, err := openRelay(free, RoleAll, nil, time.Now, log); err == nil || !strings.Contains(err.Error(), "COMEBACK_MAILBOX: ") {
		t.Errorf("got %v, want the setting's name", err)
	}
	for role, warned := range map[string]bool{roleAPI: false, roleWorker: true, RoleAll: true} {
		said.Reset()
		if _, err := openRelay(Relay{}, role, nil, time.Now, log); err != nil || strings.Contains(said.String(), "no relay") != warned {
			t.Errorf("role %s: got %v, %q; want a warning: %v", role, err, &said, warned)
		}
	}
}
