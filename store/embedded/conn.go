package embedded

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net/url"
	"path/filepath"

	"comeback/commerce"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// conn is one SQLite connection with its prepared statements. It uses the
// driver's own interface: database/sql would add a pool, locks and conversions
// where one goroutine has a connection of its own anyway. Only one goroutine
// may use it at a time.
type conn struct {
	driver driver.Conn
	stmts  map[string]driver.Stmt
	texts  map[batch]string
	extra  bool // of a pool: beyond its number
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
	name := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	d, err := new(sqlite.Driver).Open("file:" + name)
	if err != nil {
		return nil, unavailable(err)
	}
	c := &conn{driver: d, stmts: map[string]driver.Stmt{}, texts: map[batch]string{}}
	for _, pragma := range pragmas {
		if _, err := c.exec(pragma); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (c *conn) stmt(sql string) (driver.Stmt, error) {
	if s := c.stmts[sql]; s != nil {
		return s, nil
	}
	s, err := c.driver.Prepare(sql)
	if err != nil {
		return nil, unavailable(err)
	}
	c.stmts[sql] = s
	return s, nil
}

// exec runs a statement to its end; changed is the number of rows it wrote.
func (c *conn) exec(sql string, args ...any) (changed int64, err error) {
	s, err := c.stmt(sql)
	if err != nil {
		return 0, err
	}
	result, err := s.(driver.StmtExecContext).ExecContext(context.Background(), named(args))
	if err != nil {
		return 0, unavailable(err)
	}
	changed, err = result.RowsAffected()
	return changed, err
}

// each passes every row of a query to see until see returns true. Values are
// int64, string, []byte or nil, and stay valid after the call.
func (c *conn) each(ctx context.Context, sql string, see func(row []any) (stop bool, err error), args ...any) (err error) {
	s, err := c.stmt(sql)
	if err != nil {
		return err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(context.Background(), named(args))
	if err != nil {
		return unavailable(err)
	}
	defer func() {
		if e := rows.Close(); err == nil && e != nil {
			err = unavailable(e)
		}
	}()
	values := make([]driver.Value, len(rows.Columns()))
	row := make([]any, len(values))
	for {
		if err := ctx.Err(); err != nil {
			return unavailable(err)
		}
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return unavailable(err)
		}
		for i, v := range values {
			row[i] = v
		}
		if stop, err := see(row); stop || err != nil {
			return err
		}
	}
}

func named(args []any) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	return list
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		s.Close()
	}
	return c.driver.Close()
}

// unavailable marks an error of SQLite as the database's trouble, not the
// caller's: full, busy, unreadable, interrupted.
func unavailable(err error) error {
	return commerce.Errorf(commerce.Unavailable, "database: %w", err)
}

// local reports whether a statement failed by itself and left the transaction
// around it whole.
func local(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return commerce.CodeOf(err) != commerce.Unavailable
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG, lib.SQLITE_MISMATCH, lib.SQLITE_RANGE:
		return true
	}
	return false
}
