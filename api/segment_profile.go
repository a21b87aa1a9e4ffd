package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"comeback/segments"
)

// profileView is the difference between a segment and the rest of the shop.
type profileView struct {
	Of   string    `json:"of,omitempty"` // the segment; absent: a condition without a segment
	Days int       `json:"days"`         // window of the key figures; 0: all time
	At   time.Time `json:"at"`

	Size  int     `json:"size"`  // members in the index
	Base  int     `json:"base"`  // customers of the shop
	Share float64 `json:"share"` // size / base

	Segment keyFiguresView `json:"segment"`
	Rest    keyFiguresView `json:"rest"` // the customers outside
	All     keyFiguresView `json:"all"`
	Traits  []traitView    `json:"traits"`
	Tested  int            `json:"tested"`
	Support int            `json:"support"`
	Trimmed []string       `json:"trimmed,omitempty"`
	Notes   []fault        `json:"notes,omitempty"`
}

// Limits of a profile's parameters.
const (
	profileDays   = 3660
	profileTraits = 500
)

// segment answers GET /v1/segments/:segment/profile.
func (h *segmentProfiles) segment(c *gin.Context) (any, error) {
	condition, err := h.member(c.Request.Context(), shopOf(c), c.Param("segment"))
	if err != nil {
		return nil, err
	}
	return h.profile(c, question{segment: c.Param("segment"), condition: condition})
}

// unsaved is the same for the body's condition.
func (h *segmentProfiles) unsaved(c *gin.Context) (any, error) {
	q, err := h.asked(c)
	if err != nil {
		return nil, err
	}
	return h.profile(c, q)
}

// segmentProfiles compare segments with the rest of the shop, and with one
// another. They need the shop's index.
type segmentProfiles struct{ *judge }

func (h *segmentProfiles) profile(c *gin.Context, q question) (any, error) {
	a, err := parameters(c, "days", "top")
	if err != nil {
		return nil, err
	}
	days, err := a.number("days", 0, 0, profileDays)
	if err != nil {
		return nil, err
	}
	top, err := a.number("top", 1, 0, profileTraits)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	leave, err := h.heavy.Enter(ctx, named(c))
	if err != nil {
		return nil, err
	}
	defer leave()
	held, err := h.open(ctx, named(c))
	if err != nil {
		return nil, err
	}
	defer held.Close()
	at, members := h.now(), &segments.Bitmap{}
	held.Index.Members(q.condition, at, members)
	p := held.Index.Profile(members, segments.ProfileOptions{Days: days, Most: top, Of: q.condition}, at)
	return profileView{
		Of: q.segment, Days: days, At: stored(at), Notes: faults(q.notes),
		Size: p.Size, Base: p.Base, Share: p.Share, Tested: p.Tested, Support: p.Support, Trimmed: p.Trimmed,
		Segment: showKeyFigures(p.Segment), Rest: showKeyFigures(p.Rest), All: showKeyFigures(p.All), Traits: listed(p.Traits, showTrait),
	}, nil
}
