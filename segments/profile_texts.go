package segments

import (
	"cmp"
	"maps"
	"slices"
)

// Families of traits, named as the groups of fields in conditions.
const (
	natural    = "natural"
	social     = "social"
	lifecycle  = "lifecycle"
	scored     = "rfm"
	purchase   = "purchase"
	habitual   = "habit"
	engagement = "engagement"
)

// comparedTexts are the texts of customers, orders and lines that are compared.
// None identifies a person.
var comparedTexts = []struct {
	family, field string
	of            level
}{
	{natural, "customer.gender", atCustomers}, {natural, "customer.country", atCustomers}, {natural, "customer.region", atCustomers},
	{natural, "customer.city", atCustomers}, {natural, "customer.postcode", atCustomers}, {natural, "customer.language", atCustomers},
	{natural, "customer.zone", atCustomers}, {social, "customer.member_level", atCustomers}, {social, "customer.company", atCustomers},
	{social, "customer.occupation", atCustomers}, {social, "customer.source", atCustomers}, {social, "customer.utm_medium", atCustomers},
	{social, "customer.utm_campaign", atCustomers}, {social, "customer.utm_term", atCustomers}, {social, "customer.utm_content", atCustomers},
	{purchase, "order.channel", atOrders}, {purchase, "order.payment_method", atOrders}, {purchase, "order.store", atOrders},
	{purchase, "order.device", atOrders}, {purchase, "order.utm_campaign", atOrders},
	{purchase, "line.product", atLines}, {purchase, "line.brand", atLines},
}

// textDimensions are texts and lists of customers, and of their orders and lines.
func textDimensions() (list []*dimension) {
	for _, a := range comparedTexts {
		d := &dimension{family: a.family, field: a.field}
		switch a.of {
		case atCustomers:
			column := customerColumns.text(a.field)
			of := func(c *chunk) *texts { return &c.customers.texts[column] }
			d.texts, d.find = textsOf(of), isText(a.field)
			d.count = func(x *counter, numbers []uint32, to *valueCounts) { x.countRows(of(x.ch), numbers, to) }
		case atOrders:
			column := orderColumns.text(a.field)
			of := func(c *chunk) *texts { return &c.orders.texts[column] }
			d.texts, d.find = textsOf(of), bought(a.field, "is")
			d.count = func(x *counter, numbers []uint32, to *valueCounts) { x.countOrders(of(x.ch), numbers, to) }
		default:
			column := lineColumns.text(a.field)
			of := func(c *chunk) *texts { return &c.lines.texts[column] }
			d.texts, d.find = textsOf(of), bought(a.field, "is")
			d.count = func(x *counter, numbers []uint32, to *valueCounts) { x.countLines(of(x.ch), numbers, to) }
		}
		list = append(list, d)
	}
	for i := range orderLists {
		name, of := orderLists[i].name, func(c *chunk) *lists { return &c.orderLists[i] }
		list = append(list, &dimension{family: purchase, field: name, find: bought(name, "has"),
			texts: func(c *chunk, _ *shop) valueTexts { return of(c) },
			count: func(x *counter, numbers []uint32, to *valueCounts) { x.countLists(of(x.ch), numbers, to) }})
	}
	return append(list,
		&dimension{family: social, field: "customer.tags", find: hasEntry("customer.tags"),
			texts: func(c *chunk, _ *shop) valueTexts { return &c.tags }, count: (*counter).countTags},
		&dimension{family: purchase, field: "line.category", find: bought("line.category", "has"),
			texts: categoryTexts, count: (*counter).countCategories, nests: true},
		&dimension{family: habitual, field: "orders.favourite_category", find: hasEntry("orders.favourite_category"),
			texts: favouriteTexts, count: (*counter).countFavourites, nests: true},
	)
}

func textsOf(of func(*chunk) *texts) func(*chunk, *shop) valueTexts {
	return func(c *chunk, _ *shop) valueTexts {
		if t := of(c); t != nil {
			return t
		}
		return nil
	}
}

// mostKeys is the number of custom attributes, and of channels of consent, that
// are compared: those of most customers.
const mostKeys = 100

