package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"comeback/commerce"

	"modernc.org/libc"
	_ "modernc.org/sqlite" // prepares the library on some machines
	lib "modernc.org/sqlite/lib"
)

// conn is one SQLite connection with its prepared statements. It calls the library
// itself: database/sql and its driver add locks, conversions, the names of columns and a
// copy of every value. Only one goroutine may use it at a time.
type conn struct {
	tls   *libc.TLS
	db    uintptr
	stmts map[string]*stmt
	texts map[batch]string
	extra bool // of a pool: beyond its number

	loaded []byte // the last document that an update read
}

// Measured for documents of 6 KB: pages of 4 KB write least, and a write-ahead
// log of 16 MB keeps the pauses of checkpoints short. SQLite's memory comes in
// powers of two, so a cached page takes 8 KB: caches need twice their size.
var writerPragmas = []string{
	"PRAGMA page_size=4096",
	"PRAGMA auto_vacuum=INCREMENTAL", // of a new file; see Compact
	"PRAGMA journal_mode=WAL",
	"PRAGMA synchronous=FULL",
	"PRAGMA wal_autocheckpoint=4000",
	"PRAGMA cache_size=-12000",
	"PRAGMA temp_store=MEMORY",
	"PRAGMA busy_timeout=5000",
}

// Reading a mapped page takes half the time. Each connection maps the file for itself,
// and all of that counts as memory of the process: see SpareMemory.
const mapped = "PRAGMA mmap_size=67108864"

var readerPragmas = []string{
	"PRAGMA query_only=1",
	"PRAGMA cache_size=-4000",
	"PRAGMA temp_store=MEMORY",
	"PRAGMA busy_timeout=5000",
}

func connect(path string, pragmas []string) (*conn, error) {
	c := &conn{tls: libc.NewTLS(), stmts: map[string]*stmt{}, texts: map[batch]string{}}
	name := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	err := c.open("file:" + name)
	for _, pragma := range pragmas {
		if err == nil {
			_, err = c.exec(pragma)
		}
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *conn) open(name string) error {
	text, err := libc.CString(name)
	if err != nil {
		return unavailable(err)
	}
	defer libc.Xfree(c.tls, text)
	// No lock of its own: the goroutine that has the connection is the only one.
	const flags = lib.SQLITE_OPEN_READWRITE | lib.SQLITE_OPEN_CREATE | lib.SQLITE_OPEN_NOMUTEX | lib.SQLITE_OPEN_URI
	var rc int32
	c.db = c.out(func(p uintptr) { rc = lib.Xsqlite3_open_v2(c.tls, text, p, flags, 0) })
	if rc != lib.SQLITE_OK {
		return c.failure(rc)
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	return nil
}

func (c *conn) stmt(sql string) (*stmt, error) {
	if s := c.stmts[sql]; s != nil {
		return s, nil
	}
	s, err := c.prepare(sql)
	if err != nil {
		return nil, err
	}
	c.stmts[sql] = s
	return s, nil
}

// exec runs a statement to its end; changed is the number of rows it wrote.
func (c *conn) exec(sql string, args ...any) (changed int64, err error) {
	err = c.each(context.Background(), sql, func(result) (bool, error) { return false, nil }, args...)
	if err != nil {
		return 0, err
	}
	return int64(lib.Xsqlite3_changes(c.tls, c.db)), nil
}

// each passes every row of a query to see until see returns true. Arguments are int64,
// string, *textual, []byte, *[]byte or nil.
func (c *conn) each(ctx context.Context, sql string, see func(result) (stop bool, err error), args ...any) error {
	s, err := c.stmt(sql)
	if err != nil {
		return err
	}
	defer c.reset(s, len(args))
	if err := c.bind(s, args); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return unavailable(err)
		}
		switch rc := lib.Xsqlite3_step(c.tls, s.handle); rc {
		case lib.SQLITE_ROW:
		case lib.SQLITE_DONE:
			return nil
		default:
			return c.failure(rc)
		}
		if stop, err := see(result{c.tls, s.handle}); stop || err != nil {
			return err
		}
	}
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		lib.Xsqlite3_finalize(c.tls, s.handle)
		libc.Xfree(c.tls, s.room)
	}
	c.stmts = nil
	rc := lib.Xsqlite3_close_v2(c.tls, c.db)
	c.tls.Close()
	if rc != lib.SQLITE_OK {
		return unavailable(&failure{code: rc, text: "close"})
	}
	return nil
}

// failure is an error of SQLite.
type failure struct {
	code int32
	text string
}

func (f *failure) Error() string { return fmt.Sprintf("%s (%d)", f.text, f.code) }

// failure is the error of a call that returned rc.
func (c *conn) failure(rc int32) error {
	text := libc.GoString(lib.Xsqlite3_errstr(c.tls, rc))
	if message := libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db)); message != text {
		text += ": " + message
	}
	return unavailable(&failure{code: rc, text: text})
}

// unavailable marks an error of SQLite as the database's trouble, not the
// caller's: full, busy, unreadable, interrupted.
func unavailable(err error) error {
	return commerce.Errorf(commerce.Unavailable, "database: %w", err)
}

// local reports whether a statement failed by itself and left the transaction
// around it whole.
func local(err error) bool {
	var f *failure
	if !errors.As(err, &f) {
		return commerce.CodeOf(err) != commerce.Unavailable
	}
	switch f.code & 0xff {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG, lib.SQLITE_MISMATCH, lib.SQLITE_RANGE:
		return true
	}
	return false
}
