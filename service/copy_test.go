package service

import (
	"strings"
	"testing"
	"time"
)

// A copy is a draft of its own: it sends when it is activated, and the first campaign goes on. An id
// that is taken is refused.
func TestCopiedCampaignIsItsOwn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, course("one", "two", "2d"))
		l.asks(t, l.key, 201, "POST /v1/campaigns/course/copy", `{"id": "course-b", "name": "Course B"}`, `"campaign":"course-b"`,
			`"version":1`, `"draft"`)
		l.asks(t, l.key, 409, "POST /v1/campaigns/course/copy", `{"id": "course-b", "name": "Again"}`, "there is one of this id")
		l.asks(t, l.key, 400, "POST /v1/campaigns/course/copy", `{"id": "Course B", "name": "B"}`, "/id")
		l.asks(t, l.key, 404, "POST /v1/campaigns/cours/copy", `{"id": "x", "name": "X"}`)
		l.asks(t, l.key, 200, "GET /v1/campaigns/course-b/versions/1", "", `"Course B"`)
		l.pass(t, time.Minute)
		l.orders(t, "ann", "20.00", nil)
		l.pass(t, time.Hour)
		l.mailed(t, "the copy is a draft", map[string]int{"ann": 1})
		l.asks(t, l.key, 204, "POST /v1/campaigns/course-b/activate", "")
		l.pass(t, time.Minute)
		l.orders(t, "ben", "20.00", nil)
		l.pass(t, time.Hour)
		l.mailed(t, "both are active", map[string]int{"ann": 1, "ben": 2})
	})
}

// A step that lets customers enter a campaign that does not exist is noted when the file is stored.
func TestEnteringAnUnknownCampaignIsNoted(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/journey", journey, "there is no campaign named", "second", "so nobody enters it")
		l.asks(t, l.key, 201, "PUT /v1/campaigns/second", second)
		if got := l.asks(t, l.key, 200, "PUT /v1/campaigns/journey", journey); strings.Contains(got, "nobody enters") {
			t.Errorf("got %s, want no note once the other campaign is there", got)
		}
	})
}
