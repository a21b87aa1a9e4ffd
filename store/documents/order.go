package documents

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// AppendKey appends v in a form whose byte order is the order of Compare. Two
// keys are equal exactly where Compare finds the values equal. No key is the
// beginning of another, so keys of several values may be joined. It is for
// scalars.
func AppendKey(dst []byte, v bson.RawValue) []byte {
	if isNaN(v) {
		return append(dst, keyNaN)
	}
	switch class(v) {
	case classNumber:
		return appendNumber(append(dst, keyNumber), v)
	case classString:
		return appendText(append(dst, keyString), textOf(v))
	case classBinary:
		sub, data := v.Binary()
		dst = binary.BigEndian.AppendUint32(append(dst, keyBinary), uint32(len(data)))
		return append(append(dst, sub), data...)
	case classBool:
		return append(append(dst, keyBool), v.Value...)
	case classTime:
		return binary.BigEndian.AppendUint64(append(dst, keyTime), uint64(v.DateTime())^(1<<63))
	}
	return append(dst, keyNull)
}

// KeyClass is the first byte of the keys of v's type; all keys of the type lie
// from it to below KeyClass + 1.
func KeyClass(v bson.RawValue) byte { return AppendKey(nil, v)[0] }

// KeyLength is the length of the first n joined keys of key.
func KeyLength(key []byte, n int) int {
	at := 0
	for ; n > 0 && at < len(key); n-- {
		at += oneKeyLength(key[at:])
	}
	return at
}

// plainKey is the value of the first key of key, as a tally shows it.
func plainKey(key []byte) any {
	switch key[0] {
	case keyNaN:
		return math.NaN()
	case keyNumber:
		return plainNumber(key[1:])
	case keyString:
		text := bytes.ReplaceAll(key[1:oneKeyLength(key)-2], []byte{0, 0xff}, []byte{0})
		return string(text)
	case keyBool:
		return key[1] == 1
	case keyTime:
		return time.UnixMilli(int64(binary.BigEndian.Uint64(key[1:]) ^ (1 << 63))).UTC()
	}
	return nil
}

// AppendField appends the first value of key as a field of a BSON document, and
// returns the rest of key. A whole number becomes an int64. Null becomes no
// field, because it also means absent.
func AppendField(dst []byte, name string, key []byte) (doc, rest []byte) {
	n := oneKeyLength(key)
	switch v := plainKey(key).(type) {
	case int64:
		dst = bsoncore.AppendInt64Element(dst, name, v)
	case float64:
		dst = bsoncore.AppendDoubleElement(dst, name, v)
	case string:
		dst = bsoncore.AppendStringElement(dst, name, v)
	case bool:
		dst = bsoncore.AppendBooleanElement(dst, name, v)
	case time.Time:
		dst = bsoncore.AppendDateTimeElement(dst, name, v.UnixMilli())
	}
	if key[0] == keyBinary {
		dst = bsoncore.AppendBinaryElement(dst, name, key[5], key[6:n])
	}
	return dst, key[n:]
}

// plainNumber is an int64 where the number is whole and fits: a server may
// return either 2 or 2.0 for a group of both.
func plainNumber(key []byte) any {
	bits := binary.BigEndian.Uint64(key)
	if bits>>63 == 1 {
		bits &^= 1 << 63
	} else {
		bits = ^bits
	}
	f, rest := math.Float64frombits(bits), int64(binary.BigEndian.Uint16(key[8:]))-1<<15
	switch {
	case f == 1<<63 && rest < 0:
		return math.MaxInt64 + (rest + 1)
	case f != math.Trunc(f) || f < -1<<63 || f >= 1<<63:
		return f
	}
	return int64(f) + rest
}

const (
	keyNull   = 0x10
	keyNaN    = 0x1f
	keyNumber = 0x20
	keyString = 0x30
	keyBinary = 0x40
	keyBool   = 0x50
	keyTime   = 0x60
)

func oneKeyLength(key []byte) int {
	switch key[0] {
	case keyNumber:
		return 11
	case keyString:
		i := 1
		for ; key[i] != 0 || key[i+1] != 1; i++ {
			if key[i] == 0 {
				i++
			}
		}
		return i + 2
	case keyBinary:
		return 6 + int(binary.BigEndian.Uint32(key[1:]))
	case keyBool:
		return 2
	case keyTime:
		return 9
	}
	return 1
}

// appendNumber writes the nearest float, and behind it the distance of a wide
// integer from it. The rounding is monotone, so the order is right.
func appendNumber(dst []byte, v bson.RawValue) []byte {
	f, rest := 0.0, int64(0)
	if n, ok := Integer(v); ok {
		f = float64(n)
		if f >= math.MaxInt64 {
			rest = n - math.MaxInt64 - 1
		} else {
			rest = n - int64(f)
		}
	} else {
		f = v.Double() + 0 // -0 becomes 0
	}
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	dst = binary.BigEndian.AppendUint64(dst, bits)
	return binary.BigEndian.AppendUint16(dst, uint16(rest+1<<15))
}

// appendText escapes NUL and ends with bytes that sort before any other byte.
func appendText(dst, text []byte) []byte {
	if bytes.IndexByte(text, 0) < 0 {
		return append(append(dst, text...), 0, 1)
	}
	for _, c := range text {
		dst = append(dst, c)
		if c == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 1)
}

// textOf is the content of a text, in place.
func textOf(v bson.RawValue) []byte {
	if len(v.Value) < 5 {
		return nil
	}
	return v.Value[4 : len(v.Value)-1]
}
