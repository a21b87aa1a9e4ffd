package strictjson

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type setting struct {
	Name  string             `json:"name"`
	Count *int64             `json:"count"`
	At    *time.Time         `json:"at"`
	Tags  []string           `json:"tags"`
	Rates map[string]float64 `json:"rates"`
	Raw   json.RawMessage    `json:"raw"`
}

// A document that fits fills the struct; keys that are absent leave their fields.
func TestIntoFillsTheStruct(t *testing.T) {
	t.Parallel()
	got := setting{Name: "before"}
	problems := Into([]byte(`{"count": 3, "tags": ["a"], "rates": {"x": 0.5}, "at": "2011-01-31T12:00:00Z", "raw": null}`), &got)
	count, at := int64(3), time.Date(2011, 1, 31, 12, 0, 0, 0, time.UTC)
	want := setting{
		Name: "before", Count: &count, At: &at, Tags: []string{"a"}, Rates: map[string]float64{"x": 0.5}, Raw: json.RawMessage("null"),
	}
	if diff := cmp.Diff(got, want); diff != "" || problems != nil {
		t.Errorf("got %v and, got, want:\n%s", problems, diff)
	}
}

// What does not fit is refused whole, and every problem has its place.
func TestIntoListsEveryProblem(t *testing.T) {
	t.Parallel()
	var got setting
	var list []string
	text := `{"name": "x", "Count": 1, "count": 1.5, "tags": [1], "at": "2011-01-31 12:00", "rates": {"x": 1e999}}`
	for _, p := range Into([]byte(text), &got) {
		list = append(list, p.String())
	}
	want := []string{
		`line 1, column 15 (/Count): unknown key "Count"; did you mean "count"?`,
		`line 1, column 36 (/count): a number: write a whole number`,
		`line 1, column 50 (/tags/0): a number: write text`,
		`line 1, column 60 (/at): write a time such as 2026-01-31T12:00:00Z`,
		`line 1, column 95 (/rates/x): 1e999: larger than any number here`,
	}
	if diff := cmp.Diff(list, want); diff != "" || got.Name != "" {
		t.Errorf("got %+v and, got, want:\n%s", got, diff)
	}
}
