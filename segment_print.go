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
	_, err := fmt.Fprintf(p.stdout, "%d of %s (%s)\n", v.Size, commerce.Count(v.Base, "customer"), percent(v.Share))
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
		Segment keyFigures `json:"segment"`
		Rest    keyFigures `json:"rest"`
		All     keyFigures `json:"all"`
	}
	if err := json.Unmarshal(answer, &v); err != nil {
		return err
	}
	window := "of all time"
	if v.Days > 0 {
		window = "of the last " + commerce.Count(v.Days, "day")
	}
	fmt.Fprintf(p.stdout, "%d of %s (%s); paid orders %s\n\n", v.Size, commerce.Count(v.Base, "customer"), percent(v.Share), window)
	printKeyFigures(p.stdout, v.Segment, v.Rest, v.All)
	printTraits(p.stdout, v.Profile)
	return nil
}

// keyFigures are the figures of the API by their names; amounts are objects.
type keyFigures map[string]any

// text writes a figure with up to decimals; a share of 1 as a percentage where
// decimals are negative.
func (k keyFigures) text(name string, decimals int) string {
	switch v := k[name].(type) {
	case map[string]any:
		return fmt.Sprint(v["amount"])
	case float64:
		if decimals < 0 {
			return percent(v)
		}
		return strconv.FormatFloat(v, 'f', decimals, 64)
	}
	return ""
}

// printKeyFigures prints the figures of the segment, the rest and the shop.
func printKeyFigures(w io.Writer, segment, rest, all keyFigures) {
	currency := ""
	if sales, ok := all["sales"].(map[string]any); ok {
		currency = fmt.Sprint(sales["currency"])
	}
	rows := [][]string{{"", "segment", "rest", "all"}}
	for _, figure := range []struct {
		title, name string
		decimals    int
	}{
		{"customers", "customers", 0}, {"buyers", "buyers", 0}, {"orders", "orders", 0}, {"sales " + currency, "sales", 2},
		{"less refunds", "net_sales", 2}, {"share of sales", "sales_share", -1}, {"spend per buyer", "spend_per_customer", 2},
		{"orders per buyer", "orders_per_customer", 2}, {"average order", "aov", 2}, {"units per order", "units_per_order", 2},
		{"average item price", "average_item_price", 2}, {"bought again", "repeat_purchase_rate", -1},
	} {
		row := []string{figure.title}
		for _, k := range []keyFigures{segment, rest, all} {
			row = append(row, k.text(figure.name, figure.decimals))
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
		fmt.Fprintf(w, "nothing is special: of %s none differs from the rest by more than chance\n",
			commerce.Count(v.Tested, "trait"))
		return
	}
	printColumns(w, rows, 2)
	fmt.Fprintf(w, "\nof %s that %d or more of the segment have; at most 1 in 20 of those shown is chance\n",
		commerce.Count(v.Tested, "trait"), v.Support)
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
