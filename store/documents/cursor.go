package documents

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"

	"comeback/commerce"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Cursor is a place in a sorted search, behind the row that it was made of. API
// callers see it as text; it contains no secret. It never widens a search,
// because it does not carry the filter.
type Cursor struct {
	Sort   []string        `bson:"s"`
	Values []bson.RawValue `bson:"v"` // of the sort fields without _id; null where absent
	ID     string          `bson:"i"`
}

// CursorOf makes the cursor behind last, a row of a search sorted by sort: the
// struct it was decoded into or the bson.Raw itself. The search's Fields must
// have included the sort fields.
func CursorOf(sort []string, last any) (*Cursor, error) {
	raw, err := Marshal(last)
	if err != nil {
		return nil, err
	}
	id, ok := raw.Lookup("_id").StringValueOK()
	if !ok {
		return nil, commerce.Errorf(commerce.Invalid, "cursor: the row carries no _id")
	}
	c := &Cursor{Sort: sort, ID: id, Values: []bson.RawValue{}}
	for _, field := range sort {
		if name := strings.TrimPrefix(field, "-"); name != "_id" {
			c.Values = append(c.Values, ScalarAt(raw, name))
		}
	}
	return c, nil
}

// String is the cursor as opaque text that ParseCursor reads back.
func (c *Cursor) String() string {
	raw, err := Marshal(c)
	if err != nil { // cannot happen: a cursor contains only decoded values
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw)))
}

// ParseCursor reads the text of String. Text that was cut or changed is Invalid.
func ParseCursor(text string) (*Cursor, error) {
	refused := commerce.Errorf(commerce.Invalid, "cursor: not one of ours, start again without it")
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(data) < 9 {
		return nil, refused
	}
	raw, sum := bson.Raw(data[:len(data)-4]), binary.BigEndian.Uint32(data[len(data)-4:])
	if crc32.ChecksumIEEE(raw) != sum || raw.Validate() != nil {
		return nil, refused
	}
	var c Cursor
	if err := bson.Unmarshal(raw, &c); err != nil || !c.whole() {
		return nil, refused
	}
	return &c, nil
}

func (c *Cursor) whole() bool {
	fields := slices.DeleteFunc(slices.Clone(c.Sort), func(f string) bool { return strings.TrimPrefix(f, "-") == "_id" })
	broken := func(v bson.RawValue) bool { return !isScalar(v) }
	return len(c.Sort) > 0 && len(c.Values) == len(fields) && !slices.ContainsFunc(c.Values, broken)
}
