package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
)

// tableView compares all segments and all customers of the shop.
type tableView struct {
	At       time.Time      `json:"at"`
	Days     int            `json:"days"` // window of the key figures; 0: all time
	All      keyFiguresView `json:"all"`
	Segments []tableRow     `json:"segments"`
}

type tableRow struct {
	Segment string `json:"segment"`
	Name    string `json:"name"`
	keyFiguresView
}

// table answers GET /v1/segments/table: of the active segments that are valid.
func (h *segmentProfiles) table(c *gin.Context) (any, error) {
	a, err := parameters(c, "days")
	if err != nil {
		return nil, err
	}
	days, err := a.number("days", 0, 0, profileDays)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	_, definitions, err := h.store.SegmentsInUse(ctx, shopOf(c))
	if err != nil {
		return nil, err
	}
	leave, err := h.heavy.Enter(ctx, shopOf(c))
	if err != nil {
		return nil, err
	}
	defer leave()
	held, err := h.open(ctx, shopOf(c))
	if err != nil {
		return nil, err
	}
	defer held.Close()
	set, v := segments.NewSet(filesOf(definitions)), tableView{At: stored(h.now()), Days: days, Segments: []tableRow{}}
	members := h.allMembers(held.Index, set)
	rows, all := held.Index.Table(members, days, h.now())
	v.All = showKeyFigures(all)
	for i, id := range set.IDs() {
		v.Segments = append(v.Segments, tableRow{id, set.Segment(id).Name, showKeyFigures(rows[i])})
	}
	return v, nil
}

// allMembers returns the members of each segment of a set, in the order of its
// ids.
func (h *segmentProfiles) allMembers(ix *segments.Index, set *segments.Set) []*segments.Bitmap {
	var conditions []segments.Condition
	var members []*segments.Bitmap
	for _, id := range set.IDs() {
		member, _ := set.Member(id)
		conditions, members = append(conditions, member), append(members, &segments.Bitmap{})
	}
	ix.Sweep(conditions, h.now(), members)
	return members
}

// overlapView is the relation between two segments.
type overlapView struct {
	SegmentA string    `json:"segment_a"`
	SegmentB string    `json:"segment_b"`
	At       time.Time `json:"at"`
	segments.Overlap
}

// overlap answers GET /v1/segments/overlap?a=&b=.
func (h *segmentProfiles) overlap(c *gin.Context) (any, error) {
	q, err := parameters(c, "a", "b")
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	var two [2]segments.Condition
	for i, name := range []string{"a", "b"} {
		slug := q.query.Get(name)
		if slug == "" {
			return nil, commerce.Errorf(commerce.Invalid, "query: %s: missing, name a segment", name)
		}
		if two[i], err = h.member(ctx, shop, slug); err != nil {
			return nil, err
		}
	}
	held, err := h.open(ctx, shop)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	at, a, b := h.now(), &segments.Bitmap{}, &segments.Bitmap{}
	held.Index.Sweep(two[:], at, []*segments.Bitmap{a, b})
	return overlapView{q.query.Get("a"), q.query.Get("b"), stored(at), a.Overlap(b, held.Index.Len())}, nil
}
