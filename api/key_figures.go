package api

import (
	"comeback/segments"
	"encoding/json"
)

// keyFiguresView are the key figures of a group of customers. Averages are
// rounded to the minor unit; ratios are quotients of exact figures.
type keyFiguresView struct {
	Customers int     `json:"customers"`
	Share     float64 `json:"share"` // of the shop's customers

	Buyers   int64       `json:"buyers"`
	Repeat   int64       `json:"repeat"` // buyers with at least 2 orders in the window
	Orders   int64       `json:"orders"`
	Units    int64       `json:"units"`
	Sales    *amountView `json:"sales"`     // paid, before refunds
	Net      *amountView `json:"net_sales"` // paid, less refunds
	Unpriced int64       `json:"unpriced"`  // orders not counted: their amount is not known

	SalesShare        float64     `json:"sales_share"` // of the shop's sales
	SpendPerCustomer  *amountView `json:"spend_per_customer"`
	OrdersPerCustomer float64     `json:"orders_per_customer"`
	AOV               *amountView `json:"aov"`
	UnitsPerOrder     float64     `json:"units_per_order"`
	AverageItemPrice  *amountView `json:"average_item_price"`
	RepeatRate        float64     `json:"repeat_purchase_rate"`
}

func showKeyFigures(k segments.KPIs) keyFiguresView {
	in := currencyFormat{k.Currency}
	return keyFiguresView{
		Customers: k.Customers, Share: k.Share, Buyers: k.Buyers, Repeat: k.Repeat, Orders: k.Orders, Units: k.Units,
		Sales: in.money(k.Sales), Net: in.money(k.Net), Unpriced: k.Unpriced, SalesShare: k.SalesShare,
		SpendPerCustomer: in.rounded(k.SpendPerCustomer), OrdersPerCustomer: k.OrdersPerCustomer, AOV: in.rounded(k.AOV),
		UnitsPerOrder: k.UnitsPerOrder, AverageItemPrice: in.rounded(k.AverageItemPrice), RepeatRate: k.RepeatRate,
	}
}

// traitView is a trait. Where nobody else has it, its lift is unbounded: lift and
// high are null then, and only is true.
type traitView struct {
	Family    string          `json:"family"`
	Field     string          `json:"field"`
	Value     string          `json:"value"`
	Title     string          `json:"title,omitempty"`
	Condition json.RawMessage `json:"condition,omitempty"`
	In        int             `json:"in"`
	Of        int             `json:"of"`
	Rest      int             `json:"rest"`
	OfRest    int             `json:"of_rest"`
	Share     float64         `json:"share"`
	RestShare float64         `json:"rest_share"`
	Lift      *float64        `json:"lift"`
	Low       float64         `json:"low"`
	High      *float64        `json:"high"`
	Only      bool            `json:"only"`
	P         float64         `json:"p"`
	Q         float64         `json:"q"`
	Special   bool            `json:"special"`
	Implied   bool            `json:"implied"`
	Weight    float64         `json:"weight"`
}

func showTrait(t segments.Trait) traitView {
	v := traitView{
		Family: t.Family, Field: t.Field, Value: t.Value, Title: t.Title, Condition: t.Condition, In: t.In, Of: t.Of, Rest: t.Rest,
		OfRest: t.OfRest, Share: t.Share, RestShare: t.RestShare, Low: t.Low, Only: t.Only, P: t.P, Q: t.Q, Special: t.Special,
		Implied: t.Implied, Weight: t.Weight,
	}
	if !t.Only {
		v.Lift, v.High = &t.Lift, &t.High
	}
	return v
}
