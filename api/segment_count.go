package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
)

// segmentQuestions answer questions about a segment that is not stored yet: how
// many customers, which ones, and why.
type segmentQuestions struct {
	*judge
	people personStore
}

// personStore reads the customers in answers.
type personStore interface {
	// CustomersNumbered reads customers by their numbers, in rising order.
	// Merged ones are left out.
	CustomersNumbered(ctx context.Context, shop string, numbers []int64) ([]commerce.Customer, error)
	// CustomerNow follows merges to the remaining customer, and computes a
	// profile that is older than its orders.
	CustomerNow(ctx context.Context, shop, id string) (commerce.Customer, error)
	// ListingsOf returns a customer's manual listings, by segment.
	ListingsOf(ctx context.Context, shop, customer string) (map[string]segments.Listing, error)
}

// countView is the number of customers that match a condition.
type countView struct {
	Size  int       `json:"size"`
	Base  int       `json:"base"`  // customers of the shop
	Share float64   `json:"share"` // size / base; 0 without customers
	At    time.Time `json:"at"`
	Notes []fault   `json:"notes"` // valid, but surprising
}

// howMany counts the customers that match the body's condition.
func (h *segmentQuestions) howMany(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	q, err := h.asked(c)
	if err != nil {
		return nil, err
	}
	found, err := h.crowd(c.Request.Context(), named(c), q.condition)
	if err != nil {
		return nil, err
	}
	return h.noted(c.Request.Context(), named(c), q, found)
}

// noted is the count. If it is 0, notes name the parts of the condition that
// match no customer of this shop.
func (h *segmentQuestions) noted(ctx context.Context, shop string, q question, found crowd) (countView, error) {
	v := showCount(q, found)
	if f := found.params.Fitted; f != nil && f.Outdated && segments.Scored(q.condition) {
		v.Notes = append(v.Notes, fault{Detail: outdatedNote, Note: true})
	}
	if found.size > 0 {
		return v, nil
	}
	silent, err := h.silentIn(ctx, shop, q.data)
	v.Notes = append(v.Notes, faults(silent)...)
	return v, err
}

const outdatedNote = "the rules of scoring changed, and these customers are still scored by the earlier ones: ask again in a minute"

// asked reads the condition or segment file in the body.
func (j *judge) asked(c *gin.Context) (question, error) {
	data, err := rawBody(c)
	if err != nil {
		return question{}, err
	}
	known, err := surroundingsOf(c.Request.Context(), j.store, named(c), j.now())
	if err != nil {
		return question{}, err
	}
	q, err := known.readQuestion(data)
	q.data = data
	return q, err
}

func showCount(q question, found crowd) countView {
	v := countView{Size: found.size, Base: found.base, At: stored(found.at), Notes: faults(q.notes)}
	if v.Base > 0 {
		v.Share = float64(v.Size) / float64(v.Base)
	}
	return v
}

// previewView is a count with the first matching customers.
type previewView struct {
	countView
	Customers []judgedView `json:"customers"` // by number
}

// judgedView is a customer, and why a condition matches or not.
type judgedView struct {
	Customer memberView       `json:"customer"`
	Match    bool             `json:"match"`
	Verdict  segments.Verdict `json:"verdict"`
}

// previewMost and previewDefault are how many customers a preview shows.
const (
	previewMost    = 50
	previewDefault = 10
)

// preview counts, and shows the first customers with the reasons.
func (h *segmentQuestions) preview(c *gin.Context) (any, error) {
	a, err := parameters(c, "limit")
	if err != nil {
		return nil, err
	}
	limit, err := a.number("limit", 1, previewDefault, previewMost)
	if err != nil {
		return nil, err
	}
	q, err := h.asked(c)
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), named(c)
	found, err := h.crowd(ctx, shop, q.condition)
	if err != nil {
		return nil, err
	}
	first, _, err := h.page(ctx, shop, found, 0, limit)
	if err != nil {
		return nil, err
	}
	v := previewView{Customers: []judgedView{}}
	if v.countView, err = h.noted(ctx, shop, q, found); err != nil {
		return nil, err
	}
	for _, who := range first {
		judged, err := h.judged(ctx, shop, q.condition, who, found)
		if err != nil {
			return nil, err
		}
		v.Customers = append(v.Customers, judged)
	}
	return v, nil
}

// judged evaluates the condition for one customer, with the reasons.
func (h *segmentQuestions) judged(
	ctx context.Context, shop string, condition segments.Condition, who commerce.Customer, found crowd,
) (judgedView, error) {
	p, err := h.paramsOf(ctx, shop, who.ID, found.params)
	if err != nil {
		return judgedView{}, err
	}
	verdict := segments.Explain(condition, &who.Profile, nil, p, found.at)
	return judgedView{Customer: currencyFormat{p.Currency}.member(who), Match: verdict.Match, Verdict: verdict}, nil
}

// paramsOf are what one customer is judged by.
func (h *segmentQuestions) paramsOf(ctx context.Context, shop, customer string, p segments.Params) (segments.Params, error) {
	lists, err := h.people.ListingsOf(ctx, shop, customer)
	p.Customer, p.Listed = customer, func(slug string) segments.Listing { return lists[slug] }
	return p, err
}
