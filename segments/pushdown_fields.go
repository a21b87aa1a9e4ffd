package segments

import (
	"slices"
	"strings"
)

// customer encloses a condition on a customer.
func (o *outliner) customer(c Condition) enclosed {
	switch c := c.(type) {
	case nil:
		return exactly(always())
	case group:
		return o.parts(c, o.customer)
	case not:
		return o.customer(c.part).not()
	case test:
		return o.customerTest(c)
	case event:
		return o.event(c)
	case share:
		return o.share(c)
	case ratio:
		return o.ratio(c)
	case membership:
		return o.membership(c)
	}
	return anybody()
}

// parts joins the bounds of the parts of a group.
func (o *outliner) parts(g group, of func(Condition) enclosed) enclosed {
	var list []enclosed
	for _, part := range g.parts {
		list = append(list, of(part))
	}
	if g.anyOf {
		return unite(list...)
	}
	return meet(list...)
}

func (o *outliner) customerTest(t test) enclosed {
	switch t.name {
	case "customer.birthday":
		return o.birthday(t)
	case "customer.age":
		list, _ := o.intervals(t)
		return exactly(bornOn(o.ofAge(list))).negatedIf(t.negated())
	case "customer.known_for":
		return o.daysSince(t, "known_since")
	case "orders.days_since_last":
		return o.daysSince(t, lastPaidPath)
	case "customer.stage", "stage":
		return o.stage(t)
	}
	if at, ok := customerPaths[t.name]; ok {
		return o.test(t, at)
	}
	if strings.HasPrefix(t.name, "rfm.") {
		return o.scored(t)
	}
	if at, ok := ofBuyers[t.name]; ok {
		return o.buyers(t, at)
	}
	return anybody()
}

// test encloses a test of a stored field.
func (o *outliner) test(t test, at stored) enclosed {
	return o.passes(t, at).negatedIf(t.negate)
}

// passes encloses the test's predicate, before it is negated.
func (o *outliner) passes(t test, at stored) enclosed {
	if is, ok := t.is.(presence); ok {
		return o.there(t, at).negatedIf(!is.want)
	}
	switch at.as {
	case asText, asTexts:
		return t.textClause(at)
	case asTrue, asMaybe:
		return flags(t.is, at)
	case asConsent:
		return consented(t)
	case asCustom:
		return custom(t, at.path)
	}
	return o.numbers(t, at)
}

func (o *outliner) there(t test, at stored) enclosed {
	switch at.as {
	case asConsent:
		return exactly(elem(at.path, in("channel", t.key)))
	case asCustom:
		return keyed(at.path, t.key, exactly(there(stored{"v", asText})))
	}
	return exactly(there(at))
}

// there matches if a field is set.
func there(at stored) *Clause {
	switch at.as {
	case asText:
		return in(at.path, "", nil).not()
	case asTexts:
		return elem(at.path, textsFrom("", "", ""))
	case asNumber, asSparse, asTrue:
		return always()
	}
	return present(at.path)
}

// textClause encloses a test of a text, or of the entries of a list. A database
// folds no texts: it finds only those that are stored folded.
func (t test) textClause(at stored) enclosed {
	if !t.folds {
		return exactTexts(t.is, at)
	}
	below := never()
	switch t.is.(type) {
	case amongTexts, hasAll:
		below = exactTexts(t.is, at).below
	}
	return enclosed{there(at), below}.fold()
}

func exactTexts(is predicate, at stored) enclosed {
	switch is := is.(type) {
	case amongTexts:
		return exactly(amongClause(at.path, is.values))
	case hasAll:
		var all []*Clause
		for _, value := range is.values {
			all = append(all, in(at.path, value))
		}
		return exactly(allClauses(all...))
	case textPart:
		switch {
		case is.op != "starts_with":
		case at.as == asTexts:
			return exactly(elem(at.path, startsWith("", is.part)))
		default:
			return exactly(startsWith(at.path, is.part))
		}
	}
	return noMoreThan(there(at))
}

func flags(is predicate, at stored) enclosed {
	among, ok := is.(amongFlags)
	if !ok {
		return anybody()
	}
	yes, no := in(at.path, true), in(at.path, false)
	if at.as == asTrue {
		no = yes.not()
	}
	return exactly(anyClauses(only(among.yes, yes), only(among.no, no)))
}

// only is c if wanted, else never.
func only(asked bool, c *Clause) *Clause {
	if asked {
		return c
	}
	return never()
}

