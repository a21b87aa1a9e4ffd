package api

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

type customers struct{ store customerStore }

type customerStore interface {
	// CustomerNow follows merges to the remaining customer, and computes the
	// profile if it is outdated.
	CustomerNow(ctx context.Context, shop, id string) (commerce.Customer, error)
	Customer(ctx context.Context, shop, id string) (commerce.Customer, error)
	ListCustomers(
		ctx context.Context, shop string, f commerce.CustomerFilter, after string, limit int,
	) (list []commerce.Customer, next string, err error)
	// SplitCustomer separates people who were joined as one customer. It
	// returns the customers they are now.
	SplitCustomer(ctx context.Context, shop, id string) ([]commerce.Customer, error)
	timelineStore
	Shop(ctx context.Context, id string) (commerce.Shop, error)
}

type customerView struct {
	ID         string         `json:"id"`
	Number     int64          `json:"number"`
	Attributes attributesView `json:"attributes"`
	Consents   []consentView  `json:"consents"`       // of the customer's own address and number
	Others     []consentView  `json:"other_consents"` // of further addresses
	KnownSince *time.Time     `json:"known_since"`
	Orders     figuresView    `json:"orders"`
	Truncated  bool           `json:"truncated"` // more orders than a person can have: totals only
	ChangedAt  *time.Time     `json:"changed_at"`
}

type attributesView struct {
	Email       string   `json:"email"`
	Phone       string   `json:"phone"`
	FirstName   string   `json:"first_name"`
	LastName    string   `json:"last_name"`
	Gender      string   `json:"gender"`
	Birthday    string   `json:"birthday"`
	Country     string   `json:"country"`
	Region      string   `json:"region"`
	City        string   `json:"city"`
	Postcode    string   `json:"postcode"`
	Language    string   `json:"language"`
	Zone        string   `json:"zone"`
	Tags        []string `json:"tags"`
	MemberLevel string   `json:"member_level"`
	Points      *int64   `json:"points"`
	Company     string   `json:"company"`
	Occupation  string   `json:"occupation"`
	Custom      []kvView `json:"custom"`
}

type kvView struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// consentView is the consent in force for one address or number.
type consentView struct {
	Channel   string    `json:"channel"`
	Granted   bool      `json:"granted"`
	State     string    `json:"state"` // granted, withdrawn, pending, suppressed, relay
	Explicit  bool      `json:"explicit"`
	Confirmed bool      `json:"confirmed"`
	At        time.Time `json:"at"`
	Source    string    `json:"source"`
	Wording   string    `json:"wording,omitempty"`
	Address   string    `json:"address,omitempty"`
}

// figuresView: money is in the shop's currency.
type figuresView struct {
	Count     int64       `json:"count"`
	Total     *amountView `json:"total"`
	Net       *amountView `json:"net"`
	Refunded  *amountView `json:"refunded"`
	Units     int64       `json:"units"`
	Placed    int64       `json:"placed"`
	Unpaid    int64       `json:"unpaid"`
	Cancelled int64       `json:"cancelled"`
	Refunds   int64       `json:"refunds"`
	Unpriced  int64       `json:"unpriced"`
	FirstAt   *time.Time  `json:"first_at"`
	LastAt    *time.Time  `json:"last_at"`
}

func (in currencyFormat) customer(c commerce.Customer) customerView {
	f := c.History.Figures
	return customerView{
		ID: c.ID, Number: c.N, Attributes: showAttributes(c.Attributes), Consents: listed(c.Consents, showConsent),
		Others:     listed(c.OtherConsents, showConsent),
		KnownSince: when(c.KnownSince), Truncated: c.History.Truncated, ChangedAt: when(c.ChangedAt),
		Orders: figuresView{
			f.Count, in.money(f.Total), in.money(f.Net), in.money(f.Refunded), f.Units, f.Placed, f.Unpaid, f.Cancelled, f.Refunds,
			f.Unpriced, when(f.FirstAt), when(f.LastAt),
		},
	}
}

