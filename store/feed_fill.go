package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// filler reads stored values into the fields of a row that is filled again and
// again. Texts that come again and again are kept once; the others are cut out
// of blocks, so that a row of fifty texts is less than one allocation. The first
// value of a wrong type is remembered, and read as nothing.
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

// slot says how one field of a document is read into a T.
type slot[T any] struct {
	key  string
	read func(f *filler, v element, into *T)
}

// fill reads the fields of a document that slots name. Documents are written in
// the order of their struct, and slots are in that order: the next one nearly
// always is the one.
func fill[T any](f *filler, doc []byte, slots []slot[T], into *T) {
	walk, next := elementsOf(doc), 0
	for e, ok := walk.next(); ok; e, ok = walk.next() {
		for i := range slots {
			if i += next; i >= len(slots) {
				i -= len(slots)
			}
			if key := slots[i].key; len(key) == len(e.key) && key[0] == e.key[0] && key == string(e.key) {
				slots[i].read(f, e, into)
				next = i + 1
				break
			}
		}
	}
	if walk.broken && f.wrong == "" {
		f.wrong = "not whole"
	}
}

// below reads a document in a field.
func below[T any](f *filler, v element, slots []slot[T], into *T) {
	switch v.kind {
	case bson.TypeEmbeddedDocument:
		fill(f, v.value, slots, into)
	case bson.TypeNull:
	default:
		f.refuse(v, "a document")
	}
}

// listed reads a list into one that is used again; one reads a member into what
// was another row's.
func listed[T any](f *filler, v element, list []T, one func(f *filler, v element, into *T)) []T {
	list = list[:0]
	if v.kind != bson.TypeArray {
		if v.kind != bson.TypeNull {
			f.refuse(v, "a list")
		}
		return list
	}
	walk := elementsOf(v.value)
	for e, ok := walk.next(); ok; e, ok = walk.next() {
		if n := len(list); n < cap(list) {
			list = list[:n+1]
		} else {
			var empty T
			list = append(list, empty)
		}
		one(f, e, &list[len(list)-1])
	}
	if walk.broken && f.wrong == "" {
		f.wrong = "not whole"
	}
	return list
}

func (f *filler) refuse(v element, wants string) {
	if f.wrong == "" {
		f.wrong = fmt.Sprintf("field %s holds %s, not %s", v.key, typeName(bson.RawValue{Type: v.kind, Value: v.value}), wants)
	}
}

// textOf is the bytes of a text; none where it is null.
func (f *filler) textOf(v element) []byte {
	switch v.kind {
	case bson.TypeString:
		return v.value[4 : len(v.value)-1]
	case bson.TypeNull:
	default:
		f.refuse(v, "text")
	}
	return nil
}

// word is a text that other rows are likely to have too.
func (f *filler) word(v element) string {
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
func (f *filler) text(v element) string { return f.cut(f.textOf(v)) }

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
func (f *filler) whole(v element) int64 {
	switch v.kind {
	case bson.TypeInt64:
		return int64(binary.LittleEndian.Uint64(v.value))
	case bson.TypeInt32:
		return int64(int32(binary.LittleEndian.Uint32(v.value)))
	case bson.TypeNull:
		return 0
	case bson.TypeDouble:
		if x := math.Float64frombits(binary.LittleEndian.Uint64(v.value)); x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x)
		}
	}
	f.refuse(v, "a whole number")
	return 0
}

func (f *filler) yes(v element) bool {
	if v.kind == bson.TypeBoolean {
		return v.value[0] == 1
	}
	if v.kind != bson.TypeNull {
		f.refuse(v, "true or false")
	}
	return false
}

func (f *filler) instant(v element) time.Time {
	if v.kind == bson.TypeDateTime {
		return time.UnixMilli(int64(binary.LittleEndian.Uint64(v.value))).UTC()
	}
	if v.kind != bson.TypeNull {
		f.refuse(v, "a time")
	}
	return time.Time{}
}
