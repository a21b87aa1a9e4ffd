package history

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// ListOptions describe a file with one customer or product a row.
type ListOptions struct {
	Shop       commerce.Shop
	Connection string
	Name       string    // of the file; some exports show only there which contacts they contain
	Profile    string    // --profile: name of a known export
	Columns    string    // --map: field=column,...
	Dates      string    // order of day and month in dates that do not show it: dmy, mdy, ymd
	Decimal    string    // sign before the fraction of numbers: comma, point
	Custom     bool      // --custom: columns without a field become custom fields
	ReadAt     time.Time // for records without a time
}

// listField is a field of a record of type T.
type listField[T any] struct {
	name             string
	isTime, isNumber bool
	set              func(l *listCell, record *T, text string) error
	// lenient: a cell that cannot be read is left out, and the rest of the row
	// is imported. It is set for fields that decide nothing.
	lenient bool
}

// listCell is what the reading of a cell depends on.
type listCell struct {
	options *ListOptions
	profile *Profile
	clock   clock
	comma   bool
	line    int64
}

// listing reads a file with one record a row.
type listing[T any] struct {
	options ListOptions
	fields  []listField[T]
	mapped  []listColumn // in the order of fields
	spare   []listColumn // columns without a field
	profile Profile
	clock   clock
	guess   Guess
	rows    rowReader
	begin   func() T
	custom  func(record *T, name, text string)
	end     func(record *T, l *listCell, b *Batch) error // adds the record to b
	broken  error
}

// listColumn is a column of the file.
type listColumn struct {
	field, index int
	header       string
	comma        bool
}

// open reads the header of the file and maps its columns.
func (l *listing[T]) open(r *bufio.Reader, profiles []Profile, names func(field string) []string) error {
	t, err := openText(r)
	if err != nil {
		return err
	}
	l.rows = t.rows
	if l.profile, err = oneProfile(profiles, l.options.Profile, t.header); err != nil {
		return err
	}
	if err := l.mapColumns(t.header, names); err != nil {
		return err
	}
	return l.decide(t)
}

// mapColumns maps what --map names, then the columns of the profile, then those
// with a usual name.
func (l *listing[T]) mapColumns(header []string, names func(string) []string) error {
	plain, taken := plainHeaders(header), make([]bool, len(header))
	found := map[string][]int{}
	take := func(field string, i int) { found[field], taken[i] = append(found[field], i), true }
	for pair := range strings.SplitSeq(l.options.Columns, ",") {
		if l.options.Columns == "" {
			break
		}
		name, column, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || !slices.ContainsFunc(l.fields, func(f listField[T]) bool { return f.name == name }) {
			return invalid("map: %q: write field=Column, with a field of %s%s", pair, strings.Join(l.names(), ", "), nearest(name, l.names()))
		}
		i := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), strings.TrimSpace(column)) })
		switch {
		case column == "":
			found[name] = []int{}
		case i < 0:
			return invalid("map: the file has no column %q%s", column, nearest(column, header))
		case taken[i]:
			return invalid("map: column %q is used twice", column)
		default:
			take(name, i)
		}
	}
	byHand := maps.Clone(found)
	for _, f := range l.fields {
		for _, name := range l.profile.Columns[f.name] { // of several columns, a row's first value counts
			if i := slices.Index(plain, plainHeader(name)); i >= 0 && !taken[i] && byHand[f.name] == nil {
				take(f.name, i)
			}
		}
	}
	for _, f := range l.fields {
		for _, name := range names(f.name) {
			if i := slices.Index(plain, plainHeader(name)); i >= 0 && !taken[i] && found[f.name] == nil && !l.profile.OwnOnly {
				take(f.name, i)
			}
		}
	}
	l.keep(header, found, taken)
	return nil
}

func (l *listing[T]) keep(header []string, found map[string][]int, taken []bool) {
	for n, f := range l.fields {
		for _, i := range found[f.name] {
			l.mapped = append(l.mapped, listColumn{field: n, index: i, header: strings.TrimSpace(header[i])})
		}
	}
	for i, name := range header {
		if !taken[i] && filled(name) {
			l.spare = append(l.spare, listColumn{field: -1, index: i, header: strings.TrimSpace(name)})
		}
	}
}

func (l *listing[T]) names() []string {
	var names []string
	for _, f := range l.fields {
		names = append(names, f.name)
	}
	return names
}

// has reports whether a field has a column.
func (l *listing[T]) has(field string) bool {
	return slices.ContainsFunc(l.mapped, func(c listColumn) bool { return l.fields[c.field].name == field })
}

