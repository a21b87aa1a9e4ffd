package campaigns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

var markets = []commerce.Market{commerce.China, commerce.West}

// Every ready campaign is accepted as it comes, in its market, for every trade,
// in time zones of both; its tests pass; no hour of the day is left out.
func TestReadyCampaignsAreValid(t *testing.T) {
	t.Parallel()
	for _, market := range markets {
		for _, trade := range []string{"", "food", "electronics"} {
			for _, zone := range []string{"UTC", "Asia/Shanghai", "America/New_York"} {
				for _, ready := range readyOf(t, market, trade) {
					shop := commerce.Shop{Market: market, Zone: zone, Currency: "CNY"}
					c, problems := campaigns.Accept(ready.JSON, nil, shop)
					if c == nil || strings.Contains(list(problems), "is never sent") {
						t.Errorf("%s %s %s %s: got\n%s", market, trade, zone, ready.Name, list(problems))
					} else if c.ID != ready.Name {
						t.Errorf("id: got %s, want %s", c.ID, ready.Name)
					}
				}
			}
		}
	}
}

// Win-back waits for T2 of the shop's trade.
func TestReadyWinBackWaitsForTheTrade(t *testing.T) {
	t.Parallel()
	for trade, want := range map[string]int{"": 120, "unknown": 120, "apparel": 120, "food": 75, "electronics": 400} {
		last := readyOf(t, commerce.West, trade)[2]
		if c := parse(t, string(last.JSON)); c.Trigger.Lapse != want {
			t.Errorf("%q: got %d days, want %d", trade, c.Trigger.Lapse, want)
		}
	}
	if _, err := campaigns.Ready("moon", ""); commerce.CodeOf(err) != commerce.NotFound {
		t.Errorf("market moon: got %v, want not found", err)
	}
}

// An order placed unpaid at any minute of any hour of the day gets its reminder:
// not in quiet hours, not before it is five minutes old, not after it expired.
func TestEveryHourGetsItsReminder(t *testing.T) {
	t.Parallel()
	for _, market := range markets {
		file := string(readyOf(t, market, "")[0].JSON)
		open, _, _ := strings.Cut(file, ",\n  \"tests\"")
		for hour := range 24 {
			for _, minute := range []int{0, 1, 30, 44, 45, 50, 51, 59} {
				placed := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
				given := []string{fmt.Sprintf("%dm order.placed", int(placed/time.Minute))}
				result := play(t, open, given, nil, nil)
				if len(result.Sent) == 0 || result.Sent[0].Step != "r1" {
					t.Fatalf("%s, placed %v after 10:00: got %v, want r1", market, placed, result.Sent)
				}
				checkReminder(t, market, placed, result.Sent[0].At)
			}
		}
	}
}

func checkReminder(t testing.TB, market commerce.Market, placed, sent time.Duration) {
	t.Helper()
	clock := (sent + 10*time.Hour) % (24 * time.Hour) // tests begin at 10:00
	if market == commerce.China && (clock >= 23*time.Hour || clock < 8*time.Hour) {
		t.Errorf("placed %v: sent at %v, in quiet hours", placed, clock)
	}
	if age := sent - placed; age < 5*time.Minute || age > 12*time.Hour+15*time.Minute {
		t.Errorf("placed %v: sent after %v", placed, age)
	}
	if market == commerce.West && sent-placed != time.Hour {
		t.Errorf("placed %v: sent after %v, want 1h", placed, sent-placed)
	}
}

func readyOf(t testing.TB, market commerce.Market, trade string) []campaigns.ReadyCampaign {
	t.Helper()
	list, err := campaigns.Ready(market, trade)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if _, problems := campaigns.Parse(r.JSON); strictjson.Refused(problems) {
			t.Fatalf("%s: got %v", r.Name, problems)
		}
	}
	return list
}
