package segments

import (
	"slices"
	"sync"
	"sync/atomic"
)

// survey asks the customers of a shop one question after the other and counts
// the answers of a segment and of the rest.
type survey struct {
	state      *snapshot
	shop       *shop
	plan       *plan // without conditions, of the shop
	evaluation *evaluation
	questions  []*question
	ballots    []ballot // of each question
}

// question is one thing to be known of customers.
type question struct {
	family, field string
	answers       []string // the values counted, their numbers are 1, 2, ...
	trimmed       bool     // there are more

	// ask turns a value into a condition that finds who has it; nil: the
	// grammar has none.
	ask func(answer int, value string) any

	// Of three kinds one is set.
	habit int                                          // where it is in a customer's habits
	texts func(c *chunk, s *shop) answers              // what there is in a chunk
	count func(x *clerk, numbers []uint32, to *ballot) // those, by their numbers
	nests bool                                         // a bare name may say the same as a path that ends with it
}

// answers are texts by code; code 0 is none.
type answers interface {
	len() int
	text(code uint32) string
}

// ballot counts customers by answer.
type ballot struct {
	known sides
	cells []sides // of answer i; 0: of answers that are not counted
}

// sides counts customers: of the rest, of the segment, and rows that are no
// customers any more.
type sides [3]uint32

const (
	ofRest = iota
	ofSegment
	ofNobody
)

func (s *sides) add(o sides) {
	for i, n := range o {
		s[i] += n
	}
}

// newSurvey writes the questions, and chooses which answers are counted.
func newSurvey(state *snapshot, s *shop, v *evaluation) *survey {
	y := &survey{state: state, shop: s, plan: &plan{shop: s}, evaluation: v}
	y.questions = slices.Concat(habitQuestions(v.params.Fitted), textQuestions(), y.keyedQuestions(), messageQuestions())
	var taken atomic.Int64
	y.work(func(x *clerk) {
		for i := taken.Add(1); i <= int64(len(y.questions)); i = taken.Add(1) {
			if q := y.questions[i-1]; q.texts != nil {
				q.answers, q.trimmed = x.choose(q)
			}
		}
	})
	y.ballots = y.blank()
	return y
}

// work runs clerks on all processors.
func (y *survey) work(with func(x *clerk)) {
	y.state.share(func(func() *part) { with(&clerk{survey: y}) })
}

func (y *survey) blank() []ballot {
	list := make([]ballot, len(y.questions))
	for i, q := range y.questions {
		list[i].cells = make([]sides, len(q.answers)+1)
	}
	return list
}

// count asks everybody.
func (y *survey) count(members *Bitmap) {
	var summing sync.Mutex
	y.state.share(func(next func() *part) {
		x, own := &clerk{survey: y}, y.blank()
		for p := next(); p != nil; p = next() {
			x.enter(p, members)
			x.countHabits(own)
			for i, q := range y.questions {
				if q.count != nil {
					q.count(x, x.numbers(q), &own[i])
				}
			}
		}
		summing.Lock()
		defer summing.Unlock()
		for i := range own {
			y.ballots[i].known.add(own[i].known)
			for k := range own[i].cells {
				y.ballots[i].cells[k].add(own[i].cells[k])
			}
		}
	})
}

// trimmed are the fields of which not all values were counted.
func (y *survey) trimmed() (fields []string) {
	for _, q := range y.questions {
		if q.trimmed {
			fields = append(fields, q.field)
		}
	}
	return fields
}

// clerk counts one chunk after the other; it belongs to one goroutine.
type clerk struct {
	survey *survey
	ch     *chunk
	side   []uint8 // of each row
	rows   bitset

	codes []int64
	seen  []uint32
	to    []uint32
	habit habitReader
	asker worker // finds favourites
}

// enter tells the sides of a part's customers. Without a set all are of the rest.
func (x *clerk) enter(p *part, members *Bitmap) {
	x.ch = p.chunk
	x.side = resize(x.side, p.customers.n)
	for row := range x.side {
		x.side[row] = ofRest
		if !p.holds(uint32(row)) {
			x.side[row] = ofNobody
		}
	}
	if members == nil {
		return
	}
	for row := range p.members(members, &x.rows).all() {
		x.side[row] = ofSegment
	}
}

// numbers are the question's numbers of the chunk's codes; nil where it has
// none.
func (x *clerk) numbers(q *question) []uint32 {
	if q.texts == nil {
		return nil
	}
	list := q.texts(x.ch, x.survey.shop)
	if list == nil || list.len() <= 1 {
		return nil
	}
	x.to = resize(x.to, list.len())
	x.to[0] = 0
	at := 0
	for code := 1; code < list.len(); code++ {
		x.to[code] = 0
		text := list.text(uint32(code))
		if at < len(q.answers) && q.answers[at] == text { // dictionaries are sorted, as answers are
			x.to[code] = uint32(at) + 1
			at++
			continue
		}
		found, ok := slices.BinarySearch(q.answers, text)
		if ok {
			x.to[code] = uint32(found) + 1
			found++
		}
		at = found
	}
	return x.to
}

// marks is a buffer of n zeros.
func (x *clerk) marks(n int) []uint32 {
	x.seen = resize(x.seen, n)
	clear(x.seen)
	return x.seen
}
