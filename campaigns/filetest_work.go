package campaigns

import (
	"context"

	"comeback/commerce"
	"comeback/strictjson"
)

// What the tests of one file may take. People write tests of ten events at most,
// in a handful of steps.
const (
	maxTestEvents = 2000    // events x steps, of all tests together
	maxTestWork   = 250_000 // things looked at while they run; some tens of milliseconds
)

// work is what the tests of one file may still take.
type work struct {
	ctx  context.Context
	left int
}

func newWork(ctx context.Context) *work { return &work{ctx, maxTestWork} }

// spend takes n; false when there is none left, or nobody waits any more.
func (k *work) spend(n int) bool {
	k.left -= n
	return k.left >= 0 && k.ctx.Err() == nil
}

// spent tells whether the tests took more than they may.
func (k *work) spent() bool { return k.left < 0 }

// Reviewed is what was found about a campaign file.
type Reviewed struct {
	Campaign *Campaign // nil: refused
	Problems []strictjson.Problem
	Tests    []TestResult // nil where they were not run
	TooMuch  bool         // its tests would take more work than one file may
}

// Review reads a campaign file and says everything that is wrong or surprising
// about it for this shop, its tests included, which are run once. An error is
// that of ctx: nobody waits for the verdict any more.
func Review(ctx context.Context, data []byte, templates TemplateSet, shop commerce.Shop) (Reviewed, error) {
	c, problems := Parse(data)
	if c == nil {
		return Reviewed{Problems: problems}, nil
	}
	r, k := &reader{}, newWork(ctx)
	r.problems.AddAll(problems)
	r.surroundings(c, templates, shop)
	v := Reviewed{TooMuch: c.testEvents() > maxTestEvents}
	if !v.TooMuch {
		v.Tests = runTests(c, shop, k)
		v.TooMuch = k.spent()
	}
	if err := ctx.Err(); err != nil {
		return Reviewed{}, err
	}
	if v.TooMuch {
		v.Tests = nil
		r.problem(c.root.Member("tests"),
			"tests: too much work, %d events x steps in all (at most %d, and fewer where much comes of each): make them fewer or shorter",
			c.testEvents(), maxTestEvents)
	}
	r.failures(c, v.Tests)
	if v.Problems = r.problems.List(); !r.problems.Refused() {
		v.Campaign = c
	}
	return v, nil
}

// testEvents is how many events times steps the tests are.
func (c *Campaign) testEvents() int {
	n := 0
	for _, t := range c.Tests {
		n += len(t.Given) * len(c.Steps)
	}
	return n
}
