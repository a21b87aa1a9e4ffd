package segments

import "strings"

// stated is what a segment's condition says about a field: by a test of its values,
// or of the field as a whole.
type stated struct {
	field   string
	test    *test
	must    bool // every member passes
	negated bool // members are those who do not pass
}

// statedIn lists what a condition says about customers, and about the records of
// which it demands some. must is true where every member passes it.
func statedIn(c Condition, must, negated bool) (list []stated) {
	switch c := c.(type) {
	case group:
		for _, part := range c.parts {
			list = append(list, statedIn(part, must && (c.anyOf == negated || len(c.parts) == 1), negated)...)
		}
	case not:
		return statedIn(c.part, must, !negated)
	case oneLine:
		return statedIn(c.part, must, negated)
	case membership:
		return statedIn(c.of.Condition, must, negated)
	case test:
		return []stated{{longName(c.title), &c, must, negated != c.negate}}
	case event:
		for _, kind := range c.set.kinds {
			list = append(list, stated{field: kind.name})
			if kind.name == "order.paid" && c.set.where == nil {
				list = append(list, stated{field: "orders.count"}, stated{field: "orders.days_since_last"})
			}
		}
		return append(list, statedIn(c.set.where, false, negated)...)
	}
	return list
}

// longName is the name of a field with its family.
func longName(name string) string {
	for _, family := range families {
		for i := range family.fields {
			if long := family.fields[i].name; !strings.Contains(name, ".") && strings.HasSuffix(long, "."+name) {
				return long
			}
		}
	}
	return name
}

// implies reports whether a value of a dimension is frequent or rare among the
// members because the condition says so: it names the value, or it excludes it.
func (s stated) implies(d *dimension, code int, v *evaluation) bool {
	switch {
	case s.field != d.field:
		return false
	case s.test == nil || !s.test.textual():
		return true
	}
	if _, asked := s.test.is.(presence); asked {
		return false
	}
	of := s.test.subject
	of.field = &field{name: of.name, kind: of.kind, read: func(*evaluation, string) value { return d.value(code) }}
	passes := s.test.is.passes(of, v)
	return passes || s.must && !s.negated && of.kind != ofList
}

// textual reports whether the values of the field are told apart by their text.
func (t test) textual() bool {
	return t.kind == ofText || t.kind == ofList || t.kind == ofFlag || t.kind == ofCustom
}

// value is a value of the dimension as tests read it.
func (d *dimension) value(code int) value {
	text := d.spelling(code)
	list := []string{text}
	if d.nests {
		list = pathNames(nil, strings.Split(text, pathSeparator))
	}
	got := value{set: true, text: text, list: list, flag: text == yes}
	got.num.den = 1
	return got
}
