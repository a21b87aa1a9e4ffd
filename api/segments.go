package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// segmentFiles stores segment files. A file with problems is refused as a
// whole, with every problem named. Any other file is stored byte for byte as
// the next version, which is in force at once.
type segmentFiles struct {
	store segmentStore
	judge *judge
	now   func() time.Time
}

type segmentStore interface {
	definedSegments
	// CreateSegment is a Conflict if the id exists.
	CreateSegment(ctx context.Context, shop string, s *segments.Segment) (segments.Stored, error)
	// ReviseSegment stores a new version if the segment's rev is still rev,
	// else Conflict. The same file again makes no version.
	ReviseSegment(ctx context.Context, shop string, s *segments.Segment, rev int64) (segments.Stored, error)
}

// definedSegments are a shop's segments as stored.
type definedSegments interface {
	// Segment also finds archived ones; NotFound if it does not exist.
	Segment(ctx context.Context, shop, slug string) (segments.Stored, segments.Definition, error)
	// SegmentsInUse are the active ones and, in the same order, the version of
	// each in force.
	SegmentsInUse(ctx context.Context, shop string) ([]segments.Stored, []segments.Definition, error)
	// FirstOrder is when the shop's first order was placed; zero: none yet.
	FirstOrder(ctx context.Context, shop string) (time.Time, error)
	SegmentRules(ctx context.Context, shop string) (segments.Rules, error)
}

// maxSegments is the largest number of active segments in a shop: each is
// evaluated for every customer once a minute.
const maxSegments = 1000

// reservedSlugs are the words in the place of a segment's id in paths.
var reservedSlugs = []string{"count", "explain", "overlap", "preview", "profile", "rules", "table", "validate"}

// add answers POST /v1/segments.
func (h *segmentFiles) add(c *gin.Context) (any, error) {
	parsed, notes, err := h.accepted(c)
	if err != nil {
		return nil, err
	}
	kept, err := h.store.CreateSegment(c.Request.Context(), shopOf(c), parsed)
	return h.made(c, http.StatusCreated, kept, parsed, notes, err)
}

// put answers PUT /v1/segments/:segment: the next version, or the first.
func (h *segmentFiles) put(c *gin.Context) (any, error) {
	parsed, notes, err := h.accepted(c)
	if err != nil {
		return nil, err
	}
	if parsed.ID != c.Param("segment") {
		return nil, wrong("/id", "is %q, but the path has %q: make them equal", clip(parsed.ID), clip(c.Param("segment")))
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	before, _, err := h.store.Segment(ctx, shop, parsed.ID)
	if commerce.CodeOf(err) == commerce.NotFound {
		if c.GetHeader(ifMatch) != "" {
			return nil, commerce.Errorf(commerce.Outdated, "If-Match: there is no segment %s; leave the header out to make it", parsed.ID)
		}
		kept, err := h.store.CreateSegment(ctx, shop, parsed)
		return h.made(c, http.StatusCreated, kept, parsed, notes, err)
	}
	if err == nil {
		err = unchanged(c, before)
	}
	if err != nil {
		return nil, err
	}
	kept, err := h.store.ReviseSegment(ctx, shop, parsed, before.Rev)
	status := http.StatusOK
	if kept.Version != before.Version {
		status = http.StatusCreated
	}
	return h.made(c, status, kept, parsed, notes, err)
}

func (h *segmentFiles) made(
	c *gin.Context, status int, kept segments.Stored, s *segments.Segment, notes []strictjson.Problem, err error,
) (any, error) {
	if err != nil {
		return nil, raced(c, err)
	}
	tagged(c, kept)
	return statusBody{status, segmentVersionView{
		Segment: kept.Segment, Version: kept.Version, State: string(kept.State), Rev: kept.Rev, Hash: s.Hash,
		CreatedAt: stored(kept.ChangedAt), Notes: faults(notes),
	}}, nil
}

// accepted checks the body's segment file with the shop's segments known.
func (h *segmentFiles) accepted(c *gin.Context) (*segments.Segment, []strictjson.Problem, error) {
	data, err := rawBody(c)
	if err != nil {
		return nil, nil, err
	}
	known, err := surroundingsOf(c.Request.Context(), h.store, shopOf(c), h.now())
	if err != nil {
		return nil, nil, err
	}
	s, _, problems := known.judgeFile(data)
	if s != nil {
		silent, err := h.judge.silentIn(c.Request.Context(), shopOf(c), data)
		if err != nil {
			return nil, nil, err
		}
		problems = append(problems, silent...)
	}
	return s, problems, invalid("segment: refused, see errors", problems)
}

// segmentVerdict is the result of validating a file.
type segmentVerdict struct {
	Valid    bool    `json:"valid"`
	Problems []fault `json:"problems"` // notes included, marked as notes
}

// validate returns the verdict of put, and stores nothing.
func (h *segmentFiles) validate(c *gin.Context) (any, error) {
	_, problems, err := h.accepted(c)
	if problems == nil && err != nil {
		return nil, err
	}
	return segmentVerdict{Valid: !strictjson.Refused(problems), Problems: faults(problems)}, nil
}

const ifMatch = "If-Match"

// raced is the error of a change that another one overtook: of a caller that
// sent If-Match, as if the header had not matched.
func raced(c *gin.Context, err error) error {
	if c.GetHeader(ifMatch) != "" && commerce.CodeOf(err) == commerce.Conflict {
		return commerce.Errorf(commerce.Outdated, "If-Match: %w", err)
	}
	return err
}

// unchanged compares a caller's If-Match with a segment's rev. Without the
// header every rev is accepted.
func unchanged(c *gin.Context, kept segments.Stored) error {
	asked := c.GetHeader(ifMatch)
	if asked == "" || asked == "*" || strings.TrimPrefix(asked, "W/") == etag(kept) {
		return nil
	}
	return commerce.Errorf(commerce.Outdated, "If-Match: the segment is at %s, read it again and repeat the change", etag(kept))
}
