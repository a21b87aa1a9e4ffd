package api

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
)

// explainView explains why a customer belongs to a segment or not, with the
// figures behind each test.
type explainView struct {
	Segment string `json:"segment,omitempty"` // absent: a condition without a segment
	judgedView
	At    time.Time `json:"at"`
	Notes []fault   `json:"notes,omitempty"`
}

// customer answers GET /v1/customers/:customer/explain?segment=.
func (h *segmentQuestions) customer(c *gin.Context) (any, error) {
	a, err := parameters(c, "segment")
	if err != nil {
		return nil, err
	}
	slug := a.query.Get("segment")
	if slug == "" {
		return nil, commerce.Errorf(commerce.Invalid, "query: segment: missing, name a segment or a campaign")
	}
	condition, err := h.member(c.Request.Context(), shopOf(c), slug)
	if err != nil {
		return nil, err
	}
	return h.explained(c, question{segment: slug, condition: condition}, c.Param("customer"))
}

// explain is the same for a condition that is not stored; the query names the
// customer.
func (h *segmentQuestions) explain(c *gin.Context) (any, error) {
	a, err := parameters(c, "customer")
	if err != nil {
		return nil, err
	}
	who := a.query.Get("customer")
	if who == "" {
		return nil, commerce.Errorf(commerce.Invalid, "query: customer: missing, name the customer")
	}
	q, err := h.asked(c)
	if err != nil {
		return nil, err
	}
	return h.explained(c, q, who)
}

// explained also finds, for a customer who does not match, the smallest change
// that would make them match. This tries many changes, and waits for a place.
func (h *segmentQuestions) explained(c *gin.Context, q question, customer string) (any, error) {
	ctx, shop := c.Request.Context(), named(c)
	who, err := h.person(ctx, shop, customer)
	if err != nil {
		return nil, err
	}
	asked := crowd{at: h.now()}
	if asked.params, err = h.params(ctx, shop); err != nil {
		return nil, err
	}
	judged, err := h.judged(ctx, shop, q.condition, who, asked)
	if err == nil && !judged.Match {
		judged.Verdict.Lacks, err = h.lacks(ctx, shop, q.condition, who, asked)
	}
	if err != nil {
		return nil, err
	}
	return explainView{Segment: q.segment, judgedView: judged, At: stored(asked.at), Notes: faults(q.notes)}, nil
}

// person finds a customer by id, or by number.
func (h *segmentQuestions) person(ctx context.Context, shop, named string) (commerce.Customer, error) {
	if n, err := strconv.ParseInt(named, 10, 64); err == nil {
		list, err := h.people.CustomersNumbered(ctx, shop, []int64{n})
		if err != nil || len(list) == 0 {
			return commerce.Customer{}, cmp.Or(err, commerce.Errorf(commerce.NotFound, "customer %d: not found in this shop", n))
		}
		named = list[0].ID
	}
	return h.people.CustomerNow(ctx, shop, named)
}

func (h *segmentQuestions) lacks(
	ctx context.Context, shop string, condition segments.Condition, who commerce.Customer, asked crowd,
) ([]segments.Lack, error) {
	p, err := h.paramsOf(ctx, shop, who.ID, asked.params)
	if err != nil {
		return nil, err
	}
	leave, err := h.heavy.Enter(ctx, shop)
	if err != nil {
		return nil, err
	}
	defer leave()
	return segments.NearMiss(condition, &who.Profile, nil, p, asked.at), nil
}
