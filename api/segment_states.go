package api

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
)

// segmentStates archive and restore segments. Segments are never deleted, so
// that earlier statements about them stay meaningful.
type segmentStates struct{ store segmentStateStore }

type segmentStateStore interface {
	definedSegments
	usingCampaigns
	// ArchiveSegment and RestoreSegment are Conflicts if rev has changed.
	ArchiveSegment(ctx context.Context, shop, slug string, rev int64) (segments.Stored, error)
	RestoreSegment(ctx context.Context, shop, slug string, rev int64) (segments.Stored, error)
}

// archive refuses a segment that other segments or campaigns refer to, and names them.
func (h *segmentStates) archive(c *gin.Context) (any, error) {
	kept, _, set, err := h.found(c)
	if err != nil {
		return nil, err
	}
	if users := set.UsedBy(kept.Segment); len(users) > 0 {
		return nil, commerce.Errorf(commerce.Conflict, "segment: %s refer to it: change or archive them first", strings.Join(users, ", "))
	}
	if err := unused(c.Request.Context(), h.store, shopOf(c), kept.Segment); err != nil {
		return nil, err
	}
	kept, err = h.store.ArchiveSegment(c.Request.Context(), shopOf(c), kept.Segment, kept.Rev)
	return h.moved(c, kept, err)
}

// restore refuses a segment that is no longer valid, because it refers to an
// archived one.
func (h *segmentStates) restore(c *gin.Context) (any, error) {
	kept, definition, set, err := h.found(c)
	if err != nil {
		return nil, err
	}
	if kept.State == segments.Archived {
		if len(set.IDs()) >= maxSegments {
			return nil, commerce.Errorf(commerce.Conflict, "segment: %d are active, which is the limit: archive one first", maxSegments)
		}
		_, problems := segments.ReadSegment(definition.JSON, set)
		if err := invalid("segment: no longer valid, see errors", problems); err != nil {
			return nil, err
		}
	}
	kept, err = h.store.RestoreSegment(c.Request.Context(), shopOf(c), kept.Segment, kept.Rev)
	return h.moved(c, kept, err)
}

// found reads the segment in the state its caller saw, and the segments in use.
func (h *segmentStates) found(c *gin.Context) (kept segments.Stored, d segments.Definition, set *segments.Set, err error) {
	ctx, shop := c.Request.Context(), shopOf(c)
	if kept, d, err = h.store.Segment(ctx, shop, c.Param("segment")); err != nil {
		return kept, d, nil, err
	}
	if err := unchanged(c, kept); err != nil {
		return kept, d, nil, err
	}
	_, definitions, err := h.store.SegmentsInUse(ctx, shop)
	return kept, d, segments.NewSet(filesOf(definitions)), err
}

func (h *segmentStates) moved(c *gin.Context, kept segments.Stored, err error) (any, error) {
	if err != nil {
		return nil, raced(c, err)
	}
	tagged(c, kept)
	return showSegment(kept, nil), nil
}
