package embedded

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// table is a collection on disk. Each document is a row: its BSON unchanged,
// and for every declared index a column with the indexed values as one sortable
// key. So each write is one statement, which SQLite does whole or not at all. A
// SAVEPOINT would do the same at three quarters more cost.
type table struct {
	name    string // quoted
	indexes []index
	fields  *documents.Fields // of all indexes

	get, load, insert, delete string            // statements
	updates                   map[uint64]string // by the indexes whose columns they set; only the writer touches it
}

type index struct {
	documents.Index
	name   string // quoted
	column string // quoted
	places []int  // of its fields among those of the table
	only   int    // of the field of Only
}

func newTable(c *documents.Collection) *table {
	t := &table{name: quote(c.Name), updates: map[uint64]string{}, fields: indexed(c)}
	columns, marks := "", ""
	for _, x := range c.Indexes {
		made := index{Index: x, name: quote(c.Name + "." + x.Name), column: quote("k_" + x.Name), only: t.fields.Place(x.Only.Field)}
		for _, f := range x.Fields {
			made.places = append(made.places, t.fields.Place(f))
		}
		t.indexes = append(t.indexes, made)
		columns += ", " + quote("k_"+x.Name)
		marks += ", ?"
	}
	t.get = "SELECT doc FROM " + t.name + " WHERE shop = ? AND id = ?"
	t.load = "SELECT n, doc FROM " + t.name + " WHERE shop = ? AND id = ?"
	t.delete = "DELETE FROM " + t.name + " WHERE shop = ? AND id = ?"
	t.insert = fmt.Sprintf("INSERT INTO %s (shop, id, doc%s) VALUES (?, ?, ?%s) ON CONFLICT DO NOTHING", t.name, columns, marks)
	return t
}

func indexed(c *documents.Collection) *documents.Fields {
	var list []string
	for _, x := range c.Indexes {
		list = append(list, x.Fields...)
		if !x.Only.IsZero() {
			list = append(list, x.Only.Field)
		}
	}
	return documents.NewFields(list)
}

// quote makes an SQL name; the schema has checked that it contains no quote.
func quote(name string) string { return `"` + name + `"` }

// keys are the index keys of a document, in the order of t.indexes; nil for an
// index that does not have it.
func (t *table) keys(doc bson.Raw) [][]byte {
	var room fields
	values := t.fields.Read(doc, room[:])
	keys := make([][]byte, len(t.indexes))
	for i := range t.indexes {
		keys[i] = t.indexes[i].key(values)
	}
	return keys
}

// fields has room for the values that most collections index.
type fields [16]bson.RawValue

// key is the index key of a document with these values; nil if the index does not have it.
func (x *index) key(values []bson.RawValue) []byte {
	if !x.Only.IsZero() && !x.Only.Has(values[x.only]) {
		return nil
	}
	key := make([]byte, 0, 48)
	for _, at := range x.places {
		key = documents.AppendKey(key, values[at])
	}
	return key
}

// differs reports whether the index may have other keys for these values.
func (x *index) differs(before, after []bson.RawValue) bool {
	return !x.Only.IsZero() && !same(before[x.only], after[x.only]) ||
		slices.ContainsFunc(x.places, func(at int) bool { return !same(before[at], after[at]) })
}

func same(a, b bson.RawValue) bool { return a.Type == b.Type && bytes.Equal(a.Value, b.Value) }

// keyArg is a key as SQLite stores it: an index with Only leaves out NULL.
func keyArg(key *[]byte) any {
	if *key == nil {
		return nil
	}
	return key
}

// update is the statement that sets a document and the columns of some indexes, a bit for each.
func (t *table) update(columns uint64) string {
	sql, known := t.updates[columns]
	if known {
		return sql
	}
	sql = "UPDATE " + t.name + " SET doc = ?"
	for i, x := range t.indexes {
		if columns&(1<<i) != 0 {
			sql += ", " + x.column + " = ?"
		}
	}
	sql += " WHERE n = ?"
	t.updates[columns] = sql
	return sql
}

// changes are the indexes that were built and dropped, such as "messages.due".
type changes struct{ built, dropped []string }

// migrate makes the tables and indexes that are missing or have changed, and
// drops the indexes that are not declared any more.
func migrate(ctx context.Context, c *conn, schema *documents.Schema) (tables map[string]*table, done changes, err error) {
	if _, err := c.exec(`CREATE TABLE IF NOT EXISTS "declared indexes" (name TEXT PRIMARY KEY, fields TEXT NOT NULL)`); err != nil {
		return nil, done, err
	}
	known := map[string]string{}
	err = c.each(ctx, `SELECT name, fields FROM "declared indexes"`, func(v result) (bool, error) {
		known[v.text(0)] = v.text(1)
		return false, nil
	})
	if err != nil {
		return nil, done, err
	}
	tables = map[string]*table{}
	for _, name := range schema.Names() {
		coll, err := schema.Collection(name)
		if err != nil {
			return nil, done, err
		}
		t := newTable(coll)
		built, err := t.migrate(ctx, c, known)
		if err != nil {
			return nil, done, fmt.Errorf("collection %s: %w", name, err)
		}
		tables[name], done.built = t, append(done.built, built...)
	}
	done.dropped, err = dropOthers(c, known, tables)
	return tables, done, err
}

