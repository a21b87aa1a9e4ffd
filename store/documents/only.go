package documents

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// IsZero reports whether the index has all documents.
func (o Only) IsZero() bool { return o.Field == "" }

// Filter selects the documents of the index.
func (o Only) Filter() bson.D {
	if o.Value == nil {
		return bson.D{{Key: o.Field, Value: bson.D{{Key: "$exists", Value: true}}}}
	}
	return bson.D{{Key: o.Field, Value: o.Value}}
}

// Has reports whether the index has a document with this value in Field; an absent
// field is the zero RawValue.
func (o Only) Has(v bson.RawValue) bool {
	return v.Type != 0 && (o.Value == nil || o.holds(v))
}

// Within reports whether tests select documents of the index only.
func (o Only) Within(tests []Test) bool {
	if o.IsZero() {
		return true
	}
	for i := range tests {
		if o.implied(&tests[i]) {
			return true
		}
	}
	return false
}

// Implies reports whether a test selects all documents of the index.
func (o Only) Implies(t Test) bool { return o.Value != nil && o.implied(&t) }

// implied reports whether a test selects documents of the index only.
func (o Only) implied(t *Test) bool {
	if t.Field != o.Field {
		return false
	}
	switch t.Op {
	case "$gt", "$gte", "$lt", "$lte":
		return o.Value == nil
	case "$exists":
		return o.Value == nil && t.Value.Boolean()
	case "$eq":
		return o.holds(t.Value)
	case "$in":
		for _, v := range t.List {
			if !o.holds(v) {
				return false
			}
		}
		return len(t.List) > 0
	}
	return false
}

// holds reports whether a document with this value is in the index.
func (o Only) holds(v bson.RawValue) bool {
	switch value := o.Value.(type) {
	case bool:
		is, isBool := v.BooleanOK()
		return isBool && is == value
	case string:
		text, isText := v.StringValueOK()
		return isText && text == value
	}
	return v.Type != bson.TypeNull
}

func (o Only) check() error {
	switch o.Value.(type) {
	case nil:
		return nil
	case bool, string:
		if o.Field != "" {
			return nil
		}
	}
	return errors.New("only: name a field, and a boolean, a string or nothing as its value")
}

// Partial is the declared index of that name, which has an Only and begins with
// the shop. Any other is Invalid.
func (s *Schema) Partial(coll, index string) (Index, error) {
	c, err := s.Collection(coll)
	if err != nil {
		return Index{}, err
	}
	for _, x := range c.Indexes {
		if x.Name == index && !x.Only.IsZero() && !x.Global {
			return x, nil
		}
	}
	return Index{}, invalid("index %s of %s: not declared with Only", index, coll)
}
