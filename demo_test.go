package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/demo"
	"comeback/service"
)

// The demo's figures agree with the service: as many mails as the mailbox
// caught, as many opens and clicks by people as stored touches, and the
// purchases and revenue of the received orders.
func TestDemoFiguresAgreeWithTheService(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := demoProgram(&out)
	options := demo.Options{Seed: 5, Days: 12, Customers: 150, Start: demoBegins(), TimeLimit: time.Hour}
	clock := demo.NewClock(options.Opens(), time.Now)
	host, err := p.demoService(t.Context(), demoSettings(nil, t.TempDir(), options.Seed), clock)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var group errgroup.Group
	group.Go(func() error { return host.Run(ctx) })
	if err := demo.Show(ctx, p.demoStage(host, clock), options, time.Now()); err != nil {
		t.Fatal(err)
	}
	got := tableOf(t, out.String())
	want, orders := countedResults(t, host)
	if d := cmp.Diff(got, want); d != "" {
		t.Errorf("got, want: %s\n%s", d, out.String())
	}
	if counts := fmt.Sprintf("%d orders, %d mails", orders, host.Mailbox().Caught()); !strings.Contains(out.String(), counts) {
		t.Errorf("got %s, want %s in it", out.String(), counts)
	}
	for _, column := range []int{0, 2, 3, 4, 5} {
		for name, row := range want {
			if row[column] == "0" && name != "thirty-day-follow-up" {
				t.Errorf("%s: column %d is 0: the demo shows nothing", name, column)
			}
		}
	}
	stop()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if err := host.Close(); err != nil {
		t.Error(err)
	}
}

// The same seed gives the same table, another seed another one.
func TestDemoDependsOnItsSeedOnly(t *testing.T) {
	t.Parallel()
	tables := make([]string, 3)
	var group errgroup.Group
	for i, seed := range []uint64{1, 1, 2} {
		group.Go(func() error {
			var out bytes.Buffer
			err := demoProgram(&out).demo(t.Context(), demo.Options{Seed: seed, Days: 3, Customers: 100, TimeLimit: time.Hour}, true)
			for line := range strings.Lines(out.String()) {
				for _, name := range []string{"unpaid-reminder", "thirty-day-follow-up", "win-back"} {
					if strings.HasPrefix(strings.TrimSpace(line), name) {
						tables[i] += line
					}
				}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tables[0], tables[1]); d != "" || tables[0] == "" {
		t.Errorf("one seed: got, want: %s", d)
	}
	if tables[0] == tables[2] {
		t.Errorf("two seeds gave one table:\n%s", tables[0])
	}
}

func demoProgram(out io.Writer) *program {
	return &program{stdin: strings.NewReader(""), stdout: out, stderr: io.Discard, now: time.Now, wall: time.Now}
}

// tableOf reads the table's columns: entered, held out, sent, opened, clicked,
// purchases, revenue.
func tableOf(t testing.TB, out string) map[string][]string {
	t.Helper()
	rows := map[string][]string{}
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) > 9 && !strings.HasSuffix(f[0], ":") && f[8] == demo.Currency {
			rows[f[0]] = f[1:8]
		}
	}
	if len(rows) != 3 {
		t.Fatalf("got no table of three campaigns in %s", out)
	}
	return rows
}

// countedResults counts the same figures from the mails, the touches and the
// orders.
func countedResults(t testing.TB, host *service.Stepped) (rows map[string][]string, placed int) {
	t.Helper()
	ctx, rows := t.Context(), map[string][]string{}
	totals := map[string]int64{}
	orders, _, err := host.Store().ListOrders(ctx, demo.Shop, commerce.OrderFilter{}, "", 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		if !o.Imported {
			placed++
			totals[o.ID] = o.Total.Minor
		}
	}
	for _, name := range []string{"unpaid-reminder", "thirty-day-follow-up", "win-back"} {
		c := countedCampaign(t, host, name)
		conversions, err := host.Store().Conversions(ctx, demo.Shop, name, nil, 100_000)
		if err != nil {
			t.Fatal(err)
		}
		var revenue int64
		for _, v := range conversions {
			revenue += totals[v.ID]
		}
		rows[name] = append(c, fmt.Sprint(len(conversions)), eurosOf(revenue))
	}
	return rows, placed
}

func countedCampaign(t testing.TB, host *service.Stepped, name string) []string {
	t.Helper()
	ctx := t.Context()
	enrolments, err := host.Store().Enrolments(ctx, demo.Shop, name, nil, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	heldOut := map[string]bool{}
	for _, e := range enrolments {
		if e.Arm == campaigns.HeldOut {
			heldOut[e.ID] = true
		}
	}
	var sent, opened, clicked int
	for _, m := range host.Mailbox().Mails(0) {
		if strings.HasPrefix(m.Content().Header.Get("Feedback-Id"), name+":") {
			sent++
		}
	}
	messages, err := host.Store().Messages(ctx, demo.Shop, name, "", campaigns.Sent, nil, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		touches, err := host.Store().TouchesOf(ctx, demo.Shop, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		campaigns.Judge(touches, m.SentAt, len(m.Links))
		did := map[campaigns.TouchKind]int{}
		for _, x := range touches {
			if x.Class == campaigns.HumanAgent {
				did[x.Kind] = 1
			}
		}
		opened += did[campaigns.Opened]
		clicked += did[campaigns.Clicked]
		if heldOut[m.Enrolment] {
			t.Errorf("%s: a mail went to the holdout", m.ID)
		}
	}
	return []string{fmt.Sprint(len(enrolments)), fmt.Sprint(len(heldOut)), fmt.Sprint(sent), fmt.Sprint(opened), fmt.Sprint(clicked)}
}

func eurosOf(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// demoBegins is the first day of this run's demo.
func demoBegins() time.Time { return clocktest.All("demo").Truncate(24 * time.Hour) }
