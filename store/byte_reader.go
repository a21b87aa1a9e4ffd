package store

import "encoding/binary"

// byteReader reads values that were packed one behind the other. Once bad, it reads zeros.
type byteReader struct {
	rest []byte
	bad  bool
}

func (r *byteReader) take(n int) []byte {
	if n > len(r.rest) {
		r.bad = true
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

// length reads a count of things that take a byte at least.
func (r *byteReader) length() int {
	n := r.whole()
	if n > uint64(len(r.rest)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *byteReader) whole() uint64 { return varint(r, binary.Uvarint) }

func (r *byteReader) number() int64 { return varint(r, binary.Varint) }

func varint[T int64 | uint64](r *byteReader, read func([]byte) (T, int)) T {
	n, size := read(r.rest)
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *byteReader) flags() byte {
	if one := r.take(1); one != nil {
		return one[0]
	}
	return 0
}
