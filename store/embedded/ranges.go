package embedded

import (
	"context"
	"strings"

	"comeback/store/documents"
)

// A statement reads up to as many ranges as the largest of these sizes. Of each size
// there is one text, which a connection prepares once.
var batchSizes = [...]int{4, 16, 64, 256}

// batch is the text of a statement that reads size ranges.
type batch struct {
	table   *table
	index   *index // nil: by id
	columns string
	shop    bool // of one shop
	size    int
}

// eachOf passes the columns of every row in ranges to see, in no certain order. One
// statement reads many ranges: a statement for each takes twice the time.
func (p plan) eachOf(ctx context.Context, c *conn, s *documents.Search, columns string, see func(v result) (stop bool, err error)) error {
	ranges := make([]keyRange, 0, len(p.ranges))
	for _, kr := range p.ranges {
		if !kr.empty() {
			ranges = append(ranges, kr)
		}
	}
	if len(ranges) == 1 {
		from := p.part(s, ranges[0])
		return c.each(ctx, "SELECT "+columns+from.String(), see, from.args...)
	}
	for len(ranges) > 0 {
		b := batch{table: p.table, index: p.index, columns: columns, shop: s.Shop != "", size: batchSize(len(ranges))}
		n := min(b.size, len(ranges))
		if err := c.each(ctx, c.text(b), see, b.args(s.Shop, ranges[:n])...); err != nil {
			return err
		}
		ranges = ranges[n:]
	}
	return nil
}

// batchSize is the smallest that has room for n ranges, or the largest.
func batchSize(n int) int {
	for _, size := range batchSizes {
		if n <= size {
			return size
		}
	}
	return batchSizes[len(batchSizes)-1]
}

// args are the bounds of the ranges. Where there are fewer than the statement reads,
// the rest is NULL, which no key equals.
func (b batch) args(shop string, ranges []keyRange) []any {
	args := make([]any, 0, 2*b.size+1)
	for i := range ranges {
		kr := &ranges[i]
		if b.index == nil {
			args = append(args, (*textual)(&kr.lo)) // several ranges by id are one id each
			continue
		}
		args = append(args, &kr.lo, &kr.hi)
	}
	args = args[:b.bounds()*b.size]
	if b.shop {
		args = append(args, shop)
	}
	return args
}

// bounds is the number of values of a range.
func (b batch) bounds() int {
	if b.index == nil {
		return 1
	}
	return 2
}

// String joins the ranges to the table: for each of them SQLite seeks in the index.
func (b batch) String() string {
	mark, from, condition := "(?),", b.table.name, "id = r.column1"
	if b.index != nil {
		mark, from = "(?,?),", from+" INDEXED BY "+b.index.name
		condition = b.index.column + " >= r.column1 AND " + b.index.column + " < r.column2"
		if !b.index.Only.IsZero() {
			condition += " AND " + b.index.column + " IS NOT NULL"
		}
	}
	if b.shop {
		condition = "shop = ? AND " + condition
	}
	marks := strings.TrimSuffix(strings.Repeat(mark, b.size), ",")
	return "SELECT " + b.columns + " FROM (VALUES " + marks + ") AS r CROSS JOIN " + from + " WHERE " + condition
}

// text is b as SQL. It is made once for each connection.
func (c *conn) text(b batch) string {
	text, known := c.texts[b]
	if !known {
		text = b.String()
		c.texts[b] = text
	}
	return text
}
