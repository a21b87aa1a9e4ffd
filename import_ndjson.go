package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

// ndjsonHistory reads records of the generic schema, one a line.
type ndjsonHistory struct {
	shop, connection string
	lines            *bufio.Reader
	at               position
	readAt           time.Time // for records that do not say when
	blank            int       // lines so far
}

// maxBlank is how many blank lines a file may have.
const maxBlank = 10_000

// newNDJSONHistory goes to from, the zero position or one that a batch ended at.
func newNDJSONHistory(r *bufio.Reader, shop, connection string, from position, readAt time.Time) (*ndjsonHistory, error) {
	if from.offset == 0 {
		from.line = 1
	}
	if _, err := io.CopyN(io.Discard, r, from.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return &ndjsonHistory{shop: shop, connection: connection, lines: r, at: from, readAt: readAt}, nil
}

// next is the next batch; io.EOF after the last.
func (h *ndjsonHistory) next() (historyBatch, error) {
	var b historyBatch
	for size := 0; b.lines < batchOrders && size < connectors.MaxBody; {
		line, err := h.line()
		if len(line) == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return b, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			h.blank++
		}
		if h.blank > maxBlank {
			return b, commerce.Errorf(commerce.Invalid, "line %d: more than %d blank lines, this is no file of records", h.at.line, maxBlank)
		}
		b.lines++
		size += len(line)
		h.read(&b, line)
		h.at.line++
	}
	if b.lines == 0 {
		return b, io.EOF
	}
	b.until = resume{position: h.at}
	return b, nil
}

// line is the next line whole. One over the size that is read is cut, to be
// refused: nothing of it but its beginning is kept in memory.
func (h *ndjsonHistory) line() ([]byte, error) {
	var line []byte
	for {
		part, err := h.lines.ReadSlice('\n')
		h.at.offset += int64(len(part))
		if len(line) <= connectors.MaxBody {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (h *ndjsonHistory) read(b *historyBatch, line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	if len(line) > connectors.MaxBody {
		b.refuse(h.at.line, "", commerce.Errorf(commerce.TooLarge, "longer than %d bytes", connectors.MaxBody).Error(), 1)
		return
	}
	records, err := connectors.ReadGeneric(line, h.shop, h.connection, h.readAt)
	if err != nil {
		b.refuse(h.at.line, "", err.Error(), 1)
		return
	}
	b.records.Orders = append(b.records.Orders, records.Orders...)
	b.records.LooseRefunds = append(b.records.LooseRefunds, records.LooseRefunds...)
	b.records.Customers = append(b.records.Customers, records.Customers...)
	b.records.Products = append(b.records.Products, records.Products...)
	b.records.Checkouts = append(b.records.Checkouts, records.Checkouts...)
	b.records.Redactions = append(b.records.Redactions, records.Redactions...)
}