// keyedDimensions are consents by channel, and custom attributes by key.
func (pr *profiler) keyedDimensions() (list []*dimension) {
	for _, kind := range []struct {
		family, field string
		of            func(*chunk) map[string]*texts
		ask           func(field string) func(int, string) any
	}{
		{social, "customer.consent.", func(c *chunk) map[string]*texts { return c.consent }, isGranted},
		{social, "customer.custom.", func(c *chunk) map[string]*texts { return c.customers.custom }, isText},
	} {
		entries := map[string]int{}
		for i := range pr.state.parts {
			for key, column := range kind.of(pr.state.parts[i].chunk) {
				entries[key] += column.entries()
			}
		}
		keys := slices.SortedFunc(maps.Keys(entries), func(a, b string) int {
			return cmp.Or(cmp.Compare(entries[b], entries[a]), cmp.Compare(a, b))
		})
		for _, key := range keys[:min(len(keys), mostKeys)] {
			of := func(c *chunk) *texts { return kind.of(c)[key] }
			list = append(list, &dimension{family: kind.family, field: kind.field + key, find: kind.ask(kind.field + key), texts: textsOf(of),
				count: func(x *counter, numbers []uint32, to *valueCounts) { x.countRows(of(x.ch), numbers, to) }})
		}
	}
	return list
}

// entries estimates how many entries of the column have a text.
func (t *texts) entries() int {
	if t.codes.sparse && t.codes.rest == 0 {
		return len(t.codes.pos)
	}
	return t.codes.n
}

// countRows counts a text of customers.
func (x *counter) countRows(column *texts, numbers []uint32, to *valueCounts) {
	if numbers == nil {
		return
	}
	x.codes = column.codes.values(x.codes)
	for row, code := range x.codes {
		side := x.side[row]
		if code != 0 {
			to.known[side]++
		}
		to.cells[numbers[code]][side]++
	}
}

// countTags counts each tag of a customer once.
func (x *counter) countTags(numbers []uint32, to *valueCounts) {
	if numbers == nil {
		return
	}
	x.codes = x.ch.tags.codes.values(x.codes)
	seen := x.marks(len(to.cells))
	for row, code := range x.codes {
		if code == 0 {
			continue
		}
		to.known[x.side[row]]++
		for _, member := range x.ch.tags.list(uint32(code)) {
			to.once(seen, numbers[member], row, x.side[row])
		}
	}
}

// once counts a value of a customer, unless it was counted before.
func (t *valueCounts) once(seen []uint32, number uint32, row int, side uint8) {
	if seen[number] != uint32(row)+1 {
		seen[number] = uint32(row) + 1
		t.cells[number][side]++
	}
}

// countOrders counts the customers with an order that counts and has the text.
func (x *counter) countOrders(column *texts, numbers []uint32, to *valueCounts) {
	if numbers == nil {
		return
	}
	x.codes = column.codes.values(x.codes)
	seen, paid := x.marks(len(to.cells)), x.ch.paid
	for row, side := range x.side {
		from, end := x.ch.ordersOf(uint32(row))
		known := false
		for i := from; i < end; i++ {
			if code := x.codes[i]; code != 0 && (paid == nil || paid.has(i)) {
				known = true
				to.once(seen, numbers[code], row, side)
			}
		}
		if known {
			to.known[side]++
		}
	}
}

// countLists counts the customers with an order that counts and has a text in
// its list.
func (x *counter) countLists(column *lists, numbers []uint32, to *valueCounts) {
	if numbers == nil {
		return
	}
	x.codes = column.codes.values(x.codes)
	seen, paid := x.marks(len(to.cells)), x.ch.paid
	for row, side := range x.side {
		from, end := x.ch.ordersOf(uint32(row))
		known := false
		for i := from; i < end; i++ {
			if x.codes[i] == 0 || paid != nil && !paid.has(i) {
				continue
			}
			known = true
			for _, member := range column.list(uint32(x.codes[i])) {
				to.once(seen, numbers[member], row, side)
			}
		}
		if known {
			to.known[side]++
		}
	}
}

// countLines counts the customers with a line of an order that counts that has
// the text.
func (x *counter) countLines(column *texts, numbers []uint32, to *valueCounts) {
	if x.ch.lineAt == nil { // line i is of order i
		x.countOrders(column, numbers, to)
		return
	}
	if numbers == nil {
		return
	}
	x.codes = column.codes.values(x.codes)
	seen, paid := x.marks(len(to.cells)), x.ch.paid
	for row, side := range x.side {
		from, end := x.ch.ordersOf(uint32(row))
		known := false
		for i := from; i < end; i++ {
			if paid != nil && !paid.has(i) {
				continue
			}
			for _, code := range x.codes[x.ch.lineAt[i]:x.ch.lineAt[i+1]] {
				if code != 0 {
					known = true
					to.once(seen, numbers[code], row, side)
				}
			}
		}
		if known {
			to.known[side]++
		}
	}
}
