package embedded

import "context"

// ShopsWith lists the shops that have documents in an index with Only. It reads
// one entry for each.
func (db *DB) ShopsWith(ctx context.Context, coll, index string) (shops []string, err error) {
	declared, err := db.schema.Partial(coll, index)
	if err != nil {
		return nil, err
	}
	t := db.tables[coll]
	x := t.index(declared.Name)
	next := "SELECT shop FROM " + t.name + " INDEXED BY " + x.name + " WHERE shop > ? AND " + x.column + " IS NOT NULL ORDER BY shop LIMIT 1"
	err = db.read(ctx, func(c *conn) error {
		for last, more := "", true; more; {
			more = false
			err := c.each(ctx, next, func(v result) (bool, error) {
				last, more = v.text(0), true
				shops = append(shops, last)
				return true, nil
			}, last)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return shops, err
}

// index is the declared index of that name.
func (t *table) index(name string) index {
	for _, x := range t.indexes {
		if x.Name == name {
			return x
		}
	}
	return index{}
}
