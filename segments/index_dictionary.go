package segments

import (
	"cmp"
	"slices"
	"strings"

	"comeback/commerce"
)

// dictionary is the texts of a column, each once. Code 0 is no text. The texts are
// sorted; where tests compare them without case and width, by their folded form
// first, so that the texts of one form are neighbours.
type dictionary struct {
	entries
	folded *entries // the folded forms, by the same codes; nil: every text is its own
}

// entries are texts by code.
type entries struct {
	blob string
	ends []uint32 // of entry i in blob, ends[0] is 0
}

func (e *entries) len() int { return max(len(e.ends), 1) }

// text is the entry of a code.
func (e *entries) text(code uint32) string {
	if code == 0 {
		return ""
	}
	return e.blob[e.ends[code-1]:e.ends[code]]
}

func (e *entries) bytes() int { return len(e.blob) + 4*cap(e.ends) }

func (d *dictionary) bytes() int {
	if d.folded == nil {
		return d.entries.bytes()
	}
	return d.entries.bytes() + d.folded.bytes()
}

// compared is an entry in the form in which a test compares it.
func (d *dictionary) compared(code uint32, folds bool) string {
	if folds && d.folded != nil {
		return d.folded.text(code)
	}
	return d.text(code)
}

// key is an entry as profiles tell values apart.
func (d *dictionary) key(code uint32) string { return d.compared(code, true) }

// find is the code of the first entry at or after text.
func (d *dictionary) find(text string) (code uint32, found bool) {
	folded := text
	if d.folded != nil {
		folded = commerce.Fold(text)
	}
	code = d.first(func(code uint32) bool {
		return cmp.Or(strings.Compare(d.compared(code, true), folded), strings.Compare(d.text(code), text)) >= 0
	})
	return code, int(code) < d.len() && d.text(code) == text
}

// first is the first code of which at is true: it is true of all codes from there on.
func (d *dictionary) first(at func(code uint32) bool) uint32 {
	low, high := 1, d.len()
	for low < high {
		if middle := (low + high) / 2; at(uint32(middle)) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return uint32(low)
}

// each calls mark with the code of each entry that is text, or has that folded form.
func (d *dictionary) each(text string, folds bool, mark func(code uint32)) {
	if !folds || d.folded == nil {
		if code, found := d.find(text); found {
			mark(code)
		}
		return
	}
	code := d.first(func(code uint32) bool { return d.folded.text(code) >= text })
	for ; int(code) < d.len() && d.folded.text(code) == text; code++ {
		mark(code)
	}
}

// form is the same code for all entries of one folded form.
func (d *dictionary) form(code uint32) uint32 {
	for d.folded != nil && code > 1 && d.folded.text(code-1) == d.folded.text(code) {
		code--
	}
	return code
}

// newDictionary sorts the texts of a table. order is the new code of each old one.
func newDictionary(seen *textTable, folds bool) (d dictionary, order []int64) {
	forms := seen.texts
	if folds {
		forms = foldedForms(seen.texts)
	}
	sorted := make([]uint32, len(seen.texts))
	for i := range sorted {
		sorted[i] = uint32(i)
	}
	slices.SortFunc(sorted, func(a, b uint32) int {
		return cmp.Or(strings.Compare(forms[a], forms[b]), strings.Compare(seen.texts[a], seen.texts[b]))
	})
	order = make([]int64, len(sorted)+1)
	for i, old := range sorted {
		order[old+1] = int64(i) + 1
	}
	d.entries = newEntries(seen.texts, sorted)
	if folds && !slices.Equal(forms, seen.texts) {
		folded := newEntries(forms, sorted)
		d.folded = &folded
	}
	return d, order
}

func foldedForms(texts []string) []string {
	forms := make([]string, len(texts))
	for i, text := range texts {
		forms[i] = commerce.Fold(text)
	}
	return forms
}

func newEntries(texts []string, sorted []uint32) entries {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	var blob strings.Builder
	blob.Grow(size)
	e := entries{ends: make([]uint32, 1, len(sorted)+1)}
	for _, i := range sorted {
		blob.WriteString(texts[i])
		e.ends = append(e.ends, uint32(blob.Len()))
	}
	e.blob = blob.String()
	return e
}
