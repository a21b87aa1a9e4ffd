package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
)

// segmentLists show a shop's segments.
type segmentLists struct{ store segmentListStore }

type segmentListStore interface {
	definedSegments
	ListSegments(ctx context.Context, shop, after string, limit int) (list []segments.Stored, next string, err error)
	// Memberships are the results of the last sweeps, without members and days.
	Memberships(ctx context.Context, shop string) ([]segments.Membership, error)
	SegmentVersion(ctx context.Context, shop, slug string, version int) (segments.Definition, error)
	ListSegmentVersions(ctx context.Context, shop, slug, after string, limit int) (list []segments.Definition, next string, err error)
}

// segmentView is a segment in lists. Size is from the last sweep.
type segmentView struct {
	Segment   string     `json:"segment"`
	Name      string     `json:"name"`
	Static    bool       `json:"static"`
	State     string     `json:"state"`
	Version   int        `json:"version"` // version in force
	Rev       int64      `json:"rev"`
	Size      *int64     `json:"size"`
	SizeAt    *time.Time `json:"size_at"`
	CreatedAt time.Time  `json:"created_at"`
	ChangedAt time.Time  `json:"changed_at"`
}

func showSegment(k segments.Stored, sizes map[string]segments.Membership) segmentView {
	v := segmentView{
		Segment: k.Segment, Name: k.Name, Static: k.Static, State: string(k.State), Version: k.Version, Rev: k.Rev,
		CreatedAt: stored(k.CreatedAt), ChangedAt: stored(k.ChangedAt),
	}
	if m, swept := sizes[k.Segment]; swept && k.State == segments.Active {
		v.Size, v.SizeAt = &m.Size, when(m.At)
	}
	return v
}

// wholeSegment is one segment with its file in force. With problems it is no
// longer valid and cannot be evaluated.
type wholeSegment struct {
	segmentView
	Refers   []string        `json:"refers"`  // segments it refers to
	UsedBy   []string        `json:"used_by"` // segments that refer to it
	Problems []fault         `json:"problems,omitempty"`
	File     json.RawMessage `json:"file"`
}

// segmentVersionView is one version of a segment. State and Rev are the
// segment's. They and the notes are only in the answer that stored the version.
type segmentVersionView struct {
	Segment   string          `json:"segment"`
	Version   int             `json:"version"`
	State     string          `json:"state,omitempty"`
	Rev       int64           `json:"rev,omitempty"`
	Hash      string          `json:"hash"`
	CreatedAt time.Time       `json:"created_at"`
	Notes     []fault         `json:"notes,omitempty"` // valid, but surprising
	File      json.RawMessage `json:"file,omitempty"`
}

// etag is a segment's rev in the form of the ETag and If-Match headers.
func etag(k segments.Stored) string { return `"` + strconv.FormatInt(k.Rev, 10) + `"` }

func tagged(c *gin.Context, k segments.Stored) { c.Header("ETag", etag(k)) }

func (h *segmentLists) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	list, next, err := h.store.ListSegments(ctx, shop, a.after, a.limit)
	if err != nil {
		return nil, err
	}
	sizes, err := h.sizes(ctx, shop)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, func(k segments.Stored) segmentView { return showSegment(k, sizes) }), nil
}

// sizes are the last sweeps by segment.
func (h *segmentLists) sizes(ctx context.Context, shop string) (map[string]segments.Membership, error) {
	swept, err := h.store.Memberships(ctx, shop)
	sizes := make(map[string]segments.Membership, len(swept))
	for _, m := range swept {
		sizes[m.Segment] = m
	}
	return sizes, err
}

func (h *segmentLists) get(c *gin.Context) (any, error) {
	ctx, shop := c.Request.Context(), shopOf(c)
	kept, definition, err := h.store.Segment(ctx, shop, c.Param("segment"))
	if err != nil {
		return nil, err
	}
	sizes, err := h.sizes(ctx, shop)
	if err != nil {
		return nil, err
	}
	_, definitions, err := h.store.SegmentsInUse(ctx, shop)
	if err != nil {
		return nil, err
	}
	set := segments.NewSet(filesOf(definitions))
	v := wholeSegment{
		segmentView: showSegment(kept, sizes), Refers: []string{}, UsedBy: listed(set.UsedBy(kept.Segment), same),
		File: definition.JSON,
	}
	if s := set.Segment(kept.Segment); s != nil {
		v.Refers = listed(s.Refers, same)
	}
	if kept.State == segments.Active {
		v.Problems = faults(set.Broken()[kept.Segment])
	}
	tagged(c, kept)
	return v, nil
}

func showSegmentVersion(d segments.Definition) segmentVersionView {
	return segmentVersionView{Segment: d.Segment, Version: d.Version, Hash: d.Hash, CreatedAt: stored(d.CreatedAt)}
}

func (h *segmentLists) versions(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	if _, _, err := h.store.Segment(ctx, shop, c.Param("segment")); err != nil {
		return nil, err
	}
	list, next, err := h.store.ListSegmentVersions(ctx, shop, c.Param("segment"), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showSegmentVersion), nil
}

// version shows one version with its file, byte for byte.
func (h *segmentLists) version(c *gin.Context) (any, error) {
	n, err := strconv.Atoi(c.Param("version"))
	if err != nil {
		return nil, commerce.Errorf(commerce.NotFound, "version: %q is not a number", clip(c.Param("version")))
	}
	d, err := h.store.SegmentVersion(c.Request.Context(), shopOf(c), c.Param("segment"), n)
	if err != nil {
		return nil, err
	}
	v := showSegmentVersion(d)
	v.File = d.JSON
	return v, nil
}
