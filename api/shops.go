package api

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// shops are the tenants: created by the installation, configured by themselves.
type shops struct {
	store shopStore
	now   func() time.Time
}

type shopStore interface {
	AddShop(ctx context.Context, shop commerce.Shop) error
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	ListShops(ctx context.Context, after string, limit int) (list []commerce.Shop, next string, err error)
	// SaveShop stores the shop if its rev is still shop.Rev, else Conflict.
	SaveShop(ctx context.Context, shop commerce.Shop) error
}

type shopView struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Market       string `json:"market"`
	Zone         string `json:"zone"`
	Currency     string `json:"currency"`
	Language     string `json:"language"`
	Country      string `json:"country"`
	Jurisdiction string `json:"jurisdiction"`  // in force: set or derived
	ConsentBasis string `json:"consent_basis"` // of marketing by mail under the shop's law
	ConsentProof string `json:"consent_proof"` // that a consent needs for it
	// SoftOptInSince is since when the checkout offers to refuse marketing; null: it does not.
	SoftOptInSince *time.Time  `json:"soft_opt_in_since"`
	Trade          string      `json:"trade"`
	URL            string      `json:"url"`
	Sender         senderView  `json:"sender"`
	Results        judgingView `json:"results"`
	Contact        contactView `json:"contact"`
	Rev            int64       `json:"rev"`
	CreatedAt      time.Time   `json:"created_at"`
}

type senderView struct {
	Name    string `json:"name"`
	From    string `json:"from"`
	ReplyTo string `json:"reply_to"`
	Address string `json:"address"`
}

// judgingView: zeros mean the defaults (120 hours, opens not counted, 100 %
// margin, free messages).
type judgingView struct {
	WindowHours  int         `json:"window_hours"`
	CountOpens   bool        `json:"count_opens"`
	MarginRatio  float64     `json:"margin_ratio"`
	MessagePrice *amountView `json:"message_price"`
}

func showShop(s commerce.Shop) shopView {
	return shopView{
		ID: s.ID, Name: s.Name, Market: string(s.Market), Zone: s.Zone, Currency: s.Currency, Language: s.Language,
		Country: s.Country, Jurisdiction: s.Law(), ConsentBasis: s.LawRow(true, "email").Basis.String(), ConsentProof: s.Proof().String(),
		SoftOptInSince: when(s.SoftOptInSince), Trade: s.Trade, URL: s.URL, Sender: senderView(s.Sender), Results: showJudging(s),
		Contact: showContact(s.Contact),
		Rev:     s.Rev, CreatedAt: s.CreatedAt,
	}
}

func showJudging(s commerce.Shop) judgingView {
	return judgingView{
		WindowHours: s.Results.WindowHours, CountOpens: s.Results.CountOpens, MarginRatio: float64(s.Results.MarginBP) / bpOfOne,
		MessagePrice: price(s.MessagePrice(), s.Currency),
	}
}

// bpOfOne is how many basis points are 1.
const bpOfOne = 10_000

// shopSettings are the settings of a shop. Absent keys stay unchanged.
type shopSettings struct {
	Name         *string `json:"name"`
	Market       *string `json:"market"`
	Zone         *string `json:"zone"`
	Language     *string `json:"language"`
	Country      *string `json:"country"`
	Jurisdiction *string `json:"jurisdiction"`
	// SoftOptInSince is RFC 3339; empty: the checkout does not offer to refuse marketing.
	SoftOptInSince *string         `json:"soft_opt_in_since"`
	Trade          *string         `json:"trade"`
	URL            *string         `json:"url"`
	Sender         *senderSettings `json:"sender"`
	Results        *judging        `json:"results"`
	Contact        *contact        `json:"contact"`
}

type senderSettings struct {
	Name    *string `json:"name"`
	From    *string `json:"from"`
	ReplyTo *string `json:"reply_to"`
	Address *string `json:"address"`
}

type judging struct {
	WindowHours  *int        `json:"window_hours"`
	CountOpens   *bool       `json:"count_opens"`
	MarginRatio  *float64    `json:"margin_ratio"`
	MessagePrice *amountView `json:"message_price"`
}

type newShop struct {
	ID       string `json:"id"`
	Currency string `json:"currency"`
	shopSettings
}

// shopChange names the rev that was read. The currency is not a setting,
// because every stored figure is in it.
type shopChange struct {
	Rev int64 `json:"rev"`
	shopSettings
}

