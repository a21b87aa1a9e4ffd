package segments

import (
	"cmp"
	"maps"
	"slices"
)

// Families of traits, as the dimensions of conditions are called.
const (
	natural    = "natural"
	social     = "social"
	lifecycle  = "lifecycle"
	scored     = "rfm"
	purchase   = "purchase"
	habitual   = "habit"
	engagement = "engagement"
)

// asked are the texts of customers, orders and lines that are compared: not
// what names one person.
var asked = []struct {
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

// textQuestions ask who somebody is, and in which way and what they bought.
func textQuestions() (list []*question) {
	for _, a := range asked {
		q := &question{family: a.family, field: a.field}
		switch a.of {
		case atCustomers:
			column := customerColumns.text(a.field)
			of := func(c *chunk) *texts { return &c.customers.texts[column] }
			q.texts, q.ask = textsOf(of), isText(a.field)
			q.count = func(x *clerk, numbers []uint32, to *ballot) { x.countRows(of(x.ch), numbers, to) }
		case atOrders:
			column := orderColumns.text(a.field)
			of := func(c *chunk) *texts { return &c.orders.texts[column] }
			q.texts, q.ask = textsOf(of), bought(a.field, "is")
			q.count = func(x *clerk, numbers []uint32, to *ballot) { x.countOrders(of(x.ch), numbers, to) }
		default:
			column := lineColumns.text(a.field)
			of := func(c *chunk) *texts { return &c.lines.texts[column] }
			q.texts, q.ask = textsOf(of), bought(a.field, "is")
			q.count = func(x *clerk, numbers []uint32, to *ballot) { x.countLines(of(x.ch), numbers, to) }
		}
		list = append(list, q)
	}
	for i := range orderLists {
		name, of := orderLists[i].name, func(c *chunk) *lists { return &c.orderLists[i] }
		list = append(list, &question{family: purchase, field: name, ask: bought(name, "has"),
			texts: func(c *chunk, _ *shop) answers { return of(c) },
			count: func(x *clerk, numbers []uint32, to *ballot) { x.countLists(of(x.ch), numbers, to) }})
	}
	return append(list,
		&question{family: social, field: "customer.tags", ask: hasEntry("customer.tags"),
			texts: func(c *chunk, _ *shop) answers { return &c.tags }, count: (*clerk).countTags},
		&question{family: purchase, field: "line.category", ask: bought("line.category", "has"),
			texts: categoryTexts, count: (*clerk).countCategories, nests: true},
		&question{family: habitual, field: "orders.favourite_category", ask: hasEntry("orders.favourite_category"),
			texts: favouriteTexts, count: (*clerk).countFavourites, nests: true},
	)
}

func textsOf(of func(*chunk) *texts) func(*chunk, *shop) answers {
	return func(c *chunk, _ *shop) answers {
		if t := of(c); t != nil {
			return t
		}
		return nil
	}
}

// mostKeys is how many custom attributes, and how many channels of consent,
// are compared: those most customers have.
const mostKeys = 100

// keyedQuestions ask the attributes the shop has keys of its own for.
func (y *survey) keyedQuestions() (list []*question) {
	for _, kind := range []struct {
		family, field string
		of            func(*chunk) map[string]*texts
		ask           func(field string) func(int, string) any
	}{
		{social, "customer.consent.", func(c *chunk) map[string]*texts { return c.consent }, isSaid},
		{social, "customer.custom.", func(c *chunk) map[string]*texts { return c.customers.custom }, isText},
	} {
		entries := map[string]int{}
		for i := range y.state.parts {
			for key, column := range kind.of(y.state.parts[i].chunk) {
				entries[key] += column.entries()
			}
		}
		keys := slices.SortedFunc(maps.Keys(entries), func(a, b string) int {
			return cmp.Or(cmp.Compare(entries[b], entries[a]), cmp.Compare(a, b))
		})
		for _, key := range keys[:min(len(keys), mostKeys)] {
			of := func(c *chunk) *texts { return kind.of(c)[key] }
			list = append(list, &question{family: kind.family, field: kind.field + key, ask: kind.ask(kind.field + key), texts: textsOf(of),
				count: func(x *clerk, numbers []uint32, to *ballot) { x.countRows(of(x.ch), numbers, to) }})
		}
	}
	return list
}

// entries is about how many entries of the column have a text.
func (t *texts) entries() int {
	if t.codes.sparse && t.codes.rest == 0 {
		return len(t.codes.pos)
	}
	return t.codes.n
}

// countRows counts a text of customers.
func (x *clerk) countRows(column *texts, numbers []uint32, to *ballot) {
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
func (x *clerk) countTags(numbers []uint32, to *ballot) {
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

// once counts an answer of a customer, unless it was.
func (t *ballot) once(seen []uint32, number uint32, row int, side uint8) {
	if seen[number] != uint32(row)+1 {
		seen[number] = uint32(row) + 1
		t.cells[number][side]++
	}
}

// countOrders counts the customers with an order that counts and has the text.
func (x *clerk) countOrders(column *texts, numbers []uint32, to *ballot) {
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
func (x *clerk) countLists(column *lists, numbers []uint32, to *ballot) {
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
func (x *clerk) countLines(column *texts, numbers []uint32, to *ballot) {
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
