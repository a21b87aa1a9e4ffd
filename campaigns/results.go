package campaigns

import (
	"strconv"
	"time"

	"comeback/commerce"
)

// Tally are the counts of a campaign in a period: the one input of NewResults.
// Entries of the period have EnteredAt in [From, To). Amounts are in minor units of
// Currency.
type Tally struct {
	Campaign string
	From, To time.Time
	Currency string

	Goal         string        // the goal's event, such as order.paid; empty: the campaign has none
	Within       time.Duration // the goal's window, from the entry's beginning
	Window       time.Duration // attribution window, from touch to payment
	OpensCount   bool          // the shop lets opens earn credit
	MessagePrice int64         // of one message, in 1/1000 minor unit
	MarginBP     int64         // the shop's rate, in 1/100 %; 0: 10000
	Basis        MarginBasis   // where the margins below come from; empty: nothing was sold

	HeldByShop int64 // entries of the shop-wide holdout, which are in neither arm
	Uncounted  int64 // enrolments with changes that are not counted so far

	Treated, Holdout ArmTally
	Steps            []StepTally // in the campaign's order
	Ripe             Spending    // of the treated entries whose goal window is over
}

// ArmTally counts the entries of one arm. All fields but Entered cover ripe entries
// only, whose goal window is over. Revenue and Margin cover all orders that their
// customers paid in that window, credited or not, net of refunds, in both arms
// alike. Customers, not entries, are drawn at random. So figures are added up per
// customer first, and the squares are those of these sums.
type ArmTally struct {
	Entered   int64
	Ripe      int64
	Converted int64 // entries that reached the goal
	Revenue   int64
	Margin    int64

	Customers        int64 // with a ripe entry
	Reached          int64 // of these, customers who reached the goal
	Buyers           int64 // of these, customers with revenue
	ConvertedSquares float64
	RevenueSquares   float64
	MarginSquares    float64
}

// Spending is the cost of entries: messages sent and discounts given.
type Spending struct {
	Sent     int64
	Discount int64
}

// StepTally counts the messages of one step to treated entries, and the conversions
// credited to them, net of reversals.
type StepTally struct {
	Step           string
	Sent           int64
	Delivered      int64 // sent and not returned
	Opened         int64 // messages with an open by a human
	MachineOpened  int64 // messages opened only by machines, mail proxies among them
	Clicked        int64 // messages with a click by a human
	MachineClicked int64 // messages clicked only by machines
	Unsubscribed   int64
	Converted      int64 // orders credited
	Revenue        int64
	Margin         int64
	Discount       int64 // given through the campaign's coupons
}

// Results are a campaign's results: per step by attribution, and both arms by the
// goal.
type Results struct {
	Campaign   string
	From, To   time.Time
	Currency   string
	Entered    int64 // of both arms
	HeldOut    int64
	HeldByShop int64 // by the shop-wide holdout; not among Entered
	Steps      []StepResult
	Total      StepResult // of all steps; Step is empty
	Comparison Comparison
	Notes      []string // windows and bases, to print beside the figures
}

// StepResult is one line of the table.
type StepResult struct {
	StepTally
	DeliveryRate   Figure // delivered / sent
	OpenRate       Figure // opened / delivered
	ClickRate      Figure // clicked / delivered
	ClickToOpen    Figure // clicked / opened
	ConversionRate Figure // credited orders / delivered
	Cost           commerce.Money
	ROI            Figure // naive: (credited margin - cost) / cost
	ROAS           Figure // naive: credited revenue / cost
}

// Comparison compares the treated with the holdout by the campaign's goal. The
// difference would not have happened without the campaign. Gain and cost are of the
// same entries, whose goal window is over.
type Comparison struct {
	Treated, Holdout ArmResult
	Cost             commerce.Money
	Lift             Figure // goal rate treated - holdout
	MeanDifference   Figure // revenue per customer treated - holdout, minor units
	Orders           Figure // incremental goals: difference of goals per customer x treated
	Revenue          Figure // incremental revenue: difference of means x treated, minor units
	Margin           Figure // likewise of margin
	ROI              Figure // (incremental margin - cost) / cost
}

// ArmResult is one arm of a comparison.
type ArmResult struct {
	ArmTally
	GoalRate Figure // customers who reached the goal / customers
	Mean     Figure // revenue / customers, minor units
}

