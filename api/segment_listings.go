package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
)

// segmentListings include customers in a segment manually, or exclude them. A
// listing overrides the segment's condition until it is removed.
type segmentListings struct {
	store listingStore
	now   func() time.Time
}

type listingStore interface {
	Segment(ctx context.Context, shop, slug string) (segments.Stored, segments.Definition, error)
	// Customer follows merges to the remaining customer.
	Customer(ctx context.Context, shop, id string) (commerce.Customer, error)
	// SaveListed returns how many listings changed.
	SaveListed(ctx context.Context, shop string, list []segments.Listed) (changed int, err error)
	DropListed(ctx context.Context, shop, slug string, customers []string) (dropped int, err error)
	ListListed(ctx context.Context, shop, slug, after string, limit int) (list []segments.Listed, next string, err error)
}

// listingView is a listed customer.
type listingView struct {
	Customer string    `json:"customer"`
	Number   int64     `json:"number"`
	Included bool      `json:"included"` // else excluded
	Reason   string    `json:"reason"`
	By       string    `json:"by"` // id of an API key
	At       time.Time `json:"at"`
}

func showListing(l segments.Listed) listingView {
	return listingView{l.Customer, l.N, l.Included, l.Reason, l.By, stored(l.At)}
}

type listingInput struct {
	Included *bool  `json:"included"`
	Reason   string `json:"reason"`
}

// put lists one customer, with the reason.
func (h *segmentListings) put(c *gin.Context) (any, error) {
	var in listingInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	if in.Included == nil {
		return nil, wrong("/included", "missing: true puts the customer into the segment, false keeps them out")
	}
	if err := checkText("/reason", in.Reason, 1, 500); err != nil {
		return nil, err
	}
	kept, who, err := h.found(c)
	if err != nil {
		return nil, err
	}
	l := segments.Listed{
		Segment: kept.Segment, Customer: who.ID, N: who.N, Included: *in.Included, Reason: in.Reason, By: c.GetString(keyKey),
		At: stored(h.now()),
	}
	if _, err := h.store.SaveListed(c.Request.Context(), shopOf(c), []segments.Listed{l}); err != nil {
		return nil, err
	}
	return showListing(l), nil
}

// remove removes a listing, so that the segment's condition decides again. A
// customer without a listing stays so.
func (h *segmentListings) remove(c *gin.Context) (any, error) {
	kept, who, err := h.found(c)
	if err == nil {
		_, err = h.store.DropListed(c.Request.Context(), shopOf(c), kept.Segment, []string{who.ID})
	}
	return nil, err
}

func (h *segmentListings) found(c *gin.Context) (kept segments.Stored, who commerce.Customer, err error) {
	ctx, shop := c.Request.Context(), shopOf(c)
	if kept, _, err = h.store.Segment(ctx, shop, c.Param("segment")); err == nil {
		who, err = h.store.Customer(ctx, shop, c.Param("customer"))
	}
	return kept, who, err
}

// list shows the listed customers, the last listed first.
func (h *segmentListings) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	if _, _, err := h.store.Segment(ctx, shop, c.Param("segment")); err != nil {
		return nil, err
	}
	list, next, err := h.store.ListListed(ctx, shop, c.Param("segment"), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showListing), nil
}
