package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
)

// segmentHistory shows the size of a segment by day.
type segmentHistory struct{ store historyStore }

type historyStore interface {
	Segment(ctx context.Context, shop, slug string) (segments.Stored, segments.Definition, error)
	// Membership is the result of the last sweep; NotFound before the first.
	Membership(ctx context.Context, shop, slug string) (segments.Membership, error)
}

// historyView leaves out days without a change; the size stays the same there.
type historyView struct {
	Segment string         `json:"segment"`
	Size    *int64         `json:"size"` // null: not counted yet
	At      *time.Time     `json:"at"`
	Days    []segments.Day `json:"days"` // oldest first, in the shop's zone
}

// Days of history that are stored, and that are shown by default.
const (
	historyKept    = 800
	historyDefault = 90
)

func (h *segmentHistory) get(c *gin.Context) (any, error) {
	a, err := parameters(c, "days")
	if err != nil {
		return nil, err
	}
	days, err := a.number("days", 1, historyDefault, historyKept)
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	kept, _, err := h.store.Segment(ctx, shop, c.Param("segment"))
	if err != nil {
		return nil, err
	}
	v := historyView{Segment: kept.Segment, Days: []segments.Day{}}
	m, err := h.store.Membership(ctx, shop, kept.Segment)
	if commerce.CodeOf(err) == commerce.NotFound {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	v.Size, v.At = &m.Size, when(m.At)
	v.Days = append(v.Days, m.Days[max(0, len(m.Days)-days):]...)
	return v, nil
}
