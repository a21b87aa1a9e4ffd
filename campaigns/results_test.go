package campaigns_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
)

// tally is a campaign of two steps to 900 treated and 100 held out, 10 entries
// of which are not ripe yet. By hand: cost of the mails 1,350 x 0.2 = 270 cents,
// coupons 30.00; of the ripe ones 1,330 x 0.2 = 266 and 20.00.
func tally() campaigns.Tally {
	return campaigns.Tally{
		Campaign: "win-back", Currency: "EUR", Goal: "order.paid", Within: 7 * 24 * time.Hour, Window: 5 * 24 * time.Hour,
		MessagePrice: 200, Basis: campaigns.FromRate,
		Treated: bought(910, 900, 108, 900_000),
		Holdout: bought(100, 100, 5, 50_000),
		Ripe:    campaigns.Spending{Sent: 1330, Discount: 2_000},
		Steps: []campaigns.StepTally{
			{Step: "w1", Sent: 900, Delivered: 880, Opened: 220, MachineOpened: 300, Clicked: 44, MachineClicked: 20, Converted: 30,
				Revenue: 300_000, Margin: 150_000},
			{Step: "w2", Sent: 450, Delivered: 440, Opened: 110, Clicked: 22, Converted: 12, Revenue: 120_000, Margin: 60_000, Discount: 3_000},
		},
	}
}

// bought is an arm of customers who entered once, of whom some bought for the
// same sum each, at a margin of half of it.
func bought(entered, ripe, buyers, revenue int64) campaigns.ArmTally {
	each := float64(revenue) / float64(buyers)
	return campaigns.ArmTally{
		Entered: entered, Ripe: ripe, Customers: ripe, Converted: buyers, Reached: buyers, Buyers: buyers, Revenue: revenue, Margin: revenue / 2,
		ConvertedSquares: float64(buyers), RevenueSquares: each * each * float64(buyers), MarginSquares: each * each * float64(buyers) / 4,
	}
}

func near(t testing.TB, name string, got campaigns.Figure, want, tolerance float64) {
	t.Helper()
	if !got.Known || math.Abs(got.Value-want) > tolerance {
		t.Errorf("%s: got %+v, want %v", name, got, want)
	}
}

// Each figure of the table equals the one computed by hand, and names what it
// is a share of.
func TestResultsByHand(t *testing.T) {
	t.Parallel()
	r := campaigns.NewResults(tally())
	if r.Entered != 1010 || r.HeldOut != 100 {
		t.Errorf("got %d entered, %d held out, want 1010 and 100", r.Entered, r.HeldOut)
	}
	if diff := cmp.Diff(r.Total.StepTally, campaigns.StepTally{
		Sent: 1350, Delivered: 1320, Opened: 330, MachineOpened: 300, Clicked: 66, MachineClicked: 20,
		Converted: 42, Revenue: 420_000, Margin: 210_000, Discount: 3_000,
	}); diff != "" {
		t.Errorf("total: got, want:\n%s", diff)
	}
	near(t, "delivery", r.Steps[0].DeliveryRate, 880.0/900, 1e-12)
	near(t, "open", r.Total.OpenRate, 0.25, 1e-12)
	near(t, "click", r.Total.ClickRate, 0.05, 1e-12)
	near(t, "click to open", r.Total.ClickToOpen, 0.2, 1e-12)
	near(t, "conversion", r.Total.ConversionRate, 42.0/1320, 1e-12)
	if r.Total.Cost.Minor != 3270 || r.Steps[0].Cost.Minor != 180 {
		t.Errorf("cost: got %s and %s, want 32.70 and 1.80", r.Total.Cost, r.Steps[0].Cost)
	}
	near(t, "naive ROI", r.Total.ROI, (210_000.0-3_270)/3_270, 1e-9)
	near(t, "naive ROAS", r.Total.ROAS, 420_000.0/3_270, 1e-9)

	c := r.Comparison
	near(t, "treated", c.Treated.GoalRate, 0.12, 1e-12)
	near(t, "held out", c.Holdout.GoalRate, 0.05, 1e-12)
	near(t, "lift", c.Lift, 0.07, 1e-12)
	near(t, "incremental orders", c.Orders, 63, 1e-9)
	near(t, "difference of means", c.MeanDifference, 500, 1e-9) // 10.00 - 5.00
	near(t, "incremental revenue", c.Revenue, 450_000, 1e-6)    // 5.00 x 900
	near(t, "incremental margin", c.Margin, 225_000, 1e-6)      // (5.00 - 2.50) x 900
	near(t, "ROI", c.ROI, (225_000.0-2_266)/2_266, 1e-9)
	if c.Cost.Minor != 2266 {
		t.Errorf("cost of the ripe entries: got %s, want 22.66", c.Cost)
	}
	// Newcombe, method 10: 108/900 by Wilson 0.1004 to 0.1429, 5/100 by Wilson 0.0215 to 0.1118.
	near(t, "lift's low", campaigns.Figure{Known: true, Value: c.Lift.Low}, 0.07-math.Hypot(0.12-0.10040, 0.11175-0.05), 1e-4)
	near(t, "lift's high", campaigns.Figure{Known: true, Value: c.Lift.High}, 0.07+math.Hypot(0.14285-0.12, 0.05-0.02154), 1e-4)
	// At a fixed margin the margin's interval is the revenue's, and the ROI's is the margin's over the cost.
	near(t, "margin's low", campaigns.Figure{Known: true, Value: c.Margin.Low}, c.Revenue.Low/2, 1e-6)
	near(t, "ROI's high", campaigns.Figure{Known: true, Value: c.ROI.High}, (c.Margin.High-2_266)/2_266, 1e-9)
	for name, f := range map[string]struct{ got, want string }{
		"delivery": {r.Total.DeliveryRate.Of, "sent"}, "open": {r.Total.OpenRate.Of, "delivered"}, "click": {r.Total.ClickRate.Of, "delivered"},
		"CTOR": {r.Total.ClickToOpen.Of, "opened"}, "ROI": {r.Total.ROI.Of, "cost"},
		"goal": {c.Treated.GoalRate.Of, "customers with their goal window over"},
	} {
		if f.got != f.want {
			t.Errorf("%s: got of %q, want of %q", name, f.got, f.want)
		}
	}
}