// decide decides how numbers and dates are read, as for orders.
func (l *listing[T]) decide(t *table) error {
	var columns []column
	for _, c := range l.mapped {
		f := l.fields[c.field]
		columns = append(columns, column{field: field{name: f.name, isTime: f.isTime, isNumber: f.isNumber}, header: c.header, index: c.index})
	}
	o := Options{Shop: l.options.Shop, Dates: l.options.Dates, Decimal: l.options.Decimal}
	decimal, unsure, err := decide(columns, t, o, l.profile)
	if err != nil {
		return err
	}
	dates, err := decideDates(columns, t, o, l.profile)
	if err != nil {
		return err
	}
	for i := range l.mapped {
		l.mapped[i].comma = columns[i].comma
	}
	l.clock = clock{zone: l.options.Shop.Location(), dates: cmp.Or(dates, l.options.Dates, l.profile.Dates)}
	if l.profile.Zone != "" {
		if l.clock.zone, err = time.LoadLocation(l.profile.Zone); err != nil {
			return commerce.Errorf(commerce.Internal, "profile %s: %w", l.profile.Name, err)
		}
	}
	l.guess = Guess{
		Decimal: decimal, Dates: dates, Zone: l.clock.zone.String(), Profile: l.profile.Name, Currency: l.options.Shop.Currency,
		Separator: shownSeparator(t.separator), Unused: []string{}, Unsure: []string{},
	}
	for _, c := range l.mapped {
		l.guess.Columns = append(l.guess.Columns, Mapped{l.fields[c.field].name, c.header})
	}
	for _, c := range l.spare {
		l.guess.Unused = append(l.guess.Unused, commerce.Clip(c.header, 80))
	}
	if unsure {
		l.guess.Unsure = append(l.guess.Unsure, unsureDecimal(decimal))
	}
	return nil
}

// next returns the next batch; io.EOF after the last.
func (l *listing[T]) next() (Batch, error) {
	var b Batch
	for l.broken == nil && b.Lines < batchOrders {
		r, err := l.rows.next()
		if err != nil {
			l.broken = err
			break
		}
		b.Lines++
		switch {
		case r.fault != "":
			b.refuse(r.from.Line, "", r.fault, 1)
		case r.blank:
			b.leave(r.from.Line, "blank line")
		default:
			l.row(&b, r)
		}
	}
	if b.Lines == 0 {
		return b, cmp.Or(l.broken, io.EOF)
	}
	return b, nil
}

// row reads one row. An error of a field that decides refuses the row; another
// one leaves its cell out.
func (l *listing[T]) row(b *Batch, r row) {
	record := l.begin()
	c := listCell{options: &l.options, profile: &l.profile, clock: l.clock, line: r.from.Line}
	set := -1 // the last field with a value
	for _, column := range l.mapped {
		f := l.fields[column.field]
		text := unguarded(r.cells[column.index])
		if text == "" || column.field == set {
			continue
		}
		set = column.field
		err := error(nil)
		if c.comma = column.comma; garbled(text) {
			err = invalid("has bytes that are no text in this encoding; add encoding=...")
		} else {
			err = f.set(&c, &record, text)
		}
		switch {
		case err == nil:
		case f.lenient:
			b.leave(r.from.Line, column.header+" ("+f.name+") could not be read; the rest of the line is imported")
		default:
			b.refuse(r.from.Line, "", invalid("%s (%s): %w", column.header, f.name, err).Error(), 1)
			return
		}
	}
	if l.options.Custom {
		for _, column := range l.spare {
			if text := unguarded(r.cells[column.index]); text != "" && !garbled(text) {
				l.custom(&record, column.header, strings.Clone(text))
			}
		}
	}
	var nobody nameless
	if err := l.end(&record, &c, b); errors.As(err, &nobody) {
		b.leave(r.from.Line, string(nobody))
	} else if err != nil {
		b.refuse(r.from.Line, "", err.Error(), 1)
	}
}

// nameless is the reason why a row is left out.
type nameless string

// Error is the reason.
func (n nameless) Error() string { return string(n) }

// leave counts a line that is left out, or a part of it.
func (b *Batch) leave(line int64, why string) {
	i := slices.IndexFunc(b.Left, func(l LeftOut) bool { return l.Why == why })
	if i < 0 {
		b.Left = append(b.Left, LeftOut{Why: why, First: line})
		i = len(b.Left) - 1
	}
	b.Left[i].Lines++
}

// oneProfile is the profile named, or else the one that the header shows.
func oneProfile(known []Profile, name string, header []string) (Profile, error) {
	var names []string
	for _, p := range known {
		if names = append(names, p.Name); p.Name == name {
			return p, nil
		}
	}
	if name != "" {
		return Profile{}, invalid("profile %q: write one of %s%s", clip(name), strings.Join(names, ", "), nearest(name, names))
	}
	plain := plainHeaders(header)
	for _, p := range known {
		if len(p.Headers) > 0 && !slices.ContainsFunc(p.Headers, func(h string) bool { return !slices.Contains(plain, plainHeader(h)) }) {
			return p, nil
		}
	}
	return Profile{}, nil
}
