package segments

import "slices"

// Schema is the condition language as JSON Schema 2020-12, ready to encode. The
// document describes a condition on a customer. Its $defs also have
// order_condition, for places with an order, reported_condition, for places with an
// event that the shop reported, and order_where, message_where, consent_where and
// checkout_where, for the records of events. It describes what
// an editor can complete. Parse also refuses what a schema cannot describe:
// limits, dates that do not exist, contradictions. The caller owns the result.
func Schema() map[string]any {
	b := schemas{"duration": durationSchema(), "date": dateSchema(`\d{4}-\d{2}-\d{2}`), "money": moneySchema()}
	b["ago"], b["dates"] = strict(schema{"from": ref("duration"), "to": ref("duration")}, "from", "to"), endsSchema(ref("date"))
	for _, at := range []place{
		{"condition", originCustomer}, {"order_condition", originCustomer | originOrder}, {"order_where", originOrder},
		{"reported_condition", originCustomer | originReported},
		{"message_where", originMessage},
		{"consent_where", originConsent}, {"checkout_where", originCheckout},
	} {
		var kinds []any
		for _, kind := range conditionKinds() {
			if kind.schema != nil && (!kind.ofCustomer || at.origins&originCustomer != 0) {
				kinds = append(kinds, kind.schema(b, at))
			}
		}
		b[at.name] = schema{"anyOf": kinds}
	}
	return schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Condition on a customer",
		"$ref": "#/$defs/condition", "$defs": map[string]any(b),
	}
}

// schema is a part of a JSON Schema.
type schema = map[string]any

// schemas are the definitions made so far, by name.
type schemas schema

// define makes a definition once and returns a reference to it.
func (b schemas) define(name string, of func() schema) schema {
	if _, made := b[name]; !made {
		b[name] = of()
	}
	return ref(name)
}

// place is the place of a condition, and whose fields may be read there.
type place struct {
	name    string
	origins origin
}

func ref(name string) schema { return schema{"$ref": "#/$defs/" + name} }