// A figure that is not readable yet, or does not exist, has a reason.
func TestUnreadableFigures(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*campaigns.Tally)
		text   string
		reason string
	}{
		"readable":   {func(*campaigns.Tally) {}, "€4,500.00", ""},
		"no holdout": {func(t *campaigns.Tally) { t.Holdout = campaigns.ArmTally{} }, "-", "nobody is held out"},
		"no goal":    {func(t *campaigns.Tally) { t.Goal = "" }, "-", "no goal"},
		"nine would be held out": {func(t *campaigns.Tally) { t.Treated.Reached = 94 }, "not readable yet",
			"99 customers reached the goal and 10.0 % of all are held out: 9.9 of them would be, at least 10"},
		"nine buyers would be": {func(t *campaigns.Tally) { t.Treated.Buyers = 94 }, "not readable yet", "99 customers bought"},
		"few held out, many sales": {func(t *campaigns.Tally) { t.Holdout = bought(9, 9, 0, 1) }, "not readable yet",
			"108 customers bought and 1.0 % of all are held out: 1.1 of them"},
		"nobody's window over": {func(t *campaigns.Tally) { t.Holdout.Customers = 0 }, "-", "older than the goal's window of 7 days"},
	}
	for name, c := range cases {
		in := tally()
		c.change(&in)
		got := campaigns.NewResults(in).Comparison.Revenue
		if got.Text("EUR") != c.text || !strings.Contains(got.Reason, c.reason) || (c.reason == "") != (got.Reason == "") {
			t.Errorf("%s: got %q (%s), want %q (%s)", name, got.Text("EUR"), got.Reason, c.text, c.reason)
		}
	}
	r := campaigns.NewResults(campaigns.Tally{Currency: "EUR"})
	if got := r.Total.OpenRate.Full("EUR"); got != "- (none delivered)" {
		t.Errorf("got %q", got)
	}
}

// Without a cost there is no return on it: "-", naive and incremental.
func TestNoCostNoROI(t *testing.T) {
	t.Parallel()
	in := tally()
	in.MessagePrice, in.Steps[1].Discount, in.Ripe.Discount = 0, 0, 0
	r := campaigns.NewResults(in)
	for name, f := range map[string]campaigns.Figure{"ROI": r.Total.ROI, "ROAS": r.Total.ROAS, "incremental ROI": r.Comparison.ROI} {
		if f.Text("EUR") != "-" || f.Reason != "no cost" {
			t.Errorf("%s: got %q (%s), want - (no cost)", name, f.Text("EUR"), f.Reason)
		}
	}
}

// The windows and where the margin comes from are printed with the figures.
func TestResultNotes(t *testing.T) {
	t.Parallel()
	in := tally()
	in.MarginBP, in.OpensCount = 4500, true
	got := strings.Join(campaigns.NewResults(in).Notes, "\n")
	for _, want := range []string{
		"order.paid within 7 days", "attribution window: 5 days", "opens earn credit", "unit costs are not known, so 45 % of the sale",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want in it %q", got, want)
		}
	}
	in.Basis = campaigns.FromBoth
	in.MarginBP = 0
	if got := strings.Join(campaigns.NewResults(in).Notes, "\n"); !strings.Contains(got, "else 100 % of the sale") {
		t.Errorf("got %q", got)
	}
}

// Kevin Hillstrom's worked example: of ten mailed four buy, of ten held out two;
// the mail brought 20 % more, not 40 %.
func TestMailedAgainstHoldout(t *testing.T) {
	t.Parallel()
	var toy struct {
		Mailed, Holdout struct {
			Customers int64
			Buyers    []string
		}
		Published struct {
			Incremental float64 `json:"incremental_response_rate"`
			Naive       float64 `json:"naive_matchback_response_rate"`
		}
	}
	if err := json.NewDecoder(sharedData(t, "uplift_toy/mailed_vs_holdout.json")).Decode(&toy); err != nil {
		t.Fatal(err)
	}
	arm := func(customers int64, buyers []string) campaigns.ArmTally {
		return bought(customers, customers, int64(len(buyers)), 1)
	}
	r := campaigns.NewResults(
		campaigns.Tally{
			Goal: "order.paid", Treated: arm(toy.Mailed.Customers, toy.Mailed.Buyers),
			Holdout: arm(toy.Holdout.Customers, toy.Holdout.Buyers),
		},
	)
	near(t, "incremental", r.Comparison.Lift, toy.Published.Incremental, 1e-12)
	near(t, "naive", r.Comparison.Treated.GoalRate, toy.Published.Naive, 1e-12)
	if got := r.Comparison.Lift.Text("EUR"); got != "not readable yet" {
		t.Errorf("twenty customers: got %q, want not readable yet", got)
	}
}
