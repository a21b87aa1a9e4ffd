package store

import (
	"comeback/store/documents"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// filler reads stored values into the fields of a row that is filled again and
// again. It stores frequent texts once. It cuts the others out of blocks, so
// that a row of fifty texts is less than one allocation. It records the first
// value of a wrong type and reads it as nothing.
type filler struct {
	words  map[string]string
	recent [recentWords]string // by hash
	block  strings.Builder
	wrong  string // field and type
}

const (
	mostWords   = 1 << 14
	recentWords = 1 << 9
	longWord    = 64
	blockBytes  = 1 << 15
)

// slot is how one field of a document is read into a T.
type slot[T any] struct {
	key  string
	read func(f *filler, v documents.Element, into *T)
}

// fill reads the fields of a document that slots name. Documents and slots are
// both in the order of the struct, so the next slot nearly always fits.
func fill[T any](f *filler, doc []byte, slots []slot[T], into *T) {
	walk, next := documents.ElementsOf(doc), 0
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		for i := range slots {
			if i += next; i >= len(slots) {
				i -= len(slots)
			}
			if key := slots[i].key; len(key) == len(e.Key) && key[0] == e.Key[0] && key == string(e.Key) {
				slots[i].read(f, e, into)
				next = i + 1
				break
			}
		}
	}
	if walk.Broken && f.wrong == "" {
		f.wrong = "not whole"
	}
}

// below reads a document in a field.
func below[T any](f *filler, v documents.Element, slots []slot[T], into *T) {
	switch v.Kind {
	case bson.TypeEmbeddedDocument:
		fill(f, v.Value, slots, into)
	case bson.TypeNull:
	default:
		f.refuse(v, "a document")
	}
}

// listed reads a list into one that is used again; one reads a member into the
// old one's memory.
func listed[T any](f *filler, v documents.Element, list []T, one func(f *filler, v documents.Element, into *T)) []T {
	list = list[:0]
	if v.Kind != bson.TypeArray {
		if v.Kind != bson.TypeNull {
			f.refuse(v, "a list")
		}
		return list
	}
	walk := documents.ElementsOf(v.Value)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if n := len(list); n < cap(list) {
			list = list[:n+1]
		} else {
			var empty T
			list = append(list, empty)
		}
		one(f, e, &list[len(list)-1])
	}
	if walk.Broken && f.wrong == "" {
		f.wrong = "not whole"
	}
	return list
}

func (f *filler) refuse(v documents.Element, wants string) {
	if f.wrong == "" {
		f.wrong = fmt.Sprintf("field %s contains %s, not %s", v.Key, documents.TypeName(bson.RawValue{Type: v.Kind, Value: v.Value}), wants)
	}
}

// textOf is the bytes of a text; none where it is null.
func (f *filler) textOf(v documents.Element) []byte {
	switch v.Kind {
	case bson.TypeString:
		return v.Value[4 : len(v.Value)-1]
	case bson.TypeNull:
	default:
		f.refuse(v, "text")
	}
	return nil
}

// word is a text that other rows are likely to have too.
func (f *filler) word(v documents.Element) string {
	text := f.textOf(v)
	if len(text) == 0 {
		return ""
	}
	if len(text) > longWord {
		return f.cut(text)
	}
	n := len(text)
	recent := &f.recent[(uint(text[n-1])+10*uint(text[max(n, 2)-2])+31*uint(text[n/2])+7*uint(n))%recentWords]
	if *recent == string(text) {
		return *recent
	}
	known, ok := f.words[string(text)]
	if !ok {
		if f.words == nil || len(f.words) >= mostWords {
			f.words = map[string]string{}
		}
		known = string(text)
		f.words[known] = known
	}
	*recent = known
	return known
}

// text is a text of this row alone.
func (f *filler) text(v documents.Element) string { return f.cut(f.textOf(v)) }

func (f *filler) cut(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if f.block.Cap()-f.block.Len() < len(text) {
		f.block = strings.Builder{}
		f.block.Grow(max(blockBytes, len(text)))
	}
	start := f.block.Len()
	f.block.Write(text)
	return f.block.String()[start:]
}

// whole is an integer, however it is stored.
func (f *filler) whole(v documents.Element) int64 {
	switch v.Kind {
	case bson.TypeInt64:
		return int64(binary.LittleEndian.Uint64(v.Value))
	case bson.TypeInt32:
		return int64(int32(binary.LittleEndian.Uint32(v.Value)))
	case bson.TypeNull:
		return 0
	case bson.TypeDouble:
		if x := math.Float64frombits(binary.LittleEndian.Uint64(v.Value)); x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x)
		}
	}
	f.refuse(v, "a whole number")
	return 0
}

func (f *filler) yes(v documents.Element) bool {
	if v.Kind == bson.TypeBoolean {
		return v.Value[0] == 1
	}
	if v.Kind != bson.TypeNull {
		f.refuse(v, "true or false")
	}
	return false
}

func (f *filler) instant(v documents.Element) time.Time {
	if v.Kind == bson.TypeDateTime {
		return time.UnixMilli(int64(binary.LittleEndian.Uint64(v.Value))).UTC()
	}
	if v.Kind != bson.TypeNull {
		f.refuse(v, "a time")
	}
	return time.Time{}
}
