package segments

import (
	"encoding/binary"
	"slices"
)

// lists is a column of lists of texts, such as tags. Equal lists are stored once:
// an entry's code is that of its whole list. It is immutable.
type lists struct {
	dictionary          // of the members
	members    []uint32 // of all lists, one after the other
	ends       []uint32 // of list i in members, ends[0] is 0; list 0 is empty
	codes      ints
	where      postings // in which entries each member is; empty: not stored
}

// list is the members of a list.
func (l *lists) list(code uint32) []uint32 {
	if code == 0 {
		return nil
	}
	return l.members[l.ends[code-1]:l.ends[code]]
}

// size is how many different lists there are, the empty one included.
func (l *lists) size() int { return max(len(l.ends), 1) }

// appendTo appends the texts of entry i.
func (l *lists) appendTo(to []string, i uint32) []string {
	for _, member := range l.list(uint32(l.codes.value(i))) {
		to = append(to, l.text(member))
	}
	return to
}

func (l *lists) bytes() int {
	return l.dictionary.bytes() + 4*(cap(l.members)+cap(l.ends)) + l.codes.bytes() + l.where.bytes()
}

// listBuilder makes a column of lists.
type listBuilder struct {
	seen  textTable         // members
	lists map[string]uint32 // lists, as the bytes of their members' codes
	all   [][]uint32
	codes []int64
	key   []byte
	folds bool // as of a textBuilder
}

// set makes entry i the list. Entries are set in rising order.
func (b *listBuilder) set(i int, list []string) {
	if len(list) == 0 {
		return
	}
	if b.lists == nil {
		b.lists = map[string]uint32{}
	}
	b.key = b.key[:0]
	for _, text := range list {
		b.key = binary.LittleEndian.AppendUint32(b.key, b.seen.code(text))
	}
	code, ok := b.lists[string(b.key)]
	if !ok {
		members := make([]uint32, len(list))
		for k := range members {
			members[k] = binary.LittleEndian.Uint32(b.key[4*k:])
		}
		b.all = append(b.all, members)
		code = uint32(len(b.all))
		b.lists[string(b.key)] = code
	}
	b.codes = append(extend(b.codes, i, 0), int64(code))
}

// seal is the column of n entries. The builder is empty afterwards.
func (b *listBuilder) seal(n int) lists {
	var l lists
	var order []int64
	l.dictionary, order = newDictionary(&b.seen, b.folds)
	l.ends = make([]uint32, 1, len(b.all)+1)
	for _, members := range b.all {
		for _, code := range members {
			l.members = append(l.members, uint32(order[code]))
		}
		l.ends = append(l.ends, uint32(len(l.members)))
	}
	l.members = slices.Clip(l.members)
	l.codes = pack(b.codes, n, 0, true)
	if l.len() > 8 {
		l.where = l.postings(b.codes)
	}
	*b = listBuilder{codes: b.codes[:0], key: b.key, folds: b.folds}
	return l
}

// postings are the entries of each member.
func (l *lists) postings(codes []int64) postings {
	p := postings{starts: make([]uint32, l.len())}
	for _, code := range codes {
		for _, member := range l.list(uint32(code)) {
			p.starts[member]++
		}
	}
	p.sum()
	for i := len(codes) - 1; i >= 0; i-- {
		for _, member := range l.list(uint32(codes[i])) {
			p.put(uint32(i), member)
		}
	}
	return p
}
