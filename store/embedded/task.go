package embedded

import (
	"bytes"
	"context"
	"errors"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// task is one write on its way through the writer, and its outcome.
type task struct {
	documents.Write
	table *table
	work  func(*conn) error // instead of a write
	keys  [][]byte          // of an insert's document

	result           documents.Result
	matched, deleted bool
}

// run carries the task out within the open transaction. The task's own error
// goes to its result; then nothing of the task has been done. Any other error
// is returned and ends the transaction.
func (t *task) run(c *conn) error {
	err := t.write(c)
	if err == nil {
		return nil
	}
	t.result, t.matched, t.deleted = documents.Result{Err: err}, false, false
	if local(err) {
		return nil
	}
	return err
}

func (t *task) write(c *conn) error {
	if t.work != nil {
		return t.work(c)
	}
	switch t.Kind {
	case documents.Inserting:
		inserted, err := t.insert(c, t.Doc, t.keys)
		t.result.Inserted = inserted
		return err
	case documents.Updating, documents.Upserting:
		return t.update(c)
	case documents.Deleting:
		if spared, err := t.spared(c); spared || err != nil {
			return err
		}
		n, err := c.exec(t.table.delete, t.Shop, t.ID)
		t.deleted = n > 0
		return err
	}
	return nil // a ping
}

// spared reports whether a delete's filter does not select the document.
func (t *task) spared(c *conn) (bool, error) {
	if t.Match == nil {
		return false, nil
	}
	_, doc, err := t.load(c)
	return doc == nil || !t.Match.Match(doc), err
}

func (t *task) insert(c *conn, doc bson.Raw, keys [][]byte) (inserted bool, err error) {
	args := make([]any, 0, 3+len(keys))
	args = append(args, t.Shop, t.ID, (*[]byte)(&doc))
	for i := range keys {
		args = append(args, keyArg(&keys[i]))
	}
	n, err := c.exec(t.table.insert, args...)
	return n > 0, err
}

func (t *task) update(c *conn) error {
	row, old, err := t.load(c)
	if err != nil {
		return err
	}
	if old == nil {
		return t.create(c)
	}
	if t.Kind == documents.Updating && !t.Match.Match(old) {
		return nil
	}
	t.matched = true
	changed, err := t.Change.Apply(old, false)
	if err != nil || bytes.Equal(old, changed) {
		return err
	}
	return t.save(c, row, old, changed)
}

// load is valid until the next document is loaded.
func (t *task) load(c *conn) (row int64, doc bson.Raw, err error) {
	err = c.each(context.Background(), t.table.load, func(v result) (bool, error) {
		row, doc = v.number(0), append(c.loaded[:0], v.bytes(1)...)
		if cap(doc) <= keptRoom {
			c.loaded = doc
		}
		return true, nil
	}, t.Shop, t.ID)
	return row, doc, err
}

// create is the insert of an upsert; an update that finds nothing is done.
func (t *task) create(c *conn) error {
	if t.Kind != documents.Upserting {
		return nil
	}
	doc, err := t.Change.Apply(t.Doc, true)
	if err != nil {
		return err
	}
	t.result.Upserted, err = t.insert(c, doc, t.table.keys(doc))
	return err
}

// save writes the document, and only the keys that have changed.
func (t *task) save(c *conn, row int64, old, changed bson.Raw) error {
	var rooms [2]fields
	var keys [8][]byte
	before, after := t.table.fields.Read(old, rooms[0][:]), t.table.fields.Read(changed, rooms[1][:])
	args, columns := append(make([]any, 0, 2+len(t.table.indexes)), (*[]byte)(&changed)), uint64(0)
	made := keys[:0]
	for i := range t.table.indexes {
		if x := &t.table.indexes[i]; x.differs(before, after) {
			columns |= 1 << i
			made = append(made, x.key(after))
		}
	}
	for i := range made {
		args = append(args, keyArg(&made[i]))
	}
	n, err := c.exec(t.table.update(columns), append(args, row)...)
	if err == nil && n != 1 {
		return errors.New("embedded: a row vanished inside a transaction")
	}
	return err
}
