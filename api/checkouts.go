package api

import (
	"cmp"
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

type checkouts struct{ store checkoutStore }

type checkoutStore interface {
	Checkout(ctx context.Context, shop, id string) (commerce.Checkout, error)
	// ListCheckouts lists the latest started first, or a customer's by id.
	ListCheckouts(ctx context.Context, shop, customer, after string, limit int) (list []commerce.Checkout, next string, err error)
}

type checkoutView struct {
	ID          string      `json:"id"`
	Connection  string      `json:"connection"`
	External    string      `json:"external_id"`
	Customer    string      `json:"customer,omitempty"`
	Order       string      `json:"order,omitempty"` // our id of the order it became
	Total       *amountView `json:"total"`
	Coupons     []string    `json:"coupons"`
	URL         string      `json:"url"` // leads the buyer back to the checkout
	Buyer       buyerView   `json:"buyer"`
	Ticked      bool        `json:"accepts_marketing"` // the buyer ticked the box for marketing
	Source      sourceView  `json:"source"`
	Lines       []lineView  `json:"lines"`
	StartedAt   *time.Time  `json:"started_at"`
	CompletedAt *time.Time  `json:"completed_at"`
	DeletedAt   *time.Time  `json:"deleted_at"`
	Quality     []string    `json:"quality"` // data-quality codes of the record
	UpdatedAt   *time.Time  `json:"updated_at"`
}

func showCheckout(k commerce.Checkout) checkoutView {
	v := checkoutView{
		ID: k.ID, Connection: k.Connection, External: k.External, Customer: k.Customer, Total: amount(k.Total),
		Coupons: listed(k.Coupons, same), URL: k.URL, Buyer: showBuyer(k.Buyer), Ticked: k.Buyer.AcceptsMarketing,
		Source: sourceView{k.Source.UTMSource, k.Source.UTMMedium, k.Source.UTMCampaign, k.Source.Landing, k.Source.Referrer},
		Lines: listed(k.Lines, func(l commerce.Line) lineView {
			return showLine(k.Shop, k.Connection, cmp.Or(k.Currency, k.Total.Currency), l)
		}),
		StartedAt: when(k.StartedAt), CompletedAt: when(k.CompletedAt), DeletedAt: when(k.DeletedAt),
		Quality: listed(k.Quality, same), UpdatedAt: when(k.Version),
	}
	if order := k.BecameOrder(); order != "" {
		v.Order = commerce.Key(k.Shop, k.Connection, order)
	}
	return v
}

func (h *checkouts) list(c *gin.Context) (any, error) {
	a, err := ask(c, "customer")
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListCheckouts(c.Request.Context(), shopOf(c), a.query.Get("customer"), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showCheckout), nil
}

func (h *checkouts) get(c *gin.Context) (any, error) {
	k, err := h.store.Checkout(c.Request.Context(), shopOf(c), c.Param("checkout"))
	if err != nil {
		return nil, err
	}
	return showCheckout(k), nil
}
