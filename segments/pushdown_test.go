package segments

import (
	"reflect"
	"strings"
	"testing"

	"comeback/commerce"
)

// unanswered are the fields without an exact clause, each with its reason. A new
// stored field belongs in the tables of paths instead.
var unanswered = map[string]string{
	"order.lines":        "the length of a list",
	"order.utm_source":   "a position in a list",
	"order.utm_medium":   "a position in a list",
	"order.utm_campaign": "a position in a list",
	"line.category":      "the shop's tree of categories",
	"line.title":         "the shop's catalog",
	"customer.p_alive":   "a model",
	"p_alive":            "a model",
	"checkout.total":     "set in the shop's currency alone",
	"event.":             "of an event that the shop reported, in campaigns only",
}

// Each field and each event has a clause, or a reason why not.
func TestStoredFieldsHaveClauses(t *testing.T) {
	t.Parallel()
	derived := map[string]bool{"customer.age": true, "customer.known_for": true, "orders.days_since_last": true, "customer.stage": true,
		"stage": true}
	for _, family := range families {
		for _, f := range family.fields {
			known := derived[f.name] || unanswered[f.name] != "" || family.prefix == "rfm."
			for _, table := range []map[string]stored{customerPaths, orderPaths, linePaths, messagePaths, consentPaths, checkoutPaths, ofBuyers} {
				_, ok := table[f.name]
				known = known || ok
			}
			if !known {
				t.Errorf("%s: add where it is stored, or why it has no clause", f.name)
			}
		}
	}
	for _, kind := range eventKinds {
		if _, ok := eventPaths[kind.name]; !ok {
			t.Errorf("%s: add where its instant is stored", kind.name)
		}
	}
}

// The path of each clause leads to a field of a profile. A clause that tests for
// absence has a path that is left out when it is empty.
func TestClausePathsExistInProfiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of     reflect.Type
		tables []map[string]stored
	}{
		{reflect.TypeFor[commerce.Customer](), []map[string]stored{customerPaths}},
		{reflect.TypeFor[commerce.OrderFact](), []map[string]stored{orderPaths}},
		{reflect.TypeFor[commerce.LineFact](), []map[string]stored{linePaths}},
		{reflect.TypeFor[commerce.MessageFact](), []map[string]stored{messagePaths}},
		{reflect.TypeFor[commerce.Consent](), []map[string]stored{consentPaths}},
		{reflect.TypeFor[commerce.CheckoutFact](), []map[string]stored{checkoutPaths}},
	} {
		for _, table := range c.tables {
			for name, at := range table {
				leftOut, ok := fieldAt(c.of, at.path)
				if !ok {
					t.Errorf("%s: %s has no %s", name, c.of, at.path)
				}
				if always := at.as == asNumber; always && leftOut || (at.as == asSparse || at.as == asOptional || at.as == asTrue) && !leftOut {
					t.Errorf("%s: whether %s is left out when it is empty differs from its table", name, at.path)
				}
			}
		}
	}
	for name, e := range eventPaths {
		of := reflect.TypeFor[commerce.OrderFact]()
		switch family, _, _ := strings.Cut(name, "."); family {
		case "message":
			of = reflect.TypeFor[commerce.MessageFact]()
		case "consent":
			of = reflect.TypeFor[commerce.Consent]()
		case "checkout":
			of = reflect.TypeFor[commerce.CheckoutFact]()
		case "customer":
			of = reflect.TypeFor[commerce.Profile]()
		}
		for _, path := range e.paths {
			if leftOut, ok := fieldAt(of, path); !ok || leftOut == e.zero {
				t.Errorf("%s: %s has no %s that is left out while it is not known", name, of, path)
			}
		}
	}
}

// fieldAt follows bson names, and reports whether the last is left out when empty.
func fieldAt(of reflect.Type, path string) (leftOut, ok bool) {
	for name := range strings.SplitSeq(path, ".") {
		found := false
		for _, f := range reflect.VisibleFields(of) {
			tag, options, _ := strings.Cut(f.Tag.Get("bson"), ",")
			if tag == name {
				of, leftOut, found = f.Type, strings.Contains(options, "omitempty"), true
			}
		}
		if !found {
			return false, false
		}
		if of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
	}
	return leftOut, true
}
