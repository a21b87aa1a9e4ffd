package campaigns

import (
	"context"

	"comeback/commerce"
	"comeback/strictjson"
)

// Limits for the tests of one file. Tests written by people have at most ten events
// and a few steps.
const (
	maxTestEvents = 2000    // events x steps, of all tests together
	maxTestWork   = 250_000 // objects read while they run; some tens of milliseconds
)

// work counts down the work that the tests of one file may still do.
type work struct {
	ctx  context.Context
	left int
}

func newWork(ctx context.Context) *work { return &work{ctx, maxTestWork} }

// spend subtracts n. It returns false if no work is left or ctx has ended.
func (k *work) spend(n int) bool {
	k.left -= n
	return k.left >= 0 && k.ctx.Err() == nil
}

// spent reports whether the tests exceeded their limit.
func (k *work) spent() bool { return k.left < 0 }

// Reviewed is the result of Review.
type Reviewed struct {
	Campaign *Campaign // nil: the file is refused
	Problems []strictjson.Problem
	Tests    []TestResult // nil where they were not run
	TooMuch  bool         // its tests would take more work than one file may
}

// Review reads a campaign file and lists everything that is wrong or surprising
// about it for this shop. It runs the file's tests once. The error is that of ctx.
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

// testEvents is the number of events times steps of all tests.
func (c *Campaign) testEvents() int {
	n := 0
	for _, t := range c.Tests {
		n += len(t.Given) * len(c.Steps)
	}
	return n
}
