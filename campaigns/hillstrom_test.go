package campaigns_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"comeback/campaigns"
)

// A published e-mail test with a no-mail control: rates, incremental orders and
// revenue as computed independently, and the intervals published of it, which are
// Wald's: with arms this large they hold. What results show lies within a hair.
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
		tally := campaigns.Tally{Goal: "order.paid", Currency: "USD", Treated: *arms[mail], Holdout: *arms["No E-Mail"]}
		c := campaigns.NewResults(tally).Comparison
		w := want.Uplift[mail]
		near(t, mail+" lift", c.Lift, w.Conversion.Diff, 1e-9)
		near(t, mail+" orders", c.Orders, w.Orders, 1e-6)
		near(t, mail+" spend", c.MeanDifference, 100*w.Spend.Diff, 1e-6)
		near(t, mail+" revenue", c.Revenue, 100*w.Revenue, 1e-4)
		lift, spend := campaigns.PlainIntervals(*arms[mail], *arms["No E-Mail"])
		for name, bound := range map[string]struct{ plain, published, shown, hair float64 }{
			"lift low":   {lift[0], w.Conversion.CI[0], c.Lift.Low, 2e-4},
			"lift high":  {lift[1], w.Conversion.CI[1], c.Lift.High, 2e-4},
			"spend low":  {spend[0] / 100, w.Spend.CIN[0], c.MeanDifference.Low / 100, 0.05},
			"spend high": {spend[1] / 100, w.Spend.CIN[1], c.MeanDifference.High / 100, 0.05},
		} {
			if math.Abs(bound.plain-bound.published) > 1e-4 || math.Abs(bound.shown-bound.published) > bound.hair {
				t.Errorf("%s %s: got %v and show %v, want %v", mail, name, bound.plain, bound.shown, bound.published)
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
		a.RevenueSquares += cents * cents
		a.Customers++
		if row[10] == "1" {
			a.Converted++
			a.ConvertedSquares++
			a.Reached++
			a.Buyers++
		}
	}
	return arms
}
