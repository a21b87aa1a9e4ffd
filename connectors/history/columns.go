package history

import (
	"cmp"
	"slices"
	"strings"

	"comeback/commerce"
)

// mapColumns finds the columns of fields: those that mapping names (--map),
// then those of the profile, then those with a usual name.
func mapColumns(header []string, mapping string, p Profile) ([]column, error) {
	m := mapper{header: header, plain: plainHeaders(header), taken: make([]bool, len(header)), columns: map[string]column{},
		spares: map[string][]column{}}
	if err := m.byHand(mapping); err != nil {
		return nil, err
	}
	for _, f := range fields() {
		m.first(f, p.Columns[f.name])
	}
	for _, f := range fields() {
		m.spare(f, p.Columns[f.name])
	}
	if !p.OwnOnly {
		m.usual()
	}
	if _, known := m.columns["at"]; !known { // a file of paid orders
		if paid, ok := m.columns["paid_at"]; ok {
			paid.field = fieldNamed("at")
			m.columns["at"] = paid
		}
	}
	columns := m.ordered()
	return columns, m.complete(columns, mapping, p)
}

// mapper maps fields to columns.
type mapper struct {
	header, plain []string
	taken         []bool // by column
	columns       map[string]column
	spares        map[string][]column
	unwanted      []string // fields that --map leaves out: field=
}

// byHand reads field=Column,... The name of a column may contain commas.
func (m *mapper) byHand(mapping string) error {
	var pairs []string
	for part := range strings.SplitSeq(mapping, ",") {
		name, _, pair := strings.Cut(part, "=")
		if len(pairs) > 0 && (!pair || strings.Trim(strings.TrimSpace(name), "abcdefghijklmnopqrstuvwxyz_") != "") {
			pairs[len(pairs)-1] += "," + part
			continue
		}
		pairs = append(pairs, part)
	}
	for _, pair := range pairs {
		if mapping == "" {
			break
		}
		if err := m.pair(pair); err != nil {
			return err
		}
	}
	return nil
}

func (m *mapper) pair(pair string) error {
	name, header, ok := strings.Cut(strings.TrimSpace(pair), "=")
	name, header = strings.TrimSpace(name), strings.TrimSpace(header)
	if !ok || !slices.Contains(Fields(), name) {
		return invalid("map: %q: write field=Column, with a field of %s%s",
			pair, strings.Join(Fields(), ", "), nearest(name, Fields()))
	}
	if _, twice := m.columns[name]; twice {
		return invalid("map: %s is given twice", name)
	}
	if header == "" {
		m.unwanted = append(m.unwanted, name)
		return nil
	}
	for i, text := range m.header {
		if strings.EqualFold(strings.TrimSpace(text), header) {
			if m.taken[i] {
				return invalid("map: column %q is used twice", header)
			}
			m.take(fieldNamed(name), i)
			return nil
		}
	}
	return invalid("map: the file has no column %q%s", header, nearest(header, m.header))
}

func (m *mapper) take(f field, i int) {
	m.taken[i] = true
	m.columns[f.name] = column{field: f, header: strings.TrimSpace(m.header[i]), index: i}
}

// first maps a field to the first of names that is a column.
func (m *mapper) first(f field, names []string) {
	if _, known := m.columns[f.name]; known || slices.Contains(m.unwanted, f.name) {
		return
	}
	for _, name := range names {
		if i := m.free(plainHeader(name)); i >= 0 {
			m.take(f, i)
			return
		}
	}
}

// spare maps the other columns of names, for rows in which the first is empty.
// Every line needs its own quantity and price.
func (m *mapper) spare(f field, names []string) {
	if _, known := m.columns[f.name]; !known || f.name == "order" || f.name == "quantity" || f.name == "price" {
		return
	}
	for _, name := range names {
		if i := m.free(plainHeader(name)); i >= 0 {
			m.taken[i] = true
			m.spares[f.name] = append(m.spares[f.name], column{field: f, header: strings.TrimSpace(m.header[i]), index: i, spare: f.name != "items"})
		}
	}
}

// free is the column of a plain name that is not mapped yet; -1: none.
func (m *mapper) free(plain string) int {
	for i, name := range m.plain {
		if name == plain && !m.taken[i] {
			return i
		}
	}
	return -1
}