// strict is an object with these keys and no others.
func strict(properties schema, required ...string) schema {
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func listOfAtLeast(n int, items schema) schema {
	return schema{"type": "array", "items": items, "minItems": n}
}

func durationSchema() schema {
	var units []any
	for _, u := range spanUnits {
		units = append(units, strict(schema{u.name: schema{"type": "integer", "minimum": 0, "maximum": u.most}}, u.name))
	}
	units = append(units, schema{"type": "string", "pattern": "^[0-9]+[mhdw]$"})
	return schema{"anyOf": units, "description": `a duration: {"days": 7}, or short "30m", "24h", "7d"; days, ` +
		`weeks and months are those of the calendar`}
}

func dateSchema(day string) schema {
	return schema{"type": "string", "pattern": "^" + day + `$|^\d{4}-\d{2}-\d{2}T.+$`,
		"description": "a day of the shop's zone, 2026-01-31, or an instant, 2026-01-31T10:00:00Z"}
}

func moneySchema() schema {
	return schema{"anyOf": []any{schema{"type": "string", "pattern": `^-?[0-9]+(\.[0-9]+)?$`}, schema{"type": "integer"}},
		"description": "decimal text such as 12.50, or whole major units"}
}

func groupSchema(key string) func(schemas, place) schema {
	return func(_ schemas, at place) schema { return strict(schema{key: listOfAtLeast(1, ref(at.name))}, key) }
}

func notSchema(_ schemas, at place) schema { return strict(schema{"not": ref(at.name)}, "not") }

// windowSchema adds the window keys to properties.
func windowSchema(properties schema) schema {
	date := ref("date")
	properties["last"] = ref("duration")
	properties["ago"], properties["between"] = ref("ago"), ref("dates")
	properties["before"], properties["after"] = date, date
	return properties
}

func endsSchema(end schema) schema {
	list := listOfAtLeast(2, end)
	list["maxItems"] = 2
	return schema{"anyOf": []any{list, strict(schema{"from": end, "to": end}, "from", "to")}}
}

// boundSchema adds the comparisons to properties.
func boundSchema(properties, bound schema) schema {
	for _, key := range boundKeys {
		properties[key] = bound
	}
	return properties
}

// eventNames is the schema of an event's name, or of a list of them.
func (b schemas) eventNames(at place) schema {
	name := b.define(at.name+"_event", func() schema {
		var names []any
		for _, kind := range eventKinds {
			if kind.origin == at.origins {
				names = append(names, schema{"const": kind.name, "description": kind.doc})
			}
		}
		return schema{"anyOf": names}
	})
	return schema{"anyOf": []any{name, listOfAtLeast(1, name)}}
}

// happened starts the properties of a set of events.
func (b schemas) happened(at place) schema {
	if at.origins == originSelf {
		return schema{"event": b.eventNames(at)}
	}
	return schema{"event": b.eventNames(at), "where": ref(at.name)}
}

// either is an anyOf over the kinds of records that events happen to.
func either(of func(at place) []any) schema {
	var kinds []any
	for _, at := range []place{
		{"order_where", originOrder}, {"message_where", originMessage}, {"consent_where", originConsent}, {"checkout_where", originCheckout},
		{"customer", originSelf},
	} {
		kinds = append(kinds, of(at)...)
	}
	return schema{"anyOf": kinds}
}

// follow is a set of events at any time.
func (b schemas) follow() schema {
	return b.define("follow", func() schema {
		return either(func(at place) []any { return []any{strict(b.happened(at), "event")} })
	})
}

// half is a set of events of a share.
func (b schemas) half() schema {
	return b.define("half", func() schema {
		return either(func(at place) []any { return []any{strict(windowSchema(b.happened(at)), "event")} })
	})
}

func eventSchema(b schemas, _ place) schema {
	return b.define("event", func() schema {
		return either(func(at place) []any {
			base := func() schema {
				properties := windowSchema(b.happened(at))
				properties["pick"] = schema{"enum": []any{"any", "last"}}
				properties["followed_by"], properties["not_followed_by"] = b.follow(), b.follow()
				return properties
			}
			counted, count := base(), strict(boundSchema(schema{}, schema{"type": "number"}))
			count["minProperties"] = 1
			counted["count"] = count
			kinds := []any{strict(counted, "event")}
			for _, f := range b.figures(at) {
				properties := boundSchema(base(), f.bound)
				properties[f.op] = f.of
				kinds = append(kinds, strict(properties, "event", f.op))
			}
			return kinds
		})
	})
}

// figureSchema is one aggregate, with the fields it takes and the values it is
// compared with.
type figureSchema struct {
	op        string
	of, bound schema
}

func (b schemas) figures(at place) []figureSchema {
	var list []figureSchema
	add := func(op, group string, bound schema, kinds ...fieldKind) {
		var fields []any
		for _, kind := range kinds {
			fields = append(fields, at.fields(func(f field) bool { return f.kind == kind })...)
		}
		if len(fields) > 0 {
			of := b.define(at.name+"_"+group, func() schema { return schema{"anyOf": fields} })
			list = append(list, figureSchema{op, of, bound})
		}
	}
	for _, op := range []string{"sum", "avg", "min", "max"} {
		add(op, "summed_number", schema{"type": "number"}, ofNumber)
		add(op, "summed_money", ref("money"), ofMoney)
	}
	add("distinct", "distinct", schema{"type": "number"}, ofText, ofList, ofCustom)
	return list
}

func shareSchema(b schemas, _ place) schema {
	return b.define("share", func() schema {
		properties := windowSchema(schema{"share": b.half(), "of": b.half()})
		return strict(boundSchema(properties, schema{"type": "number"}), "share", "of")
	})
}

func ratioSchema(b schemas, _ place) schema {
	return b.define("ratio", func() schema {
		list := listOfAtLeast(2, either(func(at place) []any {
			kinds := []any{strict(windowSchema(b.happened(at)), "event")}
			for _, f := range b.figures(at) {
				properties := windowSchema(b.happened(at))
				properties[f.op] = f.of
				kinds = append(kinds, strict(properties, "event", f.op))
			}
			return kinds
		}))
		list["maxItems"] = 2
		return strict(boundSchema(windowSchema(schema{"ratio": list}), schema{"type": "number"}), "ratio")
	})
}

func sampleSchema(schemas, place) schema {
	return strict(schema{"sample": strict(schema{
		"percent": schema{"type": "number", "exclusiveMinimum": 0, "maximum": 100}, "seed": schema{"type": "string", "minLength": 1},
	}, "percent", "seed")}, "sample")
}

// has reports whether kind is one of kinds.
func has(kinds []fieldKind, kind fieldKind) bool { return slices.Contains(kinds, kind) }
