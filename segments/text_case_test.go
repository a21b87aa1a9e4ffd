package segments_test

import (
	"fmt"
	"strings"
	"testing"

	"comeback/commerce"
	"comeback/segments"
)

// spelt is a customer with a name, a city, tags, and orders of two brands.
func spelt(t *testing.T) commerce.Profile {
	t.Helper()
	p := customer(
		paid(t, "o1", "2011-03-01T12:00:00+08:00", 1000, commerce.LineFact{Brand: "Acme", Quantity: 1}),
		paid(t, "o2", "2011-03-02T12:00:00+08:00", 4000, commerce.LineFact{Brand: "ＡＣＭＥ", SKU: "x1", Quantity: 1}))
	p.Attributes.LastName, p.Attributes.City, p.Attributes.Tags = "Weiß", "上海 Pudong", []string{"VIP", "Ｗholesale"}
	p.Attributes.Country = "DE"
	return p
}

// Case and width of texts that people write do not matter. "case": true compares as
// written. A negation is the exact complement of either.
func TestCaseAndWidthDoNotMatterUnlessAsked(t *testing.T) {
	t.Parallel()
	p := spelt(t)
	for _, c := range []struct {
		field, op, value string
		any, exact       bool
	}{
		{"customer.last_name", "is", `"WEISS"`, true, false},
		{"customer.last_name", "is", `"Weiß"`, true, true},
		{"customer.last_name", "is", `"Weis"`, false, false},
		{"customer.city", "is", `"上海　ｐｕｄｏｎｇ"`, true, false},
		{"customer.city", "ends_with", `"DONG"`, true, false},
		{"customer.city", "contains", `"海 P"`, true, true},
		{"customer.tags", "has_all", `["vip", "wholesale"]`, true, false},
		{"customer.tags", "has_any", `["new", "VIP"]`, true, true},
		{"customer.tags", "not_in", `["vip"]`, false, true},
	} {
		for words, want := range map[string]bool{`}`: c.any, `, "case": false}`: c.any, `, "case": true}`: c.exact} {
			text := fmt.Sprintf(`{"field": %q, "op": %q, "value": %s`, c.field, c.op, c.value) + words
			if got := matches(t, text, p); got != want {
				t.Errorf("%s: got %v, want %v", text, got, want)
			}
			if got := matches(t, `{"not": `+text+`}`, p); got == want {
				t.Errorf("not %s: got %v, want %v", text, got, !want)
			}
		}
	}
	if !matches(t, `{"event": "order.paid", "distinct": "line.brand", "is": 1}`, p) {
		t.Error("one brand in two spellings is one brand")
	}
	for _, exact := range []string{`{"field": "customer.country", "op": "is", "value": "de"}`,
		`{"event": "order.paid", "where": {"field": "line.sku", "op": "is", "value": "X1"}}`} {
		if matches(t, exact, p) {
			t.Errorf("%s: codes are exact", exact)
		}
	}
}

// "case" is for texts that people write: elsewhere it is refused with the reason.
func TestCaseIsRefusedWhereItHasNoMeaning(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"field": "line.sku", "op": "is", "value": "X", "case": true}`:            "line.sku is always compared exactly",
		`{"field": "customer.city", "op": "set", "case": true}`:                    "customer.city set compares none",
		`{"field": "customer.points", "op": "gt", "value": 1, "case": true}`:       "customer.points gt compares none",
		`{"field": "customer.city", "op": "is", "value": "Bonn", "case": "exact"}`: `"case" is true or false`,
	} {
		_, problems := tryParse(text, segments.Scope{Order: true})
		if len(problems) == 0 || !strings.Contains(problems[0].Message, want) || problems[0].Pointer != "/case" {
			t.Errorf("%s: got %v, want %s at /case", text, problems, want)
		}
	}
}

// Two tests contradict each other only where no spelling passes both.
func TestContradictionsKnowSpellings(t *testing.T) {
	t.Parallel()
	test := func(city, more string) string {
		return fmt.Sprintf(`{"field": "customer.city", "op": "is", "value": %q%s}`, city, more)
	}
	for both, want := range map[string]bool{
		test("BONN", "") + "," + test("Bonn", ""):                             false,
		test("bonn", "") + "," + test("Bonn", `, "case": true`):               false,
		test("BONN", `, "case": true`) + "," + test("Bonn", `, "case": true`): true,
		test("Bonn", "") + "," + test("Ulm", ""):                              true,
	} {
		_, problems := tryParse(`{"all": [`+both+`]}`, segments.Scope{})
		if got := len(problems) > 0 && strings.Contains(problems[0].Message, "contradicts"); got != want {
			t.Errorf("%s: got %v, want a contradiction: %v", both, problems, want)
		}
	}
}

// The smallest change that makes a test of tags false takes every spelling away.
func TestNearMissKnowsSpellings(t *testing.T) {
	t.Parallel()
	p := spelt(t)
	p.Attributes.Tags = []string{"VIP", "vip"}
	c := parse(t, `{"not": {"field": "customer.tags", "op": "has", "value": "Vip"}}`, segments.Scope{})
	if lacks := segments.NearMiss(c, &p, nil, shanghai(t), instant(t, now)); len(lacks) != 1 {
		t.Errorf("got %v, want one change", lacks)
	}
}

// A profile counts the spellings of one value together, and shows the most frequent.
func TestSpellingsAreOneTrait(t *testing.T) {
	t.Parallel()
	ix, members := aThousand(t, func(n int, r *segments.Row) {
		switch {
		case n < 10:
			r.Attributes.City, r.Attributes.Tags = "BONN", []string{"vip", "VIP"}
		case n < 40:
			r.Attributes.City, r.Attributes.Tags = "Bonn", []string{"VIP"}
		case n < 50:
			r.Attributes.City = "bonn"
		default:
			r.Attributes.City = "Ulm"
		}
	})
	p := ix.Profile(members, segments.ProfileOptions{}, instant(t, now))
	if bonn, ok := traitOf(p, "customer.city", "Bonn"); !ok || bonn.In != 50 || bonn.Rest != 0 {
		t.Errorf("got %+v, want 50 of Bonn", bonn)
	}
	if vip, ok := traitOf(p, "customer.tags", "VIP"); !ok || vip.In != 40 {
		t.Errorf("got %+v, want 40 with the tag", vip)
	}
	for _, trait := range p.Traits {
		if trait.Value == "BONN" || trait.Value == "vip" {
			t.Errorf("one value twice: %+v", trait)
		}
	}
}
