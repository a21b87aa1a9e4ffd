package campaigns_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
)

// tally is a campaign of two steps to 900 treated and 100 held out, 10 entries
// of which are not ripe yet. By hand: cost of the mails 1,350 x 0.2 = 270 cents,
// coupons 30.00.
func tally() campaigns.Tally {
	return campaigns.Tally{
		Campaign: "win-back", Currency: "EUR", Goal: "order.paid", Within: 7 * 24 * time.Hour, Window: 5 * 24 * time.Hour, MessagePrice: 200, Basis: campaigns.FromRate,
		Treated: campaigns.ArmTally{Entered: 910, Ripe: 900, Converted: 90, Revenue: 900_000, Margin: 450_000},
		Holdout: campaigns.ArmTally{Entered: 100, Ripe: 100, Converted: 5, Revenue: 50_000, Margin: 25_000},
		Steps: []campaigns.StepTally{
			{Step: "w1", Sent: 900, Delivered: 880, Opened: 220, MachineOpened: 300, Clicked: 44, MachineClicked: 20, Converted: 30, Revenue: 300_000, Margin: 150_000},
			{Step: "w2", Sent: 450, Delivered: 440, Opened: 110, Clicked: 22, Converted: 12, Revenue: 120_000, Margin: 60_000, Discount: 3_000},
		},
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
	if diff := cmp.Diff(r.Total.StepTally, campaigns.StepTally{Sent: 1350, Delivered: 1320, Opened: 330, MachineOpened: 300, Clicked: 66, MachineClicked: 20, Converted: 42, Revenue: 420_000, Margin: 210_000, Discount: 3_000}); diff != "" {
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
	near(t, "treated", c.Treated.GoalRate, 0.1, 1e-12)
	near(t, "held out", c.Holdout.GoalRate, 0.05, 1e-12)
	near(t, "lift", c.Lift, 0.05, 1e-12)
	near(t, "incremental orders", c.Orders, 45, 1e-9)
	near(t, "difference of means", c.MeanDifference, 500, 1e-9) // 10.00 - 5.00
	near(t, "incremental revenue", c.Revenue, 450_000, 1e-6)    // 5.00 x 900
	near(t, "incremental margin", c.Margin, 225_000, 1e-6)      // (5.00 - 2.50) x 900
	near(t, "ROI", c.ROI, (225_000.0-3_270)/3_270, 1e-9)        //
	deviation := math.Sqrt(0.1*0.9/900 + 0.05*0.95/100)         // Wald, unpooled
	near(t, "lift's interval", campaigns.Figure{Known: true, Value: c.Lift.Low}, 0.05-1.959963984540054*deviation, 1e-12)
	for name, f := range map[string]struct{ got, want string }{
		"delivery": {r.Total.DeliveryRate.Of, "sent"}, "open": {r.Total.OpenRate.Of, "delivered"}, "click": {r.Total.ClickRate.Of, "delivered"},
		"CTOR": {r.Total.ClickToOpen.Of, "opened"}, "ROI": {r.Total.ROI.Of, "cost"}, "goal": {c.Treated.GoalRate.Of, "entries with their goal window over"},
	} {
		if f.got != f.want {
			t.Errorf("%s: got of %q, want of %q", name, f.got, f.want)
		}
	}
}

// What cannot be read yet says so and why, and so does what does not exist.
func TestUnreadableFigures(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*campaigns.Tally)
		text   string
		reason string
	}{
		"readable":             {func(*campaigns.Tally) {}, "€4,500.00", ""},
		"no holdout":           {func(t *campaigns.Tally) { t.Holdout = campaigns.ArmTally{} }, "-", "nobody is held out"},
		"no goal":              {func(t *campaigns.Tally) { t.Goal = "" }, "-", "no goal"},
		"too few entries":      {func(t *campaigns.Tally) { t.Treated.Ripe = 899 }, "not readable yet", "999 entries with their goal window over, at least 1000"},
		"too small a holdout":  {func(t *campaigns.Tally) { t.Holdout.Ripe, t.Treated.Ripe = 49, 5000 }, "not readable yet", "49 held out"},
		"nobody's window over": {func(t *campaigns.Tally) { t.Holdout.Ripe = 0 }, "-", "older than the goal's window of 7 days"},
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
	in.MessagePrice, in.Steps[1].Discount = 0, 0
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
	for _, want := range []string{"order.paid within 7 days", "attribution window: 5 days", "opens earn credit", "unit costs are not known, so 45 % of the sale"} {
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
		return campaigns.ArmTally{Entered: customers, Ripe: customers, Converted: int64(len(buyers))}
	}
	r := campaigns.NewResults(campaigns.Tally{Goal: "order.paid", Treated: arm(toy.Mailed.Customers, toy.Mailed.Buyers), Holdout: arm(toy.Holdout.Customers, toy.Holdout.Buyers)})
	near(t, "incremental", r.Comparison.Lift, toy.Published.Incremental, 1e-12)
	near(t, "naive", r.Comparison.Treated.GoalRate, toy.Published.Naive, 1e-12)
	if got := r.Comparison.Lift.Text("EUR"); got != "not readable yet" {
		t.Errorf("twenty customers: got %q, want not readable yet", got)
	}
}

// A published e-mail test with a no-mail control: rates, intervals, incremental
// orders and revenue as computed independently.
func TestHillstrom(t *testing.T) {
	t.Parallel()
	type effect struct {
		Diff float64
		CI   []float64 `json:"ci95"`
		CIN  []float64 `json:"ci95_normal"`
	}
	var want struct {
		Uplift map[string]struct {
			Conversion effect  `json:"conversion_rate"`
			Spend      effect  `json:"spend_per_customer"`
			Orders     float64 `json:"incremental_orders"`
			Revenue    float64 `json:"incremental_revenue"`
		}
	}
	if err := json.NewDecoder(sharedData(t, "hillstrom_sample/expected_hillstrom_rows_mod4.json")).Decode(&want); err != nil {
		t.Fatal(err)
	}
	arms := hillstromArms(t)
	for _, mail := range []string{"Mens E-Mail", "Womens E-Mail"} {
		c := campaigns.NewResults(campaigns.Tally{Goal: "order.paid", Currency: "USD", Treated: *arms[mail], Holdout: *arms["No E-Mail"]}).Comparison
		w := want.Uplift[mail]
		near(t, mail+" lift", c.Lift, w.Conversion.Diff, 1e-9)
		near(t, mail+" orders", c.Orders, w.Orders, 1e-6)
		near(t, mail+" spend", c.MeanDifference, 100*w.Spend.Diff, 1e-6)
		near(t, mail+" revenue", c.Revenue, 100*w.Revenue, 1e-4)
		for name, pair := range map[string][2]float64{
			"lift low": {c.Lift.Low, w.Conversion.CI[0]}, "lift high": {c.Lift.High, w.Conversion.CI[1]},
			"spend low": {c.MeanDifference.Low / 100, w.Spend.CIN[0]}, "spend high": {c.MeanDifference.High / 100, w.Spend.CIN[1]},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-4 {
				t.Errorf("%s %s: got %v, want %v", mail, name, pair[0], pair[1])
			}
		}
	}
}

func hillstromArms(t testing.TB) map[string]*campaigns.ArmTally {
	t.Helper()
	z, err := gzip.NewReader(sharedData(t, "hillstrom_sample/hillstrom_rows_mod4.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	arms := map[string]*campaigns.ArmTally{}
	for _, row := range rows[1:] {
		spend, err := strconv.ParseFloat(row[11], 64)
		if err != nil {
			t.Fatal(err)
		}
		a := arms[row[8]]
		if a == nil {
			a = new(campaigns.ArmTally)
			arms[row[8]] = a
		}
		cents := math.Round(100 * spend)
		a.Entered++
		a.Ripe++
		a.Revenue += int64(cents)
		a.Squares += cents * cents
		if row[10] == "1" {
			a.Converted++
		}
	}
	return arms
}
