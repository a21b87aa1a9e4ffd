package segments

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// testSchema is {"field": ..., "op": ..., "value": ...} in all forms.
func testSchema(b schemas, at place) schema {
	var kinds []any
	for kind := ofNumber; kind <= ofProperty; kind++ {
		for _, like := range []fieldForm{{kind: kind}, {kind: kind, days: true}, {kind: kind, anyCase: true}} {
			fields := at.fields(func(f field) bool { return len(f.among) == 0 && f.form() == like })
			if len(fields) > 0 {
				named := b.define(at.name+"_"+like.slug(), func() schema { return schema{"anyOf": fields} })
				kinds = append(kinds, testForms(like, named, nil)...)
			}
		}
	}
	for _, family := range families {
		for _, f := range family.fields {
			if len(f.among) > 0 && at.origins&family.origin != 0 {
				kinds = append(kinds, testForms(f.form(), f.schema(), f.among)...)
			}
		}
	}
	return schema{"anyOf": kinds}
}

// fieldForm is what the tests of a field depend on.
type fieldForm struct {
	kind    fieldKind
	days    bool // durations are accepted too
	anyCase bool // "case" is accepted
}

func (f field) form() fieldForm { return fieldForm{f.kind, f.days, f.anyCase} }

// slug names the form in names of definitions.
func (f fieldForm) slug() string {
	switch {
	case f.days:
		return f.kind.slug() + "_of_days"
	case f.kind == ofText && !f.anyCase, f.kind == ofList && !f.anyCase:
		return f.kind.slug() + "_exact"
	}
	return f.kind.slug()
}

// slug names the kind in names of definitions.
func (k fieldKind) slug() string {
	return [...]string{"number", "money", "text", "list", "date", "birthday", "flag", "custom", "property"}[k]
}

// fields lists the fields of the place that are wanted.
func (at place) fields(wanted func(field) bool) []any {
	var list []any
	for _, family := range families {
		for _, f := range family.fields {
			if at.origins&family.origin != 0 && wanted(f) {
				list = append(list, f.schema())
			}
		}
	}
	return list
}

// schema is the field's name with its meaning.
func (f field) schema() schema {
	doc := fmt.Sprintf("%s: %s", f.kind, f.doc)
	if f.anyCase {
		doc += "; case and width do not matter"
	}
	if f.unset != "" {
		doc += "; unset: " + f.unset
	}
	if strings.HasSuffix(f.name, ".") {
		return schema{"type": "string", "pattern": "^" + regexp.QuoteMeta(f.name) + ".", "description": doc}
	}
	return schema{"const": f.name, "description": doc}
}

// testForms are the schemas of tests on fields of one form, one for each form of
// value. among are the possible values.
func testForms(of fieldForm, fields schema, among []string) []any {
	var forms []valueForm
	for _, o := range operators {
		if !has(o.fits, of.kind) {
			continue
		}
		key, value := o.form(of.kind, of.days, among)
		exact := of.anyCase && o.comparesTexts()
		if exact {
			key += " of any case"
		}
		i := slices.IndexFunc(forms, func(f valueForm) bool { return f.key == key })
		if i < 0 {
			i = len(forms)
			forms = append(forms, valueForm{key: key, value: value, exact: exact})
		}
		forms[i].ops = append(forms[i].ops, o.name)
	}
	var list []any
	for _, f := range forms {
		properties := schema{"field": fields, "op": schema{"enum": f.ops}}
		if f.value == nil {
			list = append(list, strict(properties, "field", "op"))
			continue
		}
		properties["value"] = f.value
		if f.exact {
			properties["case"] = schema{"type": "boolean", "description": "true: compare texts exactly; else case and width do not matter"}
		}
		list = append(list, strict(properties, "field", "op", "value"))
	}
	return list
}

// valueForm is one form of value with the operators that take it.
type valueForm struct {
	key   string
	value schema
	ops   []any
	exact bool // they take "case"
}

// form is the schema of an operator's value on a kind of field, with a name.
// Operators with the same name take the same values. A nil schema means no value.
func (o operator) form(kind fieldKind, days bool, among []string) (key string, value schema) {
	name, one := o.element(kind, days, among)
	switch o.takes {
	case takesNone:
		return "none", nil
	case takesSpan:
		return "span", ref("duration")
	case takesList:
		return "list of " + name, listOfAtLeast(1, one)
	case takesEnds:
		return "ends of " + name, endsSchema(one)
	}
	return name, one
}

// element is the schema of one value.
func (o operator) element(kind fieldKind, days bool, among []string) (name string, one schema) {
	part := !has(o.fits, ofDate) && has(o.fits, ofText) // contains, starts_with and ends_with take any text
	switch {
	case kind.written() && !part:
		return o.customElement()
	case kind == ofNumber && !days:
		return "number", schema{"type": "number"}
	case kind == ofNumber:
		return "number of days", schema{"anyOf": []any{schema{"type": "number"}, ref("duration")}}
	case kind == ofMoney:
		return "money", ref("money")
	case kind == ofBirthday && o.takes != takesEnds && has(o.fits, ofText):
		return "birthday", dateSchema(`(--\d{2}|\d{4}-\d{2})-\d{2}`)
	case kind == ofDate, kind == ofBirthday:
		return "date", ref("date")
	case kind == ofFlag:
		return "flag", schema{"type": "boolean"}
	case len(among) > 0 && !part:
		return "name", schema{"enum": among}
	}
	return "text", schema{"type": "string", "minLength": 1}
}

// customElement is the schema of a value that a custom field is compared with.
func (o operator) customElement() (name string, one schema) {
	number, date := has(o.fits, ofNumber), has(o.fits, ofDate)
	switch {
	case has(o.fits, ofText) || !number && !date:
		return "any", schema{"type": []any{"string", "number", "boolean"}}
	case number && date:
		return "number or date", schema{"anyOf": []any{schema{"type": "number"}, ref("date")}}
	case date:
		return "date", ref("date")
	}
	return "number", schema{"type": "number"}
}
