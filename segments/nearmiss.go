package segments

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Lack is one change that has to happen for a customer to match.
type Lack struct {
	Pointer string    `json:"pointer"` // of the test it is for
	Kind    LackKind  `json:"kind"`
	Text    string    `json:"text"`           // such as "1 more paid order in the last 90 days"
	Until   time.Time `json:"until,omitzero"` // of Wait: the first instant at which the test matches
}

// LackKind is what causes a change.
type LackKind string

// Kinds of changes, by their cause.
const (
	Wait          LackKind = "wait"      // time passes
	Happening     LackKind = "happening" // an order, a message or a checkout
	ConsentChange LackKind = "said"      // a consent or a withdrawal
	Attribute     LackKind = "attribute" // another attribute of the customer or of the order
	ByHand        LackKind = "listing"   // a person lists the customer in a segment
)

// NearMiss is the smallest change found after which the condition matches: all the
// changes returned, in their order. It is empty if the condition already matches,
// and if no possible change is known (no customer becomes younger). Of several
// solutions it returns the one that takes least. To wait some days is less than an
// order, and an order is less than a new attribute. NearMiss evaluates the
// condition some hundred times. Use it for one customer at a time.
func NearMiss(c Condition, profile *commerce.Profile, order *commerce.OrderFact, p Params, now time.Time) []Lack {
	changes, _ := nearMiss(c, profile, order, p, now)
	return changes
}

// nearMiss also returns the state after the changes.
func nearMiss(c Condition, profile *commerce.Profile, order *commerce.OrderFact, p Params, now time.Time) ([]Lack, scenario) {
	tries := maxTries
	s := scenario{order: order, params: p, now: now, tries: &tries}
	if profile != nil {
		s.profile = *profile
	}
	if c == nil {
		return nil, s
	}
	found, ok := s.repair(c, true)
	if !ok || !c.match(found.evaluation()) {
		return nil, s
	}
	return found.changes, found
}

// maxTries limits the search. A test of a customer with few orders is one try,
// which takes some microseconds. The limit is about a second.
const maxTries = 100_000

// exhausted counts one more evaluation of a condition. It reports whether the
// limit is reached.
func (s *scenario) exhausted(c Condition) bool {
	*s.tries -= weigh(c) * (1 + len(s.profile.History.Orders)/50)
	return *s.tries < 0
}

// weigh is the number of tests and figures of a condition.
func weigh(c Condition) int {
	n := 1
	switch c := c.(type) {
	case group:
		for _, part := range c.parts {
			n += weigh(part)
		}
	case not:
		n += weigh(c.part)
	case oneLine:
		n += weigh(c.part)
	case membership:
		n += c.of.size
	case event:
		n += 3 * (1 + len(c.follows))
	case share, ratio:
		n += 6
	}
	return n
}

// scenario is the state after some changes. It is copied to try another change.
// The values it points to are replaced, never modified.
type scenario struct {
	profile  commerce.Profile
	order    *commerce.OrderFact
	line     *commerce.LineFact
	message  *commerce.MessageFact
	consent  *commerce.Consent
	checkout *commerce.CheckoutFact
	params   Params
	now      time.Time
	made     bool // the current record is new: all its fields may be chosen

	changes []Lack
	cost    float64
	tries   *int // left
}

func (s *scenario) evaluation() *evaluation {
	v := newEvaluation(&s.profile, s.order, s.params, s.now)
	v.line, v.message, v.consent, v.checkout = s.line, s.message, s.consent, s.checkout
	return v
}

// after is the scenario with one more change.
func (s scenario) after(c Lack, cost float64) scenario {
	s.changes, s.cost = append(slices.Clip(s.changes), c), s.cost+cost
	return s
}

// repair makes a condition match, or not match, by the smallest change found.
func (s scenario) repair(c Condition, want bool) (scenario, bool) {
	switch {
	case c.match(s.evaluation()) == want:
		return s, true
	case s.exhausted(c):
		return s, false
	}
	switch c := c.(type) {
	case group:
		if c.anyOf == want {
			return s.cheapest(c, want, len(c.parts), func(s scenario, i int) (scenario, bool) { return s.repair(c.parts[i], want) })
		}
		return s.each(c, want, c.parts)
	case not:
		return s.repair(c.part, !want)
	case oneLine:
		return s.repairLines(c, want)
	case membership:
		return s.repairMembership(c, want)
	}
	options := s.options(c, want)
	return s.cheapest(c, want, len(options), func(_ scenario, i int) (scenario, bool) { return options[i], true })
}

