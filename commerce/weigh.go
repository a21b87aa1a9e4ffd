package commerce

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"reflect"
	"time"
)

// hashFacts hashes the facts set in a record: those that factsOf counts. Times
// count to the millisecond.
func hashFacts(record any) (sum []byte) {
	w := factHasher{hash: sha256.New()}
	w.value("", reflect.ValueOf(record))
	return w.hash.Sum(nil)
}

// factsOf counts the facts set in a record. Zero values and empty lists are no
// facts, so that storing a record does not change the count. record is a
// pointer, which avoids a copy, or a list.
func factsOf(record any) int { return countFacts(reflect.Indirect(reflect.ValueOf(record))) }

func countFacts(v reflect.Value) (facts int) {
	switch v.Kind() {
	case reflect.Struct:
		if at, ok := timeOf(v); ok {
			return one(!at.IsZero())
		}
		for i := range v.NumField() {
			if field := v.Field(i); !field.IsZero() && !transportField(v, i) {
				facts += countFacts(field)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			facts += countFacts(v.Index(i))
		}
	case reflect.Pointer:
		return one(!v.IsNil())
	default:
		return one(!v.IsZero())
	}
	return facts
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func timeOf(v reflect.Value) (time.Time, bool) {
	if v.Type() != reflect.TypeFor[time.Time]() {
		return time.Time{}, false
	}
	at, ok := v.Interface().(time.Time)
	return at, ok
}

// transportField reports whether a field belongs to the record's transport, not to
// its content.
func transportField(v reflect.Value, field int) bool {
	switch v.Field(field).Kind() {
	case reflect.Int, reflect.Bool, reflect.Struct: // the types of these fields
		name := v.Type().Field(field).Name
		return name == "Facts" || name == "Received" || name == "History"
	}
	return false
}

type factHasher struct{ hash hash.Hash }

func (w *factHasher) value(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		w.structure(path, v)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			w.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			w.leaf(path, fmt.Sprint(v.Elem().Interface()))
		}
	default:
		if !v.IsZero() {
			w.leaf(path, fmt.Sprint(v.Interface()))
		}
	}
}

func (w *factHasher) structure(path string, v reflect.Value) {
	if at, ok := timeOf(v); ok {
		if !at.IsZero() {
			w.leaf(path, fmt.Sprint(at.UnixMilli()))
		}
		return
	}
	for i := range v.NumField() {
		if !transportField(v, i) {
			w.value(path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
}

func (w *factHasher) leaf(path, text string) {
	for _, part := range []string{path, text} {
		size := binary.BigEndian.AppendUint32(nil, uint32(len(part)))
		w.hash.Write(size)
		w.hash.Write([]byte(part))
	}
}

// rank is the position of a record among those of one thing.
type rank struct {
	source source
	at     Stamp
	facts  int
}

// source is the kind of a record; the platform's word counts most.
type source int

const (
	ofNobody source = iota // a stub
	ofImport
	ofPlatform
)

// rankOf is the rank of a record. Imports are compared by receipt first: the later
// import wins.
func rankOf(stub, history bool, at Stamp, facts int) rank {
	switch {
	case stub:
		return rank{ofNobody, at, facts}
	case history:
		return rank{ofImport, Stamp{at.Received, at.At}, facts}
	}
	return rank{ofPlatform, at, facts}
}

func (r rank) before(other rank) bool {
	if r.source != other.source {
		return r.source < other.source
	}
	return r.at.compare(other.at) < 0
}

// replaces reports whether one of two records of a part replaces the other one as a
// whole, times included: the platform's that of an import, and the later import's
// that of the earlier.
func replaces(a, b rank) bool {
	return a.source != b.source || a.source == ofImport && !a.at.At.Equal(b.at.At)
}

// newer reports whether record b replaces record a: the greater of (source,
// version, receipt, facts, hash); of imports the receipt goes before the version.
// Equal records replace nothing.
func newer(a, b any, aRank, bRank rank) bool {
	if aRank.source != bRank.source {
		return aRank.source < bRank.source
	}
	if c := aRank.at.compare(bRank.at); c != 0 {
		return c < 0
	}
	if aRank.facts != bRank.facts {
		return aRank.facts < bRank.facts
	}
	return bytes.Compare(hashFacts(a), hashFacts(b)) < 0
}