func (h *shops) add(c *gin.Context) (any, error) {
	var in newShop
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	s := commerce.Shop{ID: in.ID, Currency: in.Currency, CreatedAt: h.now(), Rev: 1}
	if err := in.apply(&s, h.now()); err != nil {
		return nil, err
	}
	if s.Language == "" {
		s.Language = map[commerce.Market]string{commerce.China: "zh-CN"}[s.Market]
	}
	if s.Language == "" {
		s.Language = "en"
	}
	if !commerce.Slug(s.ID) {
		return nil, wrong("/id", "write %s", commerce.SlugRule)
	}
	if err := s.Check(); err != nil {
		return nil, ofField(err)
	}
	s.Sender = s.Sender.Usual()
	if err := h.store.AddShop(c.Request.Context(), s); err != nil {
		return nil, err
	}
	return showShop(s), nil
}

func (h *shops) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListShops(c.Request.Context(), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showShop), nil
}

// named is the shop of a call: for the installation the shop in the path, else
// the caller's own.
func named(c *gin.Context) string {
	if role(c.GetString(keyWho)) == installation {
		return c.Param("shop")
	}
	return shopOf(c)
}

func (h *shops) get(c *gin.Context) (any, error) {
	s, err := h.store.Shop(c.Request.Context(), named(c))
	if err != nil {
		return nil, err
	}
	return showShop(s), nil
}

func (h *shops) change(c *gin.Context) (any, error) {
	var in shopChange
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	s, err := h.store.Shop(c.Request.Context(), named(c))
	if err != nil {
		return nil, err
	}
	if in.Rev != s.Rev {
		return nil, commerce.Errorf(commerce.Conflict, "rev: the shop is at %d, read it again and repeat the change", s.Rev)
	}
	if err := in.apply(&s, h.now()); err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, ofField(err)
	}
	s.Sender = s.Sender.Usual()
	if err := h.store.SaveShop(c.Request.Context(), s); err != nil {
		return nil, err
	}
	s.Rev++
	return showShop(s), nil
}

// apply overwrites the given settings.
func (in shopSettings) apply(s *commerce.Shop, now time.Time) error {
	set(&s.Name, in.Name)
	market := string(s.Market)
	set(&market, in.Market)
	s.Market = commerce.Market(market)
	set(&s.Zone, in.Zone)
	set(&s.Language, in.Language)
	set(&s.Country, in.Country)
	if !slices.Contains(commerce.Jurisdictions(), s.Jurisdiction) {
		s.Jurisdiction = "" // an earlier version accepted any word
	}
	set(&s.Jurisdiction, in.Jurisdiction)
	set(&s.Trade, in.Trade)
	set(&s.URL, in.URL)
	if in.Sender != nil {
		set(&s.Sender.Name, in.Sender.Name)
		set(&s.Sender.From, in.Sender.From)
		set(&s.Sender.ReplyTo, in.Sender.ReplyTo)
		set(&s.Sender.Address, in.Sender.Address)
	}
	if in.Contact != nil {
		if err := in.Contact.apply(&s.Contact); err != nil {
			return err
		}
	}
	if err := in.softOptIn(s, now); err != nil {
		return err
	}
	if in.Results != nil {
		return in.Results.apply(s)
	}
	return nil
}

// softOptIn sets since when the checkout offers to refuse marketing. It is refused ahead of
// time: nobody knows what a checkout will offer.
func (in shopSettings) softOptIn(s *commerce.Shop, now time.Time) error {
	switch {
	case in.SoftOptInSince == nil:
		return nil
	case *in.SoftOptInSince == "":
		s.SoftOptInSince = time.Time{}
		return nil
	}
	at, err := time.Parse(time.RFC3339, *in.SoftOptInSince)
	switch {
	case err != nil || at.Year() < 2000:
		return wrong("/soft_opt_in_since", "write since when the checkout offers to refuse marketing, such as 2026-01-31T10:00:00Z, "+
			"or nothing where it does not")
	case at.After(now):
		return wrong("/soft_opt_in_since", "is in the future: write the time once the checkout offers to refuse marketing")
	}
	s.SoftOptInSince = at.UTC().Truncate(time.Millisecond)
	return nil
}

func (in judging) apply(s *commerce.Shop) error {
	set(&s.Results.WindowHours, in.WindowHours)
	set(&s.Results.CountOpens, in.CountOpens)
	if in.MarginRatio != nil {
		bp := *in.MarginRatio * bpOfOne
		if bp < 0 || bp > bpOfOne || math.Abs(bp-math.Round(bp)) > 1e-6 {
			return wrong("/results/margin_ratio", "write a number from 0 to 1, with at most 4 decimals, such as 0.35")
		}
		s.Results.MarginBP = int64(math.Round(bp))
	}
	if in.MessagePrice == nil {
		return nil
	}
	if in.MessagePrice.Currency != s.Currency {
		return wrong("/results/message_price/currency", "write %s, the currency of the shop", s.Currency)
	}
	price, err := commerce.ParseDecimal(in.MessagePrice.Amount)
	if err == nil {
		err = s.SetMessagePrice(price)
	}
	if err != nil {
		return wrong("/results/message_price/amount", "%v", err)
	}
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}
