package api

import (
	"context"
	"math"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

// results shows the results of a campaign, computed from the documents at every
// call.
type results struct{ store resultStore }

type resultStore interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error)
	// Tally counts the results for customers who entered in [from, to); a zero
	// time is no limit.
	Tally(ctx context.Context, shop commerce.Shop, c *campaigns.Campaign, from, to time.Time) (campaigns.Tally, error)
}

type resultsView struct {
	Campaign   string           `json:"campaign"`
	From       *time.Time       `json:"from,omitempty"`
	To         *time.Time       `json:"to,omitempty"`
	Currency   string           `json:"currency"`
	Entered    int64            `json:"entered"` // of both arms
	HeldOut    int64            `json:"held_out"`
	HeldByShop int64            `json:"held_out_by_shop"` // by the shop-wide holdout, in neither arm
	Steps      []stepResultView `json:"steps"`
	Total      stepResultView   `json:"total"`
	Comparison comparisonView   `json:"comparison"`
	Notes      []string         `json:"notes"` // windows and bases of the figures
}

type stepResultView struct {
	Step           string      `json:"step,omitempty"`
	Sent           int64       `json:"sent"`
	Delivered      int64       `json:"delivered"`
	Opened         int64       `json:"opened"`
	MachineOpened  int64       `json:"machine_opened"`
	Clicked        int64       `json:"clicked"`
	MachineClicked int64       `json:"machine_clicked"`
	Unsubscribed   int64       `json:"unsubscribed"`
	Converted      int64       `json:"converted"`
	Revenue        *amountView `json:"revenue"`
	Margin         *amountView `json:"margin"`
	Discount       *amountView `json:"discount"`
	Cost           *amountView `json:"cost"`
	DeliveryRate   figureView  `json:"delivery_rate"`
	OpenRate       figureView  `json:"open_rate"`
	ClickRate      figureView  `json:"click_rate"`
	ClickToOpen    figureView  `json:"click_to_open"`
	ConversionRate figureView  `json:"conversion_rate"`
	ROI            figureView  `json:"roi"`
	ROAS           figureView  `json:"roas"`
}

type comparisonView struct {
	Treated        armView         `json:"treated"`
	Holdout        armView         `json:"holdout"`
	Cost           *amountView     `json:"cost"` // cost of the ripe entries, as in their gain
	Lift           figureView      `json:"lift"`
	MeanDifference moneyFigureView `json:"mean_difference"`
	Orders         figureView      `json:"incremental_orders"`
	Revenue        moneyFigureView `json:"incremental_revenue"`
	Margin         moneyFigureView `json:"incremental_margin"`
	ROI            figureView      `json:"roi"`
}

type armView struct {
	Entered   int64           `json:"entered"`
	Ripe      int64           `json:"ripe"`      // entries whose goal window is over
	Converted int64           `json:"converted"` // ripe entries that reached the goal
	Customers int64           `json:"customers"` // customers with a ripe entry
	Reached   int64           `json:"reached"`   // of these, reached the goal
	Revenue   *amountView     `json:"revenue"`
	Margin    *amountView     `json:"margin"`
	GoalRate  figureView      `json:"goal_rate"`
	Mean      moneyFigureView `json:"mean_revenue"`
}

// figureView is one figure with its base. Value is null where the figure does
// not exist. readable is false where it means nothing yet; reason then explains
// why. Text is for tables.
type figureView struct {
	Value    *float64 `json:"value"`
	Unit     string   `json:"unit"`
	Of       string   `json:"of,omitempty"`
	Readable bool     `json:"readable"`
	Reason   string   `json:"reason,omitempty"`
	Low      *float64 `json:"low,omitempty"`
	High     *float64 `json:"high,omitempty"`
	Text     string   `json:"text"`
}

// moneyFigureView is a figure that is an amount.
type moneyFigureView struct {
	Value    *amountView `json:"value"`
	Of       string      `json:"of,omitempty"`
	Readable bool        `json:"readable"`
	Reason   string      `json:"reason,omitempty"`
	Low      *amountView `json:"low,omitempty"`
	High     *amountView `json:"high,omitempty"`
	Text     string      `json:"text"`
}

