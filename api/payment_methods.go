package api

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"comeback/commerce"
)

// maxMethods is the largest number of lines in a merchant's own table.
const maxMethods = 200

// changeMethods writes lines into a connection's own table; null removes a
// line. A line that equals the known words is not stored.
func changeMethods(own []commerce.PaymentMethod, change map[string]*string) ([]commerce.PaymentMethod, error) {
	own = slices.Clone(own)
	for _, name := range slices.Sorted(maps.Keys(change)) {
		pointer, plain := "/payment_methods/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(clip(name)), commerce.PlainMethod(name)
		if err := checkText(pointer, name, 1, 100); err != nil {
			return nil, err
		}
		if plain == "" {
			return nil, wrong(pointer, "has no letter or digit: write the platform's name of the method")
		}
		own = slices.DeleteFunc(own, func(m commerce.PaymentMethod) bool { return commerce.PlainMethod(m.Name) == plain })
		if change[name] == nil {
			continue
		}
		kind := commerce.PaymentKind(*change[name])
		if !slices.Contains(commerce.PaymentKinds(), kind) {
			return nil, wrong(pointer, "%q is not one of %q; null removes the line", clip(string(kind)), commerce.PaymentKinds())
		}
		if commerce.KindOfMethod(name) != kind {
			own = append(own, commerce.PaymentMethod{Name: name, Kind: kind})
		}
	}
	if len(own) > maxMethods {
		return nil, wrong("/payment_methods", "more than %d lines of your own: remove those that the shop no longer uses", maxMethods)
	}
	slices.SortFunc(own, func(a, b commerce.PaymentMethod) int {
		return cmp.Compare(commerce.PlainMethod(a.Name), commerce.PlainMethod(b.Name))
	})
	return own, nil
}

// showMethods is the table in force: the words of every shop, with the
// merchant's own lines.
func showMethods(own []commerce.PaymentMethod) map[string]string {
	table := map[string]string{}
	for _, m := range append(commerce.KnownPaymentMethods(), own...) {
		if _, known := table[m.Name]; !known {
			table[m.Name] = string(m.Kind)
		}
	}
	for _, m := range own {
		delete(table, commerce.PlainMethod(m.Name))
		table[m.Name] = string(m.Kind)
	}
	return table
}
