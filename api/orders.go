package api

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

type orders struct{ store orderStore }

type orderStore interface {
	Order(ctx context.Context, shop, id string) (commerce.Order, error)
	// ListOrders lists the latest placed first, or a customer's by id.
	ListOrders(
		ctx context.Context,
		shop string,
		f commerce.OrderFilter,
		after string,
		limit int,
	) (list []commerce.Order, next string, err error)
}

type orderView struct {
	ID         string       `json:"id"`
	Connection string       `json:"connection"`
	External   string       `json:"external_id"`
	Number     string       `json:"number"`
	Customer   string       `json:"customer,omitempty"`
	Status     string       `json:"status"`
	Payment    string       `json:"payment_status"`
	Test       bool         `json:"test"`
	Fake       bool         `json:"fake"`
	Imported   bool         `json:"imported"`
	Total      *amountView  `json:"total"`
	Subtotal   *amountView  `json:"subtotal"`
	Discount   *amountView  `json:"discount"`
	Tax        *amountView  `json:"tax"`
	Shipping   *amountView  `json:"shipping"`
	Deposit    *amountView  `json:"deposit"`
	Coupons    []string     `json:"coupons"`
	Tags       []string     `json:"tags"`
	Method     string       `json:"payment_method"`
	Kind       *string      `json:"payment_kind"` // null: the platform reported no method
	Channel    string       `json:"channel"`
	PayURL     string       `json:"pay_url"`
	CancelAt   *time.Time   `json:"cancel_at"`
	DueAt      *time.Time   `json:"due_at"`
	Rating     int          `json:"rating"`
	Times      timesView    `json:"times"`
	Buyer      buyerView    `json:"buyer"`
	Source     sourceView   `json:"source"`
	Lines      []lineView   `json:"lines"`
	Parcels    []parcelView `json:"parcels"`
	Refunds    []refundView `json:"refunds"`
	Quality    []string     `json:"quality"` // data-quality codes of the record
	UpdatedAt  *time.Time   `json:"updated_at"`
}

type timesView struct {
	PlacedAt      *time.Time `json:"placed_at"`
	DepositPaidAt *time.Time `json:"deposit_paid_at"`
	PaidAt        *time.Time `json:"paid_at"`
	ShippedAt     *time.Time `json:"shipped_at"`
	DeliveredAt   *time.Time `json:"delivered_at"`
	CompletedAt   *time.Time `json:"completed_at"`
	CancelledAt   *time.Time `json:"cancelled_at"`
	RatedAt       *time.Time `json:"rated_at"`
	DeletedAt     *time.Time `json:"deleted_at"`
	Inferred      []string   `json:"inferred"` // names of times that no record reported or dates
}

