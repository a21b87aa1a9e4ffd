package segments_test

import (
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"

	"github.com/google/go-cmp/cmp"
)

func segmentFile(id, condition string) []byte {
	return []byte(`{"schema": 1, "id": "` + id + `", "name": "` + id + `", "condition": ` + condition + `}`)
}

// A segment may refer to another. Listed customers are members or not, whatever
// the condition is.
func TestSegmentsOfSegments(t *testing.T) {
	t.Parallel()
	set := segments.NewSet([][]byte{
		segmentFile("women", `{"field": "customer.gender", "op": "is", "value": "female"}`),
		segmentFile("others", `{"not": {"segment": "women"}}`),
		[]byte(`{"schema": 1, "id": "fair", "name": "Met at the fair", "static": true}`),
	})
	if len(set.Broken()) > 0 {
		t.Fatalf("got broken %v", set.Broken())
	}
	listed := map[string]segments.Listing{}
	p := segments.Params{Listed: func(segment string) segments.Listing { return listed[segment] }}
	woman := &commerce.Profile{Attributes: commerce.Attributes{Gender: "female"}}
	for _, c := range []struct {
		rule, in string
		listed   segments.Listing
		want     map[string]bool
	}{
		{"the condition decides", "", segments.Unlisted, map[string]bool{"women": true, "others": false, "fair": false}},
		{"an excluded customer is no member", "women", segments.Excluded, map[string]bool{"women": false, "others": true, "fair": false}},
		{"an included customer is a member", "others", segments.Included, map[string]bool{"women": true, "others": true, "fair": false}},
		{"the members of a static segment are those included", "fair", segments.Included,
			map[string]bool{"women": true, "others": false, "fair": true}},
	} {
		clear(listed)
		listed[c.in] = c.listed
		got := map[string]bool{}
		for _, id := range set.IDs() {
			member, _ := set.Member(id)
			got[id] = segments.Match(member, woman, nil, p, time.Time{})
			if why := segments.Explain(member, woman, nil, p, time.Time{}); why.Match != got[id] {
				t.Errorf("%s: explain of %s has %v", c.rule, id, why.Match)
			}
		}
		if d := cmp.Diff(got, c.want); d != "" {
			t.Errorf("%s: got, want: %s", c.rule, d)
		}
	}
}

// A segment that leads back to itself is refused. The problem shows the path.
func TestSegmentCycles(t *testing.T) {
	t.Parallel()
	set := segments.NewSet([][]byte{segmentFile("a", `{"segment": "b"}`), segmentFile("b", `{"not": {"segment": "c"}}`),
		segmentFile("c", `{"field": "customer.age", "op": "set"}`)})
	_, problems := segments.ReadSegment(segmentFile("c", `{"any": [{"segment": "a"}, {"field": "customer.age", "op": "set"}]}`), set)
	if len(problems) != 1 || problems[0].Message != "a segment cannot refer to itself: c > a > b > c" ||
		problems[0].Pointer != "/condition/any/0/segment" {
		t.Errorf("got %v", problems)
	}
	_, problems = segments.ReadSegment(segmentFile("d", `{"segment": "d"}`), set)
	if len(problems) != 1 || problems[0].Message != "a segment cannot refer to itself: d > d" {
		t.Errorf("got %v", problems)
	}
	_, problems = segments.ReadSegment(segmentFile("d", `{"segment": "cc"}`), set)
	if len(problems) != 1 || problems[0].Message != `there is no segment "cc"` {
		t.Errorf("got %v", problems)
	}
	stored := segments.NewSet([][]byte{segmentFile("a", `{"segment": "b"}`), segmentFile("b", `{"segment": "a"}`),
		segmentFile("c", `{"segment": "a"}`)})
	if len(stored.IDs()) != 0 || len(stored.Broken()) != 3 {
		t.Errorf("got %v and broken %v", stored.IDs(), stored.Broken())
	}
}
