package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

// conversions lists the orders credited to a campaign: those in its results.
type conversions struct{ store conversionStore }

type conversionStore interface {
	Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error)
	// ListConversions lists the latest payment first.
	ListConversions(ctx context.Context, shop, campaign, after string, limit int) (list []campaigns.Conversion, next string, err error)
}

type conversionView struct {
	Order          string         `json:"order"`
	Customer       string         `json:"customer"`
	PaidAt         time.Time      `json:"paid_at"`
	Model          string         `json:"model"` // the rule of attribution
	Message        string         `json:"message"`
	Enrolment      string         `json:"enrolment"`
	Entry          int            `json:"entry"`
	Step           string         `json:"step"`
	Credits        []creditView   `json:"credits"` // result of each rule, strongest first
	Revenue        *amountView    `json:"revenue"` // before refunds
	Margin         *amountView    `json:"margin"`
	Basis          string         `json:"margin_basis"`
	Discount       *amountView    `json:"discount"` // discount by the campaign's coupons
	Unpriced       bool           `json:"unpriced"`
	Reversed       *amountView    `json:"reversed"`
	MarginReversed *amountView    `json:"margin_reversed"`
	Reversals      []reversalView `json:"reversals"`
}

type creditView struct {
	Model    string     `json:"model"`
	Campaign string     `json:"campaign"`
	Message  string     `json:"message"`
	Step     string     `json:"step"`
	At       *time.Time `json:"at"` // of the click or open
}

type reversalView struct {
	Cause   string      `json:"cause"`
	At      time.Time   `json:"at"`
	Revenue *amountView `json:"revenue"`
	Margin  *amountView `json:"margin"`
}

func (h *conversions) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	ctx, shop, campaign := c.Request.Context(), shopOf(c), c.Param("campaign")
	versions, err := h.store.Versions(ctx, shop, campaign)
	if err == nil && len(versions) == 0 {
		err = commerce.Errorf(commerce.NotFound, "campaign: not found in this shop")
	}
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListConversions(ctx, shop, campaign, a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showConversion), nil
}

func showConversion(c campaigns.Conversion) conversionView {
	in := currencyFormat{c.Currency}
	enrolment, entry, _ := campaigns.MessageEntry(c.Message) // made by us: it has both
	return conversionView{
		Order: c.ID, Customer: c.Customer, PaidAt: c.PaidAt, Model: string(c.Model), Message: c.Message, Enrolment: enrolment,
		Entry: entry, Step: c.Step,
		Credits: listed(c.Credits, showCredit), Revenue: in.money(c.Revenue), Margin: in.money(c.Margin),
		Basis: string(c.Basis), Discount: in.money(c.Discount),
		Unpriced: c.Unpriced, Reversed: in.money(c.Reversed), MarginReversed: in.money(c.MarginReversed),
		Reversals: listed(c.Reversals, in.reversal),
	}
}

func showCredit(c campaigns.Credit) creditView {
	return creditView{Model: string(c.Model), Campaign: c.Campaign, Message: c.Message, Step: c.Step, At: when(c.At)}
}

func (in currencyFormat) reversal(r campaigns.Reversal) reversalView {
	return reversalView{Cause: r.Cause, At: r.At, Revenue: in.money(r.Revenue), Margin: in.money(r.Margin)}
}
