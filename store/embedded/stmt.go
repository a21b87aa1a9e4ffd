package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

// stmt is a prepared statement, with memory of SQLite's for the values bound to it.
type stmt struct {
	handle uintptr
	room   uintptr
	size   int
}

// A statement gives back memory beyond keptRoom: one that wrote a large document once
// may never do so again.
const (
	firstRoom = 1 << 10
	keptRoom  = 64 << 10
)

var errMemory = errors.New("out of memory")

func (c *conn) prepare(sql string) (*stmt, error) {
	text, err := libc.CString(sql)
	if err != nil {
		return nil, unavailable(err)
	}
	defer libc.Xfree(c.tls, text)
	var rc int32
	handle := c.out(func(p uintptr) {
		rc = lib.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, lib.SQLITE_PREPARE_PERSISTENT, p, 0)
	})
	if rc != lib.SQLITE_OK {
		return nil, c.failure(rc)
	}
	return &stmt{handle: handle}, nil
}

// out is the pointer that a call of the library writes to where p points.
func (c *conn) out(call func(p uintptr)) uintptr {
	const size = strconv.IntSize / 8
	p := libc.Xcalloc(c.tls, 1, size)
	if p == 0 {
		return 0
	}
	defer libc.Xfree(c.tls, p)
	call(p)
	if size == 4 {
		return uintptr(binary.NativeEndian.Uint32(libc.GoBytes(p, size)))
	}
	return uintptr(binary.NativeEndian.Uint64(libc.GoBytes(p, size)))
}

// textual is a text as bytes. Where many values are bound, pointers to them need no memory of
// their own, as values in an interface do.
type textual []byte

// bind copies the values to the statement's room. There they stay until the statement
// has run: SQLite copies them no further.
func (c *conn) bind(s *stmt, args []any) error {
	if err := c.grow(s, length(args), len(args)); err != nil {
		return err
	}
	room, used := libc.GoBytes(s.room, s.size), 0
	for i, arg := range args {
		place, at, rc := int32(i+1), s.room+uintptr(used), int32(lib.SQLITE_MISUSE)
		switch v := arg.(type) {
		case nil:
			rc = lib.Xsqlite3_bind_null(c.tls, s.handle, place)
		case int64:
			rc = lib.Xsqlite3_bind_int64(c.tls, s.handle, place, v)
		case string:
			used += copy(room[used:], v)
			rc = lib.Xsqlite3_bind_text(c.tls, s.handle, place, at, int32(len(v)), 0)
		case *textual:
			used += copy(room[used:], *v)
			rc = lib.Xsqlite3_bind_text(c.tls, s.handle, place, at, int32(len(*v)), 0)
		case []byte:
			used += copy(room[used:], v)
			rc = lib.Xsqlite3_bind_blob(c.tls, s.handle, place, at, int32(len(v)), 0)
		case *[]byte:
			used += copy(room[used:], *v)
			rc = lib.Xsqlite3_bind_blob(c.tls, s.handle, place, at, int32(len(*v)), 0)
		default:
			return fmt.Errorf("embedded: a value of type %T cannot be bound", arg)
		}
		if rc != lib.SQLITE_OK {
			return c.failure(rc)
		}
	}
	return nil
}

// length is the number of bytes that the values need.
func length(args []any) (n int) {
	for _, arg := range args {
		switch v := arg.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		case *textual:
			n += len(*v)
		case *[]byte:
			n += len(*v)
		}
	}
	return n
}

// grow makes room for n bytes and one more: no value may begin outside of it.
func (c *conn) grow(s *stmt, n, args int) error {
	if n < s.size {
		return nil
	}
	c.release(s, args)
	s.size = max(n+1, firstRoom)
	s.room = libc.Xmalloc(c.tls, types.Size_t(s.size))
	if s.room == 0 {
		s.size = 0
		return unavailable(errMemory)
	}
	return nil
}

// reset ends a statement, so that it may run again. Its own error is that of the last
// step, which the caller has.
func (c *conn) reset(s *stmt, args int) {
	lib.Xsqlite3_reset(c.tls, s.handle)
	if s.size > keptRoom {
		c.release(s, args)
	}
}

// release gives back the room. No value may be bound to it then.
func (c *conn) release(s *stmt, args int) {
	for i := range args {
		lib.Xsqlite3_bind_null(c.tls, s.handle, int32(i+1))
	}
	libc.Xfree(c.tls, s.room)
	s.room, s.size = 0, 0
}

// result is the row that a statement has reached.
type result struct {
	tls    *libc.TLS
	handle uintptr
}

func (v result) number(column int32) int64 { return lib.Xsqlite3_column_int64(v.tls, v.handle, column) }

func (v result) text(column int32) string {
	p := lib.Xsqlite3_column_text(v.tls, v.handle, column)
	return string(libc.GoBytes(p, int(lib.Xsqlite3_column_bytes(v.tls, v.handle, column))))
}

// bytes are SQLite's own, valid until the next row. Null is empty.
func (v result) bytes(column int32) []byte {
	p := lib.Xsqlite3_column_blob(v.tls, v.handle, column)
	n := int(lib.Xsqlite3_column_bytes(v.tls, v.handle, column))
	return libc.GoBytes(p, n)[:n:n]
}
