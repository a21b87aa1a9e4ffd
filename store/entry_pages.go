package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"comeback/campaigns"
	"comeback/commerce"
)

// entryPages is the number of pages over which a campaign's customers are
// spread: few enough to read all, small enough to rewrite one when an entry
// changes.
const entryPages = 1 << 13

// entryPage contains the counts of some of a campaign's customers. It is
// computed only from the enrolments, messages, conversions and orders, customer
// by customer, and can be computed again.
type entryPage struct {
	ID       string `bson:"_id"` // shop, campaign, page
	Shop     string `bson:"shop"`
	Campaign string `bson:"campaign"`
	Rows     []byte `bson:"rows"`  // see encodePage
	Claim    string `bson:"claim"` // of the last writer
	Rev      int64  `bson:"rev"`
}

// clusterKey is a customer in a page: a part of a hash, because ids are long.
// In a campaign of a million customers, the chance that two have one key is
// 10^-17.
type clusterKey [12]byte

// placeOf is the page of a customer, and their key in it.
func placeOf(customer string) (page uint16, key clusterKey) {
	sum := sha256.Sum256([]byte(customer))
	return binary.BigEndian.Uint16(sum[:2]) % entryPages, clusterKey(sum[2:14])
}

func pageID(shop, campaign string, page uint16) string {
	return commerce.Key(shop, campaign, fmt.Sprintf("%04x", page))
}

// clusters are the customers of a page.
type clusters map[clusterKey][]campaigns.EntryRow

// The bits of a row's first byte. Its basis takes two more.
const (
	rowHeldOut = 1 << iota
	rowConverted
	rowGoal
	rowMoney
	rowBasis // and the next bit
	_
	rowByShop
)

// The bits of a step's first byte.
const (
	stepSent = 1 << iota
	stepDelivered
	stepOpened
	stepMachineOpened
	stepClicked
	stepMachineClicked
	stepUnsubscribed
	stepCredits
)

func bases() [4]campaigns.MarginBasis {
	return [4]campaigns.MarginBasis{"", campaigns.FromUnitCosts, campaigns.FromRate, campaigns.FromBoth}
}

// pageFormat is the first byte of a page's rows.
const pageFormat = 1

// encodePage writes a page: its format, the names of its steps, then customers
// by key, each with their entries. Small whole numbers take few bytes.
func encodePage(page clusters) []byte {
	w := pageWriter{steps: map[string]uint64{}}
	keys := make([]clusterKey, 0, len(page))
	for key, rows := range page {
		if len(rows) > 0 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b clusterKey) int { return bytes.Compare(a[:], b[:]) })
	for _, key := range keys {
		w.bytes = append(w.bytes, key[:]...)
		w.count(len(page[key]))
		for i := range page[key] {
			w.row(&page[key][i])
		}
	}
	head := binary.AppendUvarint([]byte{pageFormat}, uint64(len(w.names)))
	for _, name := range w.names {
		head = binary.AppendUvarint(head, uint64(len(name)))
		head = append(head, name...)
	}
	return append(head, w.bytes...)
}

type pageWriter struct {
	bytes []byte
	names []string
	steps map[string]uint64
	last  int64 // EnteredAt of the row before
}

func (w *pageWriter) count(n int) { w.bytes = binary.AppendUvarint(w.bytes, uint64(n)) }

func (w *pageWriter) numbers(list ...int64) {
	for _, n := range list {
		w.bytes = binary.AppendVarint(w.bytes, n)
	}
}

func (w *pageWriter) row(r *campaigns.EntryRow) {
	known := bases()
	flags := byte(slices.Index(known[:], r.Basis)) * rowBasis
	flags |= flag(rowHeldOut, r.Arm == campaigns.HeldOut) | flag(rowConverted, r.Converted) | flag(rowGoal, r.RipeAt != 0)
	flags |= flag(rowByShop, r.ByShop)
	flags |= flag(rowMoney, r.Revenue != 0 || r.Costed != 0 || r.Rated != 0)
	w.bytes = append(w.bytes, flags)
	w.numbers(r.EnteredAt - w.last)
	w.last = r.EnteredAt
	if flags&rowGoal != 0 {
		w.numbers(r.RipeAt - r.EnteredAt)
	}
	if flags&rowMoney != 0 {
		w.numbers(r.Revenue, r.Costed, r.Rated)
	}
	w.count(len(r.Steps))
	for i := range r.Steps {
		w.step(&r.Steps[i])
	}
}