// dropOthers drops the indexes of known that no table declares.
func dropOthers(c *conn, known map[string]string, tables map[string]*table) (dropped []string, err error) {
	for _, t := range tables {
		for _, x := range t.indexes {
			delete(known, x.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if _, err := c.exec("DROP INDEX IF EXISTS " + name); err != nil {
			return dropped, err
		}
		if _, err := c.exec(`DELETE FROM "declared indexes" WHERE name = ?`, name); err != nil {
			return dropped, err
		}
		dropped = append(dropped, strings.Trim(name, `"`))
	}
	return dropped, nil
}

func (t *table) migrate(ctx context.Context, c *conn, known map[string]string) (built []string, err error) {
	if err := t.create(c); err != nil {
		return nil, err
	}
	for i, x := range t.indexes {
		want := fmt.Sprintf("%v global=%v", x.Fields, x.Global)
		if !x.Only.IsZero() {
			want += fmt.Sprintf(" only=%v", x.Only)
		}
		if known[x.name] == want {
			continue
		}
		if err := transaction(c, func() error { return t.build(ctx, c, i, want) }); err != nil {
			return nil, fmt.Errorf("index %s: %w", x.Name, err)
		}
		built = append(built, strings.Trim(x.name, `"`))
	}
	return built, nil
}

// create puts the keys before the document, so that SQLite reads them without
// walking through it.
func (t *table) create(c *conn) error {
	var columns strings.Builder
	for _, x := range t.indexes {
		columns.WriteString(x.column + " BLOB, ")
	}
	_, err := c.exec(fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (n INTEGER PRIMARY KEY, shop TEXT NOT NULL, id TEXT NOT NULL, "+
		"%sdoc BLOB NOT NULL, UNIQUE (shop, id))", t.name, columns.String()))
	return err
}

// build writes the column of one index for all rows, then the index.
func (t *table) build(ctx context.Context, c *conn, i int, declared string) error {
	x := t.indexes[i]
	if _, err := c.exec("DROP INDEX IF EXISTS " + x.name); err != nil {
		return err
	}
	fresh, err := t.addColumn(ctx, c, x)
	if err != nil {
		return err
	}
	if err := t.fill(ctx, c, i, fresh); err != nil {
		return err
	}
	columns := "shop, " + x.column + ", id"
	if x.Global {
		columns = x.column + ", id"
	}
	if !x.Only.IsZero() {
		columns += ") WHERE (" + x.column + " IS NOT NULL"
	}
	if _, err := c.exec(fmt.Sprintf("CREATE INDEX %s ON %s (%s)", x.name, t.name, columns)); err != nil {
		return err
	}
	_, err = c.exec(`INSERT OR REPLACE INTO "declared indexes" VALUES (?, ?)`, x.name, declared)
	return err
}

// addColumn makes the column of an index; fresh is false where there is one.
func (t *table) addColumn(ctx context.Context, c *conn, x index) (fresh bool, err error) {
	found := false
	err = c.each(ctx, "SELECT name FROM pragma_table_info(?)", func(v result) (bool, error) {
		found = found || quote(v.text(0)) == x.column
		return false, nil
	}, strings.Trim(t.name, `"`))
	if err != nil || found {
		return false, err
	}
	_, err = c.exec(fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s BLOB", t.name, x.column))
	return true, err
}

// fill updates the rows in portions: SQLite does not define what a query reads
// of rows that are updated meanwhile. In a fresh column it leaves rows without a
// key as they are.
func (t *table) fill(ctx context.Context, c *conn, i int, fresh bool) error {
	const portion = 1000
	for last, more := int64(0), true; more; {
		keys, read := map[int64][]byte{}, 0
		err := c.each(ctx, fmt.Sprintf("SELECT n, doc FROM %s WHERE n > ? ORDER BY n LIMIT %d", t.name, portion), func(v result) (bool, error) {
			last = v.number(0)
			if key := t.keys(v.bytes(1))[i]; key != nil || !fresh {
				keys[last] = key
			}
			read++
			return false, nil
		}, last)
		if err != nil {
			return err
		}
		for n, key := range keys {
			if _, err := c.exec(fmt.Sprintf("UPDATE %s SET %s = ? WHERE n = ?", t.name, t.indexes[i].column), keyArg(&key), n); err != nil {
				return err
			}
		}
		more = read == portion
	}
	return nil
}

func transaction(c *conn, do func() error) error {
	if _, err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := do(); err != nil {
		_, _ = c.exec("ROLLBACK") // the first error is the one to report
		return err
	}
	_, err := c.exec("COMMIT")
	return err
}