type buyerView struct {
	Platform  string `json:"platform_id"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Country   string `json:"country"`
	Region    string `json:"region"`
	City      string `json:"city"`
	Language  string `json:"language"`
}

type sourceView struct {
	UTMSource   string `json:"utm_source"`
	UTMMedium   string `json:"utm_medium"`
	UTMCampaign string `json:"utm_campaign"`
	Landing     string `json:"landing"`
	Referrer    string `json:"referrer"`
}

type lineView struct {
	ID        string      `json:"id"`
	Product   string      `json:"product,omitempty"` // our id of the product
	SKU       string      `json:"sku"`
	Title     string      `json:"title"`
	Quantity  json.Number `json:"quantity"`
	UnitPrice *amountView `json:"unit_price"`
	Net       *amountView `json:"net"`
	UnitCost  *amountView `json:"unit_cost"`
}

type parcelView struct {
	ID          string     `json:"id"`
	ShippedAt   *time.Time `json:"shipped_at"`
	DeliveredAt *time.Time `json:"delivered_at"`
	Cancelled   bool       `json:"cancelled"`
	Carrier     string     `json:"carrier"`
	Tracking    string     `json:"tracking"`
}

type refundView struct {
	ID          string      `json:"id"`
	Amount      *amountView `json:"amount"`
	Reason      string      `json:"reason"`
	RequestedAt *time.Time  `json:"requested_at"`
	RefundedAt  *time.Time  `json:"refunded_at"`
	ClosedAt    *time.Time  `json:"closed_at"`
}

// amountView is money: exact decimal text, never a float.
type amountView struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// amount shows money; null where it is unknown.
func amount(m commerce.Money) *amountView {
	if m.Currency == "" {
		return nil
	}
	return &amountView{Amount: m.String(), Currency: m.Currency}
}

// price shows the price of one piece, which may have more decimals than its
// currency.
func price(d commerce.Decimal, currency string) *amountView {
	return &amountView{Amount: d.String(), Currency: currency}
}

// listed is a list that shows as [] when it is empty.
func listed[T, V any](items []T, show func(T) V) []V {
	list := make([]V, len(items))
	for i, item := range items {
		list[i] = show(item)
	}
	return list
}

func same[T any](v T) T { return v }

// kindOf is the kind of an order's payment method; null where no method is
// known.
func kindOf(o commerce.Order) *string {
	if o.Kind == "" {
		return nil
	}
	kind := string(o.Kind)
	return &kind
}

func showOrder(o commerce.Order) orderView {
	return orderView{
		ID: o.ID, Connection: o.Connection, External: o.External, Number: o.Number, Customer: o.Customer,
		Status: string(o.Status), Payment: string(o.Payment), Test: o.Test, Fake: o.Fake, Imported: o.Imported,
		Total: amount(o.Total), Subtotal: amount(o.Subtotal), Discount: amount(o.Discount), Tax: amount(o.Tax),
		Shipping: amount(o.Shipping), Deposit: amount(o.Deposit), Coupons: listed(o.Coupons, same),
		Tags: listed(o.Tags, same), Method: o.MethodWord(), Kind: kindOf(o),
		Channel: o.Channel, PayURL: o.PayURL, CancelAt: when(o.CancelAt), DueAt: when(o.DueAt), Rating: o.Rating,
		Times: showTimes(o), Buyer: showBuyer(o.Buyer),
		Source: sourceView{o.Source.UTMSource, o.Source.UTMMedium, o.Source.UTMCampaign, o.Source.Landing, o.Source.Referrer},
		Lines: listed(o.Lines, func(l commerce.Line) lineView {
			return showLine(o.Shop, o.Connection, cmp.Or(o.Currency, o.Total.Currency), l)
		}),
		Parcels: listed(o.Parcels, showParcel), Refunds: listed(o.Refunds, showRefund),
		Quality: listed(o.Quality, same), UpdatedAt: when(o.Version),
	}
}

func showTimes(o commerce.Order) timesView {
	t := o.Times
	return timesView{
		PlacedAt: when(t.PlacedAt), DepositPaidAt: when(t.DepositPaidAt), PaidAt: when(t.PaidAt), ShippedAt: when(o.ShippedAt()),
		DeliveredAt: when(o.DeliveredAt()), CompletedAt: when(t.CompletedAt), CancelledAt: when(t.CancelledAt),
		RatedAt: when(t.RatedAt), DeletedAt: when(t.DeletedAt), Inferred: o.Inferred(),
	}
}

func showBuyer(b commerce.Buyer) buyerView {
	return buyerView{b.Platform, b.Email, b.Phone, b.FirstName, b.LastName, b.Country, b.Region, b.City, b.Language}
}

func showLine(shop, connection, currency string, l commerce.Line) lineView {
	v := lineView{
		ID: l.ID, SKU: l.SKU, Title: l.Title, Quantity: json.Number(l.Amount().String()), UnitPrice: price(l.UnitPrice, currency),
		Net: amount(l.Net), UnitCost: amount(l.UnitCost),
	}
	if l.Product != "" {
		v.Product = commerce.Key(shop, connection, l.Product)
	}
	return v
}

func showParcel(p commerce.Parcel) parcelView {
	return parcelView{p.ID, when(p.ShippedAt), when(p.DeliveredAt), p.Cancelled, p.Carrier, p.Tracking}
}

func showRefund(r commerce.Refund) refundView {
	return refundView{r.ID, amount(r.Amount), r.Reason, when(r.RequestedAt), when(r.RefundedAt), when(r.ClosedAt)}
}

func (h *orders) list(c *gin.Context) (any, error) {
	a, err := ask(c, "customer", "number", "status", "payment_status", "from", "to")
	if err != nil {
		return nil, err
	}
	f, err := a.orders()
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListOrders(c.Request.Context(), shopOf(c), f, a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showOrder), nil
}

func (a asked) orders() (f commerce.OrderFilter, err error) {
	f.Customer, f.Number = a.query.Get("customer"), a.query.Get("number")
	if f.Status, err = oneOf(a, "status", commerce.OrderStatuses()...); err != nil {
		return f, err
	}
	if f.Payment, err = oneOf(a, "payment_status", commerce.PaymentStatuses()...); err != nil {
		return f, err
	}
	f.From, f.To, err = a.period()
	return f, err
}

func (h *orders) get(c *gin.Context) (any, error) {
	o, err := h.store.Order(c.Request.Context(), shopOf(c), c.Param("order"))
	if err != nil {
		return nil, err
	}
	return showOrder(o), nil
}