func (w *pageWriter) step(s *campaigns.StepTally) {
	at, known := w.steps[s.Step]
	if !known {
		at = uint64(len(w.names))
		w.steps[s.Step] = at
		w.names = append(w.names, s.Step)
	}
	w.bytes = binary.AppendUvarint(w.bytes, at)
	flags := flag(stepSent, s.Sent > 0) | flag(stepDelivered, s.Delivered > 0) | flag(stepOpened, s.Opened > 0)
	flags |= flag(stepMachineOpened, s.MachineOpened > 0) | flag(stepClicked, s.Clicked > 0) | flag(stepMachineClicked, s.MachineClicked > 0)
	flags |= flag(stepUnsubscribed, s.Unsubscribed > 0) | flag(stepCredits, s.Converted != 0)
	w.bytes = append(w.bytes, flags)
	if s.Converted != 0 {
		w.numbers(s.Converted, s.Revenue, s.Margin, s.Discount)
	}
}

func flag(bit byte, on bool) byte {
	if on {
		return bit
	}
	return 0
}

// errPage is the error of bytes that are no page.
var errPage = errors.New("a page of entries is damaged: count its campaign again")

// decodePage passes each customer of a page to each. The rows are valid during
// the call only.
func decodePage(raw []byte, each func(clusterKey, []campaigns.EntryRow)) error {
	if len(raw) == 0 {
		return nil
	}
	r := pageReader{byteReader: byteReader{rest: raw[1:], bad: raw[0] != pageFormat}}
	r.names = make([]string, r.length())
	for i := range r.names {
		r.names[i] = string(r.take(r.length()))
	}
	for len(r.rest) > 0 && !r.bad {
		var key clusterKey
		copy(key[:], r.take(len(key)))
		n := r.length()
		r.rows, r.lines = slices.Grow(r.rows[:0], n)[:n], r.lines[:0]
		for i := range r.rows {
			r.row(&r.rows[i])
		}
		if !r.bad {
			each(key, r.rows)
		}
	}
	if r.bad {
		return errPage
	}
	return nil
}

type pageReader struct {
	byteReader
	names []string
	last  int64
	rows  []campaigns.EntryRow
	lines []campaigns.StepTally // of rows
}

func (r *pageReader) row(row *campaigns.EntryRow) {
	flags := r.flags()
	*row = campaigns.EntryRow{Arm: campaigns.Treated, ByShop: flags&rowByShop != 0, Converted: flags&rowConverted != 0}
	if flags&rowHeldOut != 0 {
		row.Arm = campaigns.HeldOut
	}
	row.Basis = bases()[flags/rowBasis%4]
	r.last += r.number()
	row.EnteredAt = r.last
	if flags&rowGoal != 0 {
		row.RipeAt = row.EnteredAt + r.number()
	}
	if flags&rowMoney != 0 {
		row.Revenue, row.Costed, row.Rated = r.number(), r.number(), r.number()
	}
	n, from := r.length(), len(r.lines)
	for range n {
		r.step()
	}
	row.Steps = r.lines[from:len(r.lines):len(r.lines)]
}

func (r *pageReader) step() {
	at, flags := r.whole(), r.flags()
	if at >= uint64(len(r.names)) {
		r.bad = true
		return
	}
	is := func(bit byte) int64 { return int64(flags & bit / bit) }
	s := campaigns.StepTally{
		Step: r.names[at], Sent: is(stepSent), Delivered: is(stepDelivered), Opened: is(stepOpened), MachineOpened: is(stepMachineOpened),
		Clicked: is(stepClicked), MachineClicked: is(stepMachineClicked), Unsubscribed: is(stepUnsubscribed),
	}
	if flags&stepCredits != 0 {
		s.Converted, s.Revenue, s.Margin, s.Discount = r.number(), r.number(), r.number(), r.number()
	}
	r.lines = append(r.lines, s)
}