// cheapest tries n changes, each by itself. It returns the cheapest of those after
// which c is as wanted.
func (s scenario) cheapest(c Condition, want bool, n int, try func(s scenario, i int) (scenario, bool)) (best scenario, ok bool) {
	for i := range n {
		found, good := try(s, i)
		if good && (!ok || found.cost < best.cost) && c.match(found.evaluation()) == want {
			best, ok = found, true
		}
		if s.exhausted(c) {
			break
		}
	}
	return best, ok
}

// rounds is how often parts that other changes undid are repaired again.
const rounds = 3

// each repairs all parts, one after the other.
func (s scenario) each(c Condition, want bool, parts []Condition) (scenario, bool) {
	for range rounds {
		for _, part := range parts {
			var ok bool
			if s, ok = s.repair(part, want); !ok {
				return s, false
			}
		}
		if c.match(s.evaluation()) == want {
			return s, true
		}
	}
	return s, false
}

// repairLines makes one line of the current order pass, or none.
func (s scenario) repairLines(c oneLine, want bool) (scenario, bool) {
	n := 0
	if s.order != nil {
		n = len(s.order.Lines)
	}
	before := s.line
	back := func(s scenario, ok bool) (scenario, bool) {
		s.line = before
		return s, ok
	}
	on := func(s scenario, i int) (scenario, bool) {
		s.line = &s.order.Lines[i]
		return back(s.repair(c.part, want))
	}
	if n == 0 {
		return back(s.repair(c.part, want))
	}
	if want {
		return s.cheapest(c, want, n, on)
	}
	for i := range n {
		var ok bool
		if s, ok = on(s, i); !ok {
			return s, false
		}
	}
	return s, !c.match(s.evaluation())
}

// repairMembership makes the segment's condition match, or lists the customer.
func (s scenario) repairMembership(c membership, want bool) (scenario, bool) {
	if found, ok := s.repairCondition(c.of, want); ok && c.match(found.evaluation()) == want {
		return found, true
	}
	listing, text := Included, "to be put in segment "+c.of.ID
	switch listed := s.evaluation().listed(c.of.ID); {
	case want && listed == Excluded:
		text = "to be no longer listed as excluded from segment " + c.of.ID
	case !want && listed == Included:
		listing, text = Excluded, "to be no longer listed as a member of segment "+c.of.ID
	case !want:
		listing, text = Excluded, "to be taken out of segment "+c.of.ID
	}
	said := s.params.Listed
	s.params.Listed = func(segment string) Listing {
		switch {
		case segment == c.of.ID:
			return listing
		case said == nil:
			return Unlisted
		}
		return said(segment)
	}
	return s.after(Lack{Pointer: c.pointer, Kind: ByHand, Text: text}, costListing), true
}

func (s scenario) repairCondition(of *Segment, want bool) (scenario, bool) {
	if of.Static || of.Condition == nil || s.evaluation().listed(of.ID) != Unlisted {
		return s, false
	}
	return s.repair(of.Condition, want)
}

// Costs of changes, relative to each other.
const (
	costWait      = 1 // plus 1 for 10 days
	costHappening = 4 // each
	costConsent   = 5
	costAttribute = 12
	costListing   = 30
	costMade      = 0.01
)

// options are the scenarios that may bring a test, or a figure, to the wanted
// result.
func (s scenario) options(c Condition, want bool) []scenario {
	switch c := c.(type) {
	case test:
		list := s.waits(c, c.pointer, want, s.dates(c))
		if s.made || s.changeable(c.subject) {
			list = append(list, s.assigned(c, want)...)
		}
		if !s.made && c.origin() == originCustomer {
			list = append(list, s.bought(c)...)
		}
		return list
	case event:
		list := s.waits(c, c.pointer, want, s.passing(window{}, c.set))
		list = append(list, s.more(c.pointer, c.set, window{}, c.figure, c.tests)...)
		for _, f := range c.follows {
			list = append(list, s.more(c.pointer, f.set, window{}, aggregate{op: "count"}, nil)...)
		}
		return list
	case share:
		list := s.waits(c, c.pointer, want, s.passing(c.window, c.part, c.of))
		list = append(list, s.more(c.pointer, c.part, c.window, aggregate{op: "count"}, nil)...)
		return append(list, s.more(c.pointer, c.of, c.window, aggregate{op: "count"}, nil)...)
	case ratio:
		list := s.waits(c, c.pointer, want, s.passing(c.window, c.halves[0].set, c.halves[1].set))
		for _, half := range c.halves {
			list = append(list, s.more(c.pointer, half.set, c.window, half.figure, nil)...)
		}
		return list
	}
	return nil
}
