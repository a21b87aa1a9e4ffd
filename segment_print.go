package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"comeback/commerce"
	"comeback/segments"
)

func (p *program) showCount(answer []byte) error {
	var v struct {
		Size, Base int
		Share      float64
	}
	if err := json.Unmarshal(answer, &v); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "%d of %d customers (%s)\n", v.Size, v.Base, percent(v.Share))
	return err
}

func (p *program) showExplanation(answer []byte) error {
	var v struct {
		Customer struct {
			ID     string
			Number int64
		}
		Match   bool
		Verdict segments.Verdict
	}
	if err := json.Unmarshal(answer, &v); err != nil {
		return err
	}
	word := "does not match"
	if v.Match {
		word = "matches"
	}
	fmt.Fprintf(p.stdout, "customer %d (%s) %s\n\n", v.Customer.Number, v.Customer.ID, word)
	printVerdict(p.stdout, v.Verdict, 0)
	if len(v.Verdict.Lacks) > 0 {
		fmt.Fprintf(p.stdout, "\nwould match after:\n")
	}
	for _, l := range v.Verdict.Lacks {
		fmt.Fprintf(p.stdout, "     %s\n", l.Text)
	}
	return nil
}

// shownOrders is how many of the counted orders are listed.
const shownOrders = 10

// printVerdict prints a test and its parts: whether it matches, the test itself and the
// value that was found.
func printVerdict(w io.Writer, v segments.Verdict, depth int) {
	word := "no "
	if v.Match {
		word = "yes"
	}
	fmt.Fprintf(w, "%s  %s%s", word, strings.Repeat("  ", depth), oneLine(v.Test))
	if v.Seen != "" {
		fmt.Fprintf(w, ": %s", oneLine(v.Seen))
	}
	fmt.Fprintln(w)
	for i, id := range v.Orders {
		if i == shownOrders {
			fmt.Fprintf(w, "     %s  and %d more\n", strings.Repeat("  ", depth), len(v.Orders)-i)
			break
		}
		fmt.Fprintf(w, "     %s  %s\n", strings.Repeat("  ", depth), oneLine(id))
	}
	for _, part := range v.Parts {
		printVerdict(w, part, depth+1)
	}
}

func (p *program) showProfile(answer []byte) error {
	var v struct {
		Of   string
		Days int
		segments.Profile
	}
	if err := json.Unmarshal(answer, &v); err != nil {
		return err
	}
	window := "of all time"
	if v.Days > 0 {
		window = fmt.Sprintf("of the last %d days", v.Days)
	}
	fmt.Fprintf(p.stdout, "%d of %d customers (%s); paid orders %s\n\n", v.Size, v.Base, percent(v.Share), window)
	printKeyFigures(p.stdout, v.Profile)
	printTraits(p.stdout, v.Profile)
	return nil
}

// printKeyFigures prints the figures of the segment, the rest and the shop.
func printKeyFigures(w io.Writer, v segments.Profile) {
	money := func(minor float64) string {
		return commerce.Money{Minor: int64(minor + 0.5), Currency: v.All.Currency}.String()
	}
	number := func(n float64) string { return strconv.FormatFloat(n, 'f', 2, 64) }
	whole := func(n float64) string { return strconv.FormatInt(int64(n), 10) }
	rows := [][]string{{"", "segment", "rest", "all"}}
	for _, figure := range []struct {
		name string
		of   func(segments.KPIs) float64
		text func(float64) string
	}{
		{"customers", func(k segments.KPIs) float64 { return float64(k.Customers) }, whole},
		{"buyers", func(k segments.KPIs) float64 { return float64(k.Buyers) }, whole},
		{"orders", func(k segments.KPIs) float64 { return float64(k.Orders) }, whole},
		{"sales " + v.All.Currency, func(k segments.KPIs) float64 { return float64(k.Sales) }, money},
		{"less refunds", func(k segments.KPIs) float64 { return float64(k.Net) }, money},
		{"share of sales", func(k segments.KPIs) float64 { return k.SalesShare }, percent},
		{"spend per buyer", func(k segments.KPIs) float64 { return k.SpendPerCustomer }, money},
		{"orders per buyer", func(k segments.KPIs) float64 { return k.OrdersPerCustomer }, number},
		{"average order", func(k segments.KPIs) float64 { return k.AOV }, money},
		{"units per order", func(k segments.KPIs) float64 { return k.UnitsPerOrder }, number},
		{"average item price", func(k segments.KPIs) float64 { return k.AverageItemPrice }, money},
		{"bought again", func(k segments.KPIs) float64 { return k.RepeatRate }, percent},
	} {
		row := []string{figure.name}
		for _, k := range []segments.KPIs{v.Segment, v.Rest, v.All} {
			row = append(row, figure.text(figure.of(k)))
		}
		rows = append(rows, row)
	}
	printColumns(w, rows, 1)
}

// printTraits prints the special traits, the most special first.
func printTraits(w io.Writer, v segments.Profile) {
	implied, rows := false, [][]string{{"what is special", "", "segment", "rest", "times", "95 %"}}
	for _, t := range v.Traits {
		if !t.Special {
			continue
		}
		what := clipWide(oneLine(cmp.Or(t.Title, t.Value)), widestValue)
		if t.Implied {
			what += " *"
			implied = true
		}
		times, interval := fmt.Sprintf("%.2f", t.Lift), fmt.Sprintf("%.2f to %.2f", t.Low, t.High)
		if t.Only {
			times, interval = "only", fmt.Sprintf("from %.2f", t.Low)
		}
		rows = append(rows, []string{t.Field, what, percent(t.Share), percent(t.RestShare), times, interval})
	}
	fmt.Fprintln(w)
	switch {
	case v.Size == 0:
		fmt.Fprintln(w, "nobody to compare")
		return
	case v.Size == v.Base:
		fmt.Fprintln(w, "nobody else to compare with")
		return
	case len(rows) == 1:
		fmt.Fprintf(w, "nothing is special: of %d traits none differs from the rest by more than chance\n", v.Tested)
		return
	}
	printColumns(w, rows, 2)
	fmt.Fprintf(w, "\nof %d traits that %d or more of the segment have; at most 1 in 20 of those shown is chance\n", v.Tested, v.Support)
	if implied {
		fmt.Fprintln(w, "* the condition of the segment says so itself")
	}
}

// widestValue is the most columns of a value.
const widestValue = 36

// percent formats a share for people.
func percent(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1 %"
	}
	return strconv.FormatFloat(100*share, 'f', 1, 64) + " %"
}
