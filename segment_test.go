package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/jobs"
	"comeback/segments/indexcache"
	"comeback/service"
)

var update = flag.Bool("update", false, "write the golden files")

// chineseShop is a bench with a shop of 120 customers. Those of Beijing buy
// milk powder, the others anything else.
func chineseShop(t *testing.T, env ...string) *bench {
	t.Helper()
	b := setup(t, append(env, "COMEBACK_SECRET_KEY="+strings.Repeat("ab", 32))...)
	held := func() time.Time { return time.Date(2015, 11, 22, 4, 0, 0, 0, time.UTC) }
	b.now, b.wall = held, held
	var csv strings.Builder
	csv.WriteString("order,at,product,quantity,price,email,city,category\n")
	for n := range 360 {
		c := n % 120
		city, category := []string{"北京", "上海", "广州", "Köln"}[c%4], []string{"服饰 > 女装", "食品"}[n/120%2]
		if c%4 == 0 {
			category = "母婴 > 奶粉"
		} else if n >= 120 && c%3 > 0 {
			continue
		}
		fmt.Fprintf(&csv, "%d,2015-%02d-%02d 09:30,p%d,%d,%d.50,c%d@example.com,%s,%s\n",
			n, 1+n%10, 1+n%27, c%5, 1+n%3, 10+n%50, c, city, category)
	}
	file := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(file, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	columns := "order=order,at=at,product=product,quantity=quantity,price=price,email=email,city=city,category=category"
	b.wants(t, 0, "120 profiles", "import", "--shop", "cn", "--currency", "CNY", "--zone", "Asia/Shanghai", "--market", "cn",
		"--map", columns, file)
	return b
}

// sweep scores the customers, as a service does within seconds of its start.
// Before that they have no scores.
func (b *bench) sweep(t *testing.T) {
	t.Helper()
	config, err := service.LoadConfig(b.env)
	if err != nil {
		t.Fatal(err)
	}
	log := service.NewLogger(config.Logs, b.stderr)
	db, err := service.OpenDatabase(t.Context(), config.Storage, b.process(), log)
	if err != nil {
		t.Fatal(err)
	}
	indexes := indexcache.New(db.Store, 1<<30, b.wall)
	parts := jobs.SegmentsParts{Indexes: indexes, Store: db.Store, Now: b.now, Wall: b.wall, Log: log}
	if _, err := jobs.NewSegments(parts).Sweep(t.Context(), "cn"); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// golden compares the output of a command line with testdata/segment, or writes
// it.
func (b *bench) golden(t *testing.T, write bool, code int, name, file string, args ...string) {
	t.Helper()
	b.stdin = strings.NewReader(file)
	b.wants(t, code, "", append([]string{"segment"}, args...)...)
	got, path := append(b.out.Bytes(), b.err.Bytes()...), filepath.Join("testdata", "segment", name+".txt")
	if write {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.ReplaceAll(got, []byte("\r"), nil)), string(want)); diff != "" {
		t.Errorf("%s: got, want: %s", name, diff)
	}
}

const (
	ofBeijing = `{"field": "customer.city", "op": "is", "value": "北京"}`
	regulars  = `{"schema": 1, "id": "regulars", "name": "Regulars", "condition": {"all": [` +
		`{"event": "order.paid", "count": {"gte": 3}, "last": {"days": 365}}, {"not": ` + ofBeijing + `}]}}`
	misspelt = "{\"all\": [\n  {\"field\": \"customer.citi\", \"op\": \"is\", \"value\": \"x\"},\n" +
		"  {\"field\": \"orders.count\", \"op\": \"gte\", \"value\": \"x\"}]}"
	unlikely    = `{"field": "orders.count", "op": "gt", "value": 1000}`
	knownToMany = `{"field": "customer.city", "op": "set"}`
)

// The segment commands print for people: numbers in aligned columns in any
// script, reasons as a tree, mistakes with their places. The output is the same
// with and without a running service.
func TestSegmentCommandsPrintForPeople(t *testing.T) {
	t.Parallel()
	b := chineseShop(t, "COMEBACK_LISTEN=127.0.0.1:0")
	ask := func(t *testing.T, write bool) {
		t.Helper()
		b.golden(t, write, 0, "count", ofBeijing, "count", "-")
		b.golden(t, write, 0, "count_notes", regulars, "count", "--shop", "cn", "-")
		b.golden(t, write, exitUsage, "misspelt", misspelt, "count", "-")
		b.golden(t, write, 0, "explain", ofBeijing, "explain", "-", "1")
		b.golden(t, write, 0, "near_miss", regulars, "explain", "-", "2")
		b.golden(t, write, 0, "profile", ofBeijing, "profile", "--top", "12", "-")
		b.golden(t, write, 0, "profile_days", ofBeijing, "profile", "--days", "60", "--top", "3", "-")
		b.golden(t, write, 0, "profile_everybody", knownToMany, "profile", "-")
		b.golden(t, write, 0, "profile_nobody", unlikely, "profile", "-")
	}
	ask(t, *update)
	b.sweep(t)
	_, end := b.running(t)
	ask(t, false)
	end()
}

// A segment command names what is missing, and with --json prints the API's
// answer.
func TestSegmentCommandsNameWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := filepath.Join(t.TempDir(), "f.json")
	if err := os.WriteFile(file, []byte(ofBeijing), 0o600); err != nil {
		t.Fatal(err)
	}
	b.wants(t, exitUsage, "--shop: there is no shop yet", "segment", "count", file)
	b = chineseShop(t)
	b.wants(t, exitFailed, "not found", "segment", "count", "--shop", "acme", file)
	b.wants(t, exitFailed, "customer 999: not found in this shop", "segment", "explain", file, "999")
	b.wants(t, exitFailed, "not found in this shop", "segment", "explain", file, "cn:email:x")
	b.wants(t, exitUsage, "no such file", "segment", "count", file+"x")
	b.wants(t, exitUsage, "top: write a number from 1 to 500", "segment", "profile", "--top", "0", file)
	b.wants(t, 0, `{"size":30,"base":120,"share":0.25,`, "segment", "count", "--json", file)
	b.wants(t, 0, `"traits":[{`, "segment", "profile", "--json", file)
	b.wants(t, 0, "Available Commands", "segment")
}

// Text is as wide as a terminal draws it.
func TestColumnsAreThoseOfATerminal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "Köln": 4, "Ko\u0308ln": 4, "北京": 4, "母婴 > 奶粉": 11, "（a）": 5, "カタカナ": 8, "한국": 4, "a\u200bb": 2, "🎁": 2,
	} {
		if got := columnsOf(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
	for _, c := range [][2]string{{"北京上海", "北京…"}, {"北京", "北京"}, {"abcdefg", "abcde"[:4] + "…"}} {
		if got := clipWide(c[0], 5); got != c[1] {
			t.Errorf("%q: got %q, want %q", c[0], got, c[1])
		}
	}
}