func (h *results) get(c *gin.Context) (any, error) {
	from, to, err := period(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	shop, err := h.store.Shop(ctx, shopOf(c))
	if err != nil {
		return nil, err
	}
	versions, err := h.store.Versions(ctx, shop.ID, c.Param("campaign"))
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, commerce.Errorf(commerce.NotFound, "campaign: not found in this shop")
	}
	campaign, err := judged(versions).Load()
	if err != nil {
		return nil, err
	}
	tally, err := h.store.Tally(ctx, shop, campaign, from, to)
	if err != nil {
		return nil, err
	}
	return showResults(campaigns.NewResults(tally)), nil
}

// judged is the version whose goal and steps the results are read by: the one
// that enters, else the newest.
func judged(versions []campaigns.Definition) campaigns.Definition {
	for _, d := range versions {
		if d.State == campaigns.Active {
			return d
		}
	}
	return versions[0]
}

func period(c *gin.Context) (from, to time.Time, err error) {
	a, err := ask(c, "from", "to")
	if err != nil {
		return from, to, err
	}
	return a.period()
}

func showResults(r campaigns.Results) resultsView {
	in := currencyFormat{r.Currency}
	return resultsView{
		Campaign: r.Campaign, From: when(r.From), To: when(r.To), Currency: r.Currency, Entered: r.Entered,
		HeldOut: r.HeldOut, HeldByShop: r.HeldByShop,
		Steps: listed(r.Steps, in.step), Total: in.step(r.Total), Comparison: in.comparison(r.Comparison), Notes: listed(r.Notes, same),
	}
}

// currencyFormat shows figures of one currency.
type currencyFormat struct{ currency string }

func (in currencyFormat) money(minor int64) *amountView {
	return amount(commerce.Money{Minor: minor, Currency: in.currency})
}

func (in currencyFormat) figure(f campaigns.Figure) figureView {
	unit := "number"
	if f.Unit != campaigns.Number {
		unit = "ratio"
	}
	v := figureView{Unit: unit, Of: f.Of, Readable: f.Known && !f.Early, Reason: f.Reason, Text: f.Text(in.currency)}
	if f.Known {
		v.Value = &f.Value
	}
	if f.Interval {
		v.Low, v.High = &f.Low, &f.High
	}
	return v
}

// rounded shows an amount that was computed, in whole minor units.
func (in currencyFormat) rounded(minor float64) *amountView {
	return in.money(int64(math.Round(minor)))
}

func (in currencyFormat) amount(f campaigns.Figure) moneyFigureView {
	v := moneyFigureView{Of: f.Of, Readable: f.Known && !f.Early, Reason: f.Reason, Text: f.Text(in.currency)}
	if f.Known {
		v.Value = in.rounded(f.Value)
	}
	if f.Interval {
		v.Low, v.High = in.rounded(f.Low), in.rounded(f.High)
	}
	return v
}

func (in currencyFormat) step(s campaigns.StepResult) stepResultView {
	return stepResultView{
		Step: s.Step, Sent: s.Sent, Delivered: s.Delivered, Opened: s.Opened, MachineOpened: s.MachineOpened, Clicked: s.Clicked,
		MachineClicked: s.MachineClicked, Unsubscribed: s.Unsubscribed, Converted: s.Converted,
		Revenue: in.money(s.Revenue), Margin: in.money(s.Margin), Discount: in.money(s.Discount), Cost: amount(s.Cost),
		DeliveryRate: in.figure(s.DeliveryRate), OpenRate: in.figure(s.OpenRate), ClickRate: in.figure(s.ClickRate),
		ClickToOpen: in.figure(s.ClickToOpen), ConversionRate: in.figure(s.ConversionRate), ROI: in.figure(s.ROI), ROAS: in.figure(s.ROAS),
	}
}

func (in currencyFormat) comparison(c campaigns.Comparison) comparisonView {
	return comparisonView{
		Treated: in.arm(c.Treated), Holdout: in.arm(c.Holdout), Cost: amount(c.Cost), Lift: in.figure(c.Lift),
		MeanDifference: in.amount(c.MeanDifference),
		Orders:         in.figure(c.Orders), Revenue: in.amount(c.Revenue), Margin: in.amount(c.Margin), ROI: in.figure(c.ROI),
	}
}

func (in currencyFormat) arm(a campaigns.ArmResult) armView {
	return armView{
		Entered: a.Entered, Ripe: a.Ripe, Converted: a.Converted, Customers: a.Customers, Reached: a.Reached,
		Revenue: in.money(a.Revenue), Margin: in.money(a.Margin), GoalRate: in.figure(a.GoalRate), Mean: in.amount(a.Mean),
	}
}
