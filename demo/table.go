package demo

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"

	"comeback/commerce"
)

// campaignResult is the part of GET /v1/campaigns/{id}/results in the table.
type campaignResult struct {
	Campaign string
	Entered  int64
	HeldOut  int64 `json:"held_out"`
	Total    struct {
		Sent, Opened, Clicked, Converted int64
		Revenue, Cost                    amountText
		ROI                              figureText
	}
	Comparison struct {
		Treated, Holdout armText
		Revenue          figureText `json:"incremental_revenue"`
		ROI              figureText
	}
	Notes []string
}

type amountText struct{ Amount, Currency string }

type figureText struct{ Text, Reason string }

type armText struct {
	Customers int64
	GoalRate  figureText `json:"goal_rate"`
}

// results fetches the results of the three campaigns.
func (s *setup) results(ctx context.Context) ([]campaignResult, error) {
	var list []campaignResult
	for _, name := range readyCampaigns {
		var r campaignResult
		if err := s.client.call(ctx, s.key, http.MethodGet, "/v1/campaigns/"+name+"/results", nil, &r); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// table writes the results for people. Every figure comes from the service.
func table(list []campaignResult) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "campaign\tentered\theld out\tsent\topened\tclicked\tpurchases\trevenue\tcost\tROI, naive\tROI, against holdout\t")
	for _, r := range list {
		t := r.Total
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t\n", r.Campaign, r.Entered, r.HeldOut, t.Sent, t.Opened, t.Clicked,
			t.Converted, t.Revenue, t.Cost, t.ROI.Text, r.Comparison.ROI.Text)
	}
	_ = w.Flush() // into memory
	for _, r := range list {
		c := r.Comparison
		fmt.Fprintf(&b, "%s: goal reached by %s of the treated, %s of the held out", r.Campaign, c.Treated.GoalRate.Text,
			c.Holdout.GoalRate.Text)
		fmt.Fprintf(&b, " (%d and %s with their goal window over); incremental revenue %s", c.Treated.Customers,
			commerce.Count(c.Holdout.Customers, "customer"), c.Revenue.Text)
		if c.Revenue.Reason != "" {
			fmt.Fprintf(&b, " (%s)", c.Revenue.Reason)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (a amountText) String() string { return a.Amount + " " + a.Currency }

// assumptions describes the shoppers' behaviour, on which all figures depend.
func assumptions() string {
	effects := make([]string, 0, len(readyCampaigns))
	for _, name := range readyCampaigns {
		effects = append(effects, fmt.Sprintf("%s %.0f %%", name, 100*buyClicked[name]))
	}
	return fmt.Sprintf(`Shoppers are simulated. Both arms behave alike: %.0f %% of orders are left unpaid, and %.0f %% of those are paid later
without a reminder; %.0f %% of deliveries lead to another order; %.0f %% of lapsed customers come back. %.0f %% of mails are opened,
and %.0f %% of the opened mails are clicked. A mail has one effect: this share of its clicks leads to a purchase that would
not have happened yet: %s.
`, 100*leaveUnpaid, 100*payLater, 100*buyAgain, 100*comeBack, 100*openMail, 100*clickOpened, strings.Join(effects, ", "))
}
