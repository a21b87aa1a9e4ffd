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

// weigh counts the facts set in a record and hashes them. Zero values and
// empty lists are not facts, so that a record weighs the same before and after
// it was stored; times count to the millisecond.
func weigh(record any) (facts int, sum []byte) {
	w := weigher{hash: sha256.New()}
	w.value("", reflect.ValueOf(record))
	return w.facts, w.hash.Sum(nil)
}

type weigher struct {
	hash  hash.Hash
	facts int
}

func (w *weigher) value(path string, v reflect.Value) {
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

func (w *weigher) structure(path string, v reflect.Value) {
	if at, ok := v.Interface().(time.Time); ok {
		if !at.IsZero() {
			w.leaf(path, fmt.Sprint(at.UnixMilli()))
		}
		return
	}
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; name {
		case "Facts", "Received", "History": // of the record's way here
		default:
			w.value(path+"."+name, v.Field(i))
		}
	}
}

func (w *weigher) leaf(path, text string) {
	w.facts++
	for _, part := range []string{path, text} {
		size := binary.BigEndian.AppendUint32(nil, uint32(len(part)))
		w.hash.Write(size)
		w.hash.Write([]byte(part))
	}
}

// rank places a record among those of one thing.
type rank struct {
	live  bool // told by a platform, not by an import
	at    Stamp
	facts int
}

// newer tells whether record b replaces record a: the greater of (told by the
// platform, version, receipt, facts, hash). Equal records replace nothing.
func newer(a, b any, aRank, bRank rank) bool {
	if aRank.live != bRank.live {
		return bRank.live
	}
	if c := aRank.at.compare(bRank.at); c != 0 {
		return c < 0
	}
	if aRank.facts != bRank.facts {
		return aRank.facts < bRank.facts
	}
	_, aSum := weigh(a)
	_, bSum := weigh(b)
	return bytes.Compare(aSum, bSum) < 0
}
