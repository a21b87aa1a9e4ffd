package segments

import (
	"slices"
	"strconv"
)

// texts is a column of texts, "" where there is none. It is immutable.
type texts struct {
	dictionary
	codes ints
	lines postings // where each entry is, of columns that are searched by value; empty: not stored
}

func (t *texts) at(i uint32) string { return t.text(uint32(t.codes.value(i))) }

func (t *texts) bytes() int { return t.dictionary.bytes() + t.codes.bytes() + t.lines.bytes() }

// textBuilder makes a column of texts.
type textBuilder struct {
	seen  textTable
	codes []int64 // by order of appearance, from 1; 0: none
	folds bool    // tests compare the texts without case and width
}

// set makes entry i the text. Entries are set in rising order.
func (b *textBuilder) set(i int, text string) {
	if text != "" {
		b.codes = append(extend(b.codes, i, 0), int64(b.seen.code(text)))
	}
}

// extend pads a column up to entry i.
func extend(values []int64, i int, pad int64) []int64 {
	n := len(values)
	if n >= i {
		return values
	}
	values = slices.Grow(values, i-n)[:i]
	for k := range values[n:] {
		values[n+k] = pad
	}
	return values
}

// seal is the column of n entries. The builder is empty afterwards.
func (b *textBuilder) seal(n int, searched bool) texts {
	var t texts
	var order []int64
	t.dictionary, order = newDictionary(&b.seen, b.folds)
	for i, code := range b.codes {
		b.codes[i] = order[code]
	}
	t.codes = pack(b.codes, n, 0, true)
	if searched && t.len() > 8 {
		t.lines = newPostings(b.codes, t.len())
	}
	b.seen, b.codes = textTable{}, b.codes[:0]
	return t
}

// ids is a column of identifiers: texts that mostly end with a number, such as
// shop:connection:1234.
type ids struct {
	heads texts
	tails ints // unset: the id is the head alone
}

func (c *ids) at(i uint32) string {
	head := c.heads.at(i)
	if tail, ok := c.tails.at(i); ok {
		return head + strconv.FormatInt(tail, 10)
	}
	return head
}

// appendTo is at without a new text.
func (c *ids) appendTo(to []byte, i uint32) []byte {
	to = append(to, c.heads.at(i)...)
	if tail, ok := c.tails.at(i); ok {
		to = strconv.AppendInt(to, tail, 10)
	}
	return to
}

func (c *ids) bytes() int { return c.heads.bytes() + c.tails.bytes() }

type idBuilder struct {
	heads textBuilder
	tails []int64
}

func (b *idBuilder) set(i int, id string) {
	cut := len(id)
	for cut > 0 && id[cut-1] >= '0' && id[cut-1] <= '9' && len(id)-cut < 18 {
		cut--
	}
	for cut < len(id)-1 && id[cut] == '0' { // a number has no zero in front
		cut++
	}
	b.heads.set(i, id[:cut])
	if cut == len(id) {
		return
	}
	tail := int64(0)
	for _, digit := range []byte(id[cut:]) {
		tail = 10*tail + int64(digit-'0')
	}
	b.tails = append(extend(b.tails, i, unset), tail)
}

func (b *idBuilder) seal(n int) ids {
	c := ids{b.heads.seal(n, false), pack(b.tails, n, unset, false)}
	b.tails = b.tails[:0]
	return c
}