func showAttributes(a commerce.Attributes) attributesView {
	return attributesView{
		Email: a.Email, Phone: a.Phone, FirstName: a.FirstName, LastName: a.LastName, Gender: a.Gender, Birthday: a.Birthday,
		Country: a.Country, Region: a.Region, City: a.City, Postcode: a.Postcode, Language: a.Language, Zone: a.Zone,
		Tags: listed(a.Tags, same), MemberLevel: a.MemberLevel, Points: a.Points, Company: a.Company, Occupation: a.Occupation,
		Custom: listed(a.Custom, func(kv commerce.KV) kvView { return kvView(kv) }),
	}
}

func showConsent(c commerce.Consent) consentView {
	state := cmp.Or(string(c.State), "withdrawn")
	if c.Granted {
		state = "granted"
	}
	return consentView{
		Channel: c.Channel, Granted: c.Granted, State: state, Explicit: c.Explicit, Confirmed: c.Confirmed, At: c.At, Source: c.Source,
		Wording: c.Wording, Address: c.Address,
	}
}

// currency is that of the shop, in which a customer's figures are.
func (h *customers) currency(c *gin.Context) (currencyFormat, error) {
	shop, err := h.store.Shop(c.Request.Context(), shopOf(c))
	return currencyFormat{shop.Currency}, err
}

func (h *customers) list(c *gin.Context) (any, error) {
	a, err := ask(c, "email", "phone", "name")
	if err != nil {
		return nil, err
	}
	f, err := a.customers()
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListCustomers(c.Request.Context(), shopOf(c), f, a.after, a.limit)
	if err != nil {
		return nil, err
	}
	in, err := h.currency(c)
	return paged(c, a, list, next, in.customer), err
}

func (a asked) customers() (f commerce.CustomerFilter, err error) {
	f = commerce.CustomerFilter{Email: a.query.Get("email"), Phone: a.query.Get("phone"), Name: a.query.Get("name")}
	if number, spaced := strings.CutPrefix(f.Phone, " "); spaced {
		f.Phone = "+" + number // a plus in an address is a blank
	}
	given := 0
	for _, name := range []string{"email", "phone", "name"} {
		if !a.query.Has(name) {
			continue
		}
		given++
		if commerce.NameKey(a.query.Get(name)) == "" {
			return f, commerce.Errorf(commerce.Invalid, "query: %s: is empty; write what to search for, or leave it out", name)
		}
	}
	switch {
	case given > 1:
		return f, commerce.Errorf(commerce.Invalid, "query: email, phone and name: give one of them")
	case f.Email != "" && commerce.NormalEmail(f.Email) == "":
		return f, commerce.Errorf(commerce.Invalid, "query: email: is not an address; write it whole, such as ann@example.com")
	case f.Phone != "" && commerce.NormalPhone(f.Phone, "") == "":
		return f, commerce.Errorf(commerce.Invalid, "query: phone: write it with its country code, such as +4930123456")
	}
	return f, nil
}

func (h *customers) get(c *gin.Context) (any, error) {
	found, err := h.store.CustomerNow(c.Request.Context(), shopOf(c), c.Param("customer"))
	if err != nil {
		return nil, err
	}
	in, err := h.currency(c)
	return in.customer(found), err
}

func (h *customers) split(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	people, err := h.store.SplitCustomer(c.Request.Context(), shopOf(c), c.Param("customer"))
	if err != nil {
		return nil, err
	}
	in, err := h.currency(c)
	return gin.H{"customers": listed(people, in.customer)}, err
}

// timelineStore is where a customer's timeline is read from.
type timelineStore interface {
	// Aliases lists the customers that were merged into id.
	Aliases(ctx context.Context, shop, id string) ([]commerce.Customer, error)
	// CustomerEvents lists events after a time, oldest first, at most limit.
	CustomerEvents(ctx context.Context, shop, customer string, after time.Time, limit int) ([]commerce.Event, error)
	// ListMessages returns the latest planned first; an empty filter matches
	// all.
	ListMessages(
		ctx context.Context, shop, campaign, customer string, state campaigns.MessageState, after string, limit int,
	) (list []campaigns.Message, next string, err error)
	// CustomerTouches is CustomerEvents for touches.
	CustomerTouches(ctx context.Context, shop, customer string, after time.Time, limit int) ([]campaigns.Touch, error)
}