func consented(t test) enclosed {
	among, ok := t.is.(amongFlags)
	if !ok {
		return anybody()
	}
	var said []any
	for _, c := range []struct{ asked, value bool }{{among.yes, true}, {among.no, false}} {
		if c.asked {
			said = append(said, c.value)
		}
	}
	return exactly(elem("consents", allClauses(in("channel", t.key), in("granted", said...))))
}

// custom encloses a test of a custom field, whose numbers and dates are text.
func custom(t test, path string) enclosed {
	return keyed(path, t.key, t.textClause(stored{"v", asText}))
}

// keyed encloses a test of the first value of a key. It can only pass if some
// value of the key passes. It passes if all do.
func keyed(path, key string, value enclosed) enclosed {
	of := func(c *Clause) *Clause { return elem(path, allClauses(in("k", key), c)) }
	return enclosed{of(value.above), allClauses(of(value.below), of(value.below.not()).not())}.fold()
}

// numbers encloses a test of a number or of an instant.
func (o *outliner) numbers(t test, at stored) enclosed {
	if t.kind == ofDate {
		if list, ok := o.instants(t); ok {
			return exactly(instantsIn(at.path, list...))
		}
		return noMoreThan(there(at))
	}
	list, ok := o.intervals(t)
	if !ok {
		return noMoreThan(there(at))
	}
	return exactly(numbers(at, list))
}

// numbers matches a stored number in one of the intervals.
func numbers(at stored, list []interval) *Clause {
	c := numbersIn(at.path, list...)
	switch {
	case at.as == asOptional:
		return c
	case slices.Contains(list, everything()):
		return always()
	case at.as == asSparse && slices.ContainsFunc(list, func(i interval) bool { return i.has(0) }):
		return anyClauses(c, absent(at.path))
	}
	return c
}

// daysSince encloses a test of the calendar days since an instant.
func (o *outliner) daysSince(t test, path string) enclosed {
	list, _ := o.intervals(t)
	if _, asked := t.is.(presence); !asked {
		list = o.sinceDays(list)
	}
	return exactly(instantsIn(path, list...)).negatedIf(t.negated())
}

const (
	birthdayPath = "attributes.birthday"
	bornFrom     = 1900 // anniversaries are listed for birthdays since this year
	mostBirths   = 4000 // most dates listed
)

// bornOn matches a birthday with a year in one of the spans.
func bornOn(spans []dates) *Clause {
	var parts []*Clause
	for _, s := range spans {
		parts = append(parts, textsFrom(birthdayPath, s.from.String(), s.to.String()+"\x00"))
	}
	return anyClauses(parts...)
}

func (o *outliner) birthday(t test) enclosed {
	at := customerPaths[t.name]
	switch is := t.is.(type) {
	case presence:
		return o.test(t, at)
	case anniversary:
		first := o.evaluation.today
		if !is.next {
			first = is.span.from(first, -1)
		}
		return o.returns(t, first.year).negatedIf(t.negate)
	case amongPoints:
		if !slices.ContainsFunc(is.values, func(p point) bool { return !p.annual() }) {
			return o.returns(t, o.evaluation.today.year+1).negatedIf(t.negate)
		}
	}
	if list, ok := o.instants(t); ok {
		return exactly(bornOn(o.onDates(list))).negatedIf(t.negate)
	}
	return noMoreThan(there(at)).negatedIf(t.negate)
}

// returns encloses a test of the day of the year of a birthday. All dates from
// 1900 to a year are listed. Other dates may match.
func (o *outliner) returns(t test, before int) enclosed {
	table := o.everyDay(t, before)
	var born []any
	for d := (day{2000, 1, 1}); d.year == 2000; d = d.add(1) {
		if !table.days[d.month][d.day] {
			continue
		}
		born = append(born, day{0, d.month, d.day}.String())
		for year := bornFrom; year < before; year++ {
			born = append(born, day{year, d.month, d.day}.String())
		}
	}
	if len(born) > mostBirths {
		return noMoreThan(there(customerPaths[t.name]))
	}
	others := anyClauses(
		textsFrom(birthdayPath, "0", day{bornFrom, 1, 1}.String()),
		textsFrom(birthdayPath, day{max(before, bornFrom), 1, 1}.String(), ""))
	listed := in(birthdayPath, born...)
	return enclosed{anyClauses(listed, others), listed}
}