// usual maps what has a usual name.
func (m *mapper) usual() {
	for _, u := range usualNames {
		m.first(fieldNamed(u.field), u.names)
	}
}

func fieldNamed(name string) field {
	list := fields()
	return list[slices.IndexFunc(list, func(f field) bool { return f.name == name })]
}

// ordered are the columns in the order of fields, because a currency is read
// before its amounts.
func (m *mapper) ordered() []column {
	var list []column
	for _, f := range fields() {
		if c, ok := m.columns[f.name]; ok {
			list = append(list, c)
			list = append(list, m.spares[f.name]...)
		}
	}
	return list
}

// complete checks that the columns make an order: a number, a time, and what it
// cost.
func (m *mapper) complete(columns []column, mapping string, p Profile) error {
	var missing []string
	need := []string{"order", "at"}
	if at(columns, "total") < 0 {
		need = append(need, "quantity", "price")
		if at(columns, "line_total") >= 0 {
			need = need[:2]
		}
		if at(columns, "product") < 0 && at(columns, "sku") < 0 && at(columns, "title") < 0 {
			need = slices.Insert(need, 2, "product")
		}
	}
	for _, name := range need {
		if at(columns, name) < 0 && p.Constant[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if mapping != "" {
		return invalid("map: %s is missing; add %s=COLUMN", strings.Join(missing, ", "), missing[0])
	}
	return invalid("columns %s: no column for %s; map them with map=%s=COLUMN,...; fields: %s",
		commerce.Clip(strings.Join(m.header, ", "), 500), strings.Join(missing, ", "),
		strings.Join(missing, "=COLUMN,"), strings.Join(Fields(), ", "))
}

// at is the place of a field in columns; -1: it is not mapped.
func at(columns []column, field string) int {
	return slices.IndexFunc(columns, func(c column) bool { return c.name == field })
}

// decide decides how the numbers of each column are read. A column that does
// not show it is read as the others.
func decide(columns []column, t *table, o Options, p Profile) (decimal string, guessed bool, err error) {
	var points, commas, eithers int
	byColumn := make([]string, len(columns))
	example := ""
	for i, c := range columns {
		if !c.isNumber {
			continue
		}
		point, comma, either := 0, 0, 0
		for _, cells := range t.sample {
			if c.index < len(cells) {
				p, m, e := decimalSigns(unguarded(cells[c.index]))
				if point, comma, either = point+p, comma+m, either+e; e > 0 && example == "" {
					example = unguarded(cells[c.index])
				}
			}
		}
		points, commas, eithers = points+point, commas+comma, eithers+either
		if byColumn[i] = "point"; comma > point {
			byColumn[i] = "comma"
		} else if point == 0 {
			byColumn[i] = ""
		}
	}
	file := cmp.Or(o.Decimal, when(commas > points, "comma"), when(points > 0, "point"))
	if file == "" {
		if file = p.Decimal; file == "" && eithers > 0 && o.Shop.Market != commerce.China {
			return "", false, invalid("number %q: may be a thousand times larger; add decimal=comma or decimal=point",
				clip(example))
		}
		file, guessed = cmp.Or(file, "point"), eithers > 0
	}
	for i := range columns {
		columns[i].comma = cmp.Or(o.Decimal, byColumn[i], file) == "comma"
	}
	return file, guessed, nil
}

// decideDates decides the order of day and month in dates that do not show it.
func decideDates(columns []column, t *table, o Options, p Profile) (string, error) {
	var dmy, mdy, either int
	example := ""
	for _, c := range columns {
		for _, cells := range t.sample {
			if !c.isTime || c.index >= len(cells) || len(cells[c.index]) > 64 {
				continue
			}
			d, m, e := dayOrder(unguarded(cells[c.index]))
			dmy, mdy, either = dmy+count(d), mdy+count(m), either+count(e)
			if e && example == "" {
				example = unguarded(cells[c.index])
			}
		}
	}
	switch {
	case o.Dates != "":
		return o.Dates, nil
	case dmy > 0 && mdy == 0:
		return "dmy", nil
	case mdy > 0 && dmy == 0:
		return "mdy", nil
	case dmy+mdy+either > 0 && p.Dates != "":
		return p.Dates, nil
	case either > 0:
		return "", invalid("time %q: %w", clip(example), errDayOrder)
	}
	return "", nil
}

func when(b bool, text string) string {
	if b {
		return text
	}
	return ""
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
