package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/commerce/clocktest"
)

// Each fault of reported events is named with its place. No message repeats an
// address.
func TestFaultsOfReportedEventsAreNamed(t *testing.T) {
	t.Parallel()
	now := clocktest.Now(t)
	many := strings.Repeat(`{"id": "1", "event": "custom.x", "customer": {"id": "c"}},`, commerce.MaxReports)
	properties := func(text string) string {
		return `{"id": "1", "event": "custom.x", "customer": {"id": "c"}, "properties": ` + text + `}`
	}
	var crowd []string
	for i := range commerce.MaxProperties + 1 {
		crowd = append(crowd, fmt.Sprintf(`"p%d": 1`, i))
	}
	for _, c := range []struct{ body, pointer, want string }{
		{`{}`, "", `"id" is missing`},
		{`{"id": "1", "event": "custom.x"}`, "", `"customer" is missing`},
		{`{"id": "", "event": "custom.x", "customer": {"id": "c"}}`, "/id", "one line of 1 to 200 bytes"},
		{`{"id": "1", "event": "order.paid", "customer": {"id": "c"}}`, "/event", "custom. and 1 to 60 of"},
		{`{"id": "1", "event": "custom.", "customer": {"id": "c"}}`, "/event", "is no name of a reported event"},
		{`{"id": "1", "event": "custom.x", "customer": {}}`, "/customer", "one of id, email and phone"},
		{`{"id": "1", "event": "custom.x", "customer": {"id": "c", "email": "ann@example.com"}}`, "/customer", "one of id, email and phone"},
		{`{"id": "1", "event": "custom.x", "customer": {"email": "ann@example.com", "connection": "c"}}`, "/customer", "connection only beside"},
		{`{"id": "1", "event": "custom.x", "customer": {"email": "ann@"}}`, "/customer/email", "no address of a person"},
		{`{"id": "1", "event": "custom.x", "customer": {"email": "none@none.com"}}`, "/customer/email", "no address of a person"},
		{`{"id": "1", "event": "custom.x", "customer": {"phone": "030 123"}}`, "/customer/phone", "country code"},
		{`{"id": "1", "event": "custom.x", "customer": {"id": "0", "connection": "c"}}`, "/customer/id", "names nobody"},
		{`{"id": "1", "event": "custom.x", "customer": {"id": "c"}, "at": "yesterday"}`, "/at", "write a time such as"},
		{`{"id": "1", "event": "custom.x", "customer": {"id": "c"}, "on": 1}`, "/on", "unknown key"},
		{properties(`[]`), "/properties", "write an object"},
		{properties(`{"a": null}`), "/properties/a", "leave an unknown property out"},
		{properties(`{"a": {"b": 1}}`), "/properties/a", "not an object"},
		{properties(`{"a": ["x", 1]}`), "/properties/a/1", "texts only"},
		{properties(`{"a b": 1}`), "/properties/a b", "1 to 60 of letters, digits"},
		{properties(`{"a": 1e400}`), "/properties/a", ""},
		{properties(`{"a": "` + strings.Repeat("x", commerce.MaxPropertyText+1) + `"}`), "/properties/a", "at most 1000 bytes"},
		{properties("{" + strings.Join(crowd, ",") + "}"), "/properties", "at most 50"},
		{`{"events": []}`, "/events", "a list of 1 to 500"},
		{`{"events": [` + many + properties("{}") + `]}`, "/events", "a list of 1 to 500"},
		{`{"id": "1", "events": [` + properties("{}") + `]}`, "", "not both"},
		{`{"events": [` + properties("{}") + "," + properties(`{"a": null}`) + `]}`, "/events/1/properties/a", "leave an unknown property out"},
	} {
		_, err := readEvents([]byte(c.body), now)
		var f *faulty
		if !errors.As(err, &f) {
			t.Errorf("%.200s: got %v, want a refusal", c.body, err)
			continue
		}
		text, found := fmt.Sprint(f.faults), false
		for _, one := range f.faults {
			found = found || one.Pointer == c.pointer && strings.Contains(one.Detail, c.want) && one.Line == 1
		}
		if !found || strings.Contains(text, "@") && !strings.Contains(text, "such as ann@example.com") {
			t.Errorf("%.200s: got %s, want %q at %s, and no address", c.body, text, c.want, c.pointer)
		}
	}
}

// Whatever the body is, what is accepted is within the limits, and is what was
// written.
func FuzzReportedEvents(f *testing.F) {
	f.Add(`{"id": "1", "event": "custom.quiz_done", "customer": {"email": "ann@example.com"}, "properties": {"a": 7.50, "b": true, "c": []}}`)
	f.Add(`{"events": [{"id": "1", "event": "ticket.opened", "customer": {"id": "7", "connection": "c"}, "at": "2016-01-31T12:00:00Z"}]}`)
	f.Add(`{"events": [{"id": "1", "event": "custom.x", "customer": {"phone": "+4930123456"}, "properties": {"ü": ""}}, {}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		in, err := readEvents([]byte(body), time.Date(2016, 2, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			return
		}
		if n := len(in.reports); n < 1 || n > commerce.MaxReports || n != len(in.nodes) || in.single && n != 1 {
			t.Fatalf("got %d reports of %q", n, body)
		}
		for i, r := range in.reports {
			named := len(r.Buyer.Identities(r.Connection))
			if !r.Kind.Reported() || r.ID == "" || (r.Customer != "") == (named == 1) || len(r.Properties) > commerce.MaxProperties {
				t.Fatalf("got %+v of %q", r, body)
			}
			shown, err := json.Marshal(showProperties(r.Properties))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Properties {
				if p.Check() != nil || in.nodes[i].Member("properties").Member(p.Key) == nil {
					t.Fatalf("got %+v of %q", p, body)
				}
			}
			if !json.Valid(shown) {
				t.Fatalf("got %s of %q", shown, body)
			}
		}
	})
}
