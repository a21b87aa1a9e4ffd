package history

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

// NDJSON reads records of the generic schema, one a line.
type NDJSON struct {
	shop, connection string
	lines            *bufio.Reader
	number           int64     // of the line that comes, from 1
	readAt           time.Time // for records without a time
	blank            int       // lines so far
	broken           error     // the file could not be read further
}

// maxBlank is the largest number of blank lines in a file.
const maxBlank = 10_000

// NewNDJSON reads records of a connection; readAt is the time of those without one.
func NewNDJSON(r *bufio.Reader, shop, connection string, readAt time.Time) *NDJSON {
	return &NDJSON{shop: shop, connection: connection, lines: r, number: 1, readAt: readAt}
}

// Next returns the next batch; io.EOF after the last. For a file that breaks
// off, it returns the complete records, and then the error.
func (h *NDJSON) Next() (Batch, error) {
	var b Batch
	for size := 0; h.broken == nil && b.Lines < batchOrders && size < connectors.MaxBody; {
		line, err := h.line()
		if len(line) == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			h.broken = err
			break
		}
		if len(bytes.TrimSpace(line)) == 0 {
			h.blank++
		}
		if h.blank > maxBlank {
			return b, commerce.Errorf(commerce.Invalid, "line %d: more than %d blank lines, which is not a file of records", h.number, maxBlank)
		}
		b.Lines++
		size += len(line)
		h.read(&b, line)
		h.number++
	}
	if b.Lines == 0 {
		return b, cmp.Or(h.broken, io.EOF)
	}
	return b, nil
}

// line returns the next complete line. Of an overlong line only the beginning
// is stored, so that it can be refused.
func (h *NDJSON) line() ([]byte, error) {
	var line []byte
	for {
		part, err := h.lines.ReadSlice('\n')
		if len(line) <= connectors.MaxBody {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (h *NDJSON) read(b *Batch, line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	if len(line) > connectors.MaxBody {
		b.refuse(h.number, "", commerce.Errorf(commerce.TooLarge, "longer than %d bytes", connectors.MaxBody).Error(), 1)
		return
	}
	records, err := connectors.ReadGeneric(line, h.shop, h.connection, h.readAt)
	if err != nil {
		b.refuse(h.number, "", err.Error(), 1)
		return
	}
	b.Records.Orders = append(b.Records.Orders, records.Orders...)
	b.Records.LooseRefunds = append(b.Records.LooseRefunds, records.LooseRefunds...)
	b.Records.Customers = append(b.Records.Customers, records.Customers...)
	b.Records.Products = append(b.Records.Products, records.Products...)
	b.Records.Checkouts = append(b.Records.Checkouts, records.Checkouts...)
	b.Records.Redactions = append(b.Records.Redactions, records.Redactions...)
}