// NewResults computes the results of a tally. It is pure: the same tally gives
// the same results.
func NewResults(t Tally) Results {
	r := Results{
		Campaign: t.Campaign, From: t.From, To: t.To, Currency: t.Currency,
		Entered: t.Treated.Entered + t.Holdout.Entered, HeldOut: t.Holdout.Entered, HeldByShop: t.HeldByShop,
	}
	var total StepTally
	for _, s := range t.Steps {
		r.Steps = append(r.Steps, t.step(s))
		total = total.plus(s)
	}
	r.Total = t.step(total)
	r.Comparison = t.compare()
	r.Notes = t.notes()
	return r
}

func (s StepTally) plus(o StepTally) StepTally {
	return StepTally{
		Sent: s.Sent + o.Sent, Delivered: s.Delivered + o.Delivered, Unsubscribed: s.Unsubscribed + o.Unsubscribed,
		Opened: s.Opened + o.Opened, MachineOpened: s.MachineOpened + o.MachineOpened,
		Clicked: s.Clicked + o.Clicked, MachineClicked: s.MachineClicked + o.MachineClicked,
		Converted: s.Converted + o.Converted, Revenue: s.Revenue + o.Revenue, Margin: s.Margin + o.Margin, Discount: s.Discount + o.Discount,
	}
}

func (t Tally) step(s StepTally) StepResult {
	cost := t.costOf(Spending{s.Sent, s.Discount})
	return StepResult{
		StepTally:      s,
		DeliveryRate:   share(s.Delivered, s.Sent, "sent"),
		OpenRate:       share(s.Opened, s.Delivered, "delivered"),
		ClickRate:      share(s.Clicked, s.Delivered, "delivered"),
		ClickToOpen:    share(s.Clicked, s.Opened, "opened"),
		ConversionRate: share(s.Converted, s.Delivered, "delivered"),
		Cost:           t.costMoney(cost),
		ROI:            perCost(float64(s.Margin), cost, true),
		ROAS:           perCost(float64(s.Revenue), cost, false),
	}
}

// costOf is the price of the messages sent plus the discounts given, in 1/1000 minor
// unit, because one mail may cost less than a cent.
func (t Tally) costOf(s Spending) int64 { return s.Sent*t.MessagePrice + s.Discount*1000 }

func (t Tally) costMoney(cost int64) commerce.Money {
	return commerce.Money{Minor: proportion(cost, 1, 1000), Currency: t.Currency}
}

// perCost is amount / cost or, net, (amount - cost) / cost. Without a cost there is
// no such figure.
func perCost(amount float64, cost int64, net bool) Figure {
	f := Figure{Unit: Ratio, Of: "cost"}
	if cost <= 0 {
		f.Reason = "no cost"
		return f
	}
	f.Value, f.Known = amount*1000/float64(cost), true
	if net {
		f.Unit = Percent
		f.Value--
	}
	return f
}

func (t Tally) notes() []string {
	list := []string{"opens and clicks: by people; those of machines and mail proxies are counted separately"}
	if t.Goal != "" {
		list = append(list, "goal: "+t.Goal+" within "+span(t.Within)+" of the entry's beginning; "+
			"decides converted and compares the arms; each entry is judged by the version it entered under")
		list = append(list, "arms: compared by customers, however often each entered; gain and cost are of entries whose goal window is over")
	}
	if t.HeldByShop > 0 {
		list = append(list, "shop-wide holdout: "+strconv.FormatInt(t.HeldByShop, 10)+
			" entries of customers who get no marketing at all; they are in neither arm")
	}
	if t.Uncounted > 0 {
		list = append(list, strconv.FormatInt(t.Uncounted, 10)+" enrolments have changes that are not counted yet: ask again in a moment")
	}
	if t.Window > 0 {
		list = append(list, "attribution window: "+span(t.Window)+" from click to payment; decides credited orders and revenue")
	}
	if t.OpensCount {
		list = append(list, "opens earn credit where there is no click, as the shop asked")
	}
	rate := t.MarginBP
	if rate == 0 {
		rate = 10_000
	}
	switch t.Basis {
	case FromUnitCosts:
		list = append(list, "margin: from unit costs")
	case FromBoth:
		list = append(list, "margin: from unit costs where known, else "+percent(float64(rate)/10_000, 0)+" of the sale")
	default:
		list = append(list, "margin: unit costs are not known, so "+percent(float64(rate)/10_000, 0)+" of the sale")
	}
	return list
}
