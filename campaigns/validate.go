package campaigns

import (
	"context"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// TemplateSet is the set of existing templates.
type TemplateSet interface {
	Has(name string) bool
}

// Accept is Review without a context.
func Accept(data []byte, templates TemplateSet, shop commerce.Shop) (*Campaign, []strictjson.Problem) {
	v, _ := Review(context.Background(), data, templates, shop)
	return v.Campaign, v.Problems
}

// Validate finds what Parse alone cannot: templates that do not exist (nil: not
// checked), hours of the day at which a step can never be sent under this shop's
// quiet hours (notes), and tests that fail.
func Validate(c *Campaign, templates TemplateSet, shop commerce.Shop) []strictjson.Problem {
	r := &reader{}
	r.surroundings(c, templates, shop)
	r.failures(c, RunTests(c, shop))
	return r.problems.List()
}

// surroundings reports problems that depend on the shop.
func (r *reader) surroundings(c *Campaign, templates TemplateSet, shop commerce.Shop) {
	for i, s := range c.Steps {
		at := c.root.Member("steps").Items[i]
		if templates != nil && !templates.Has(s.Template) {
			r.problem(at.Member("send").Member("template"), "template: there is none named %q", s.Template)
		}
		r.nights(c, i, at, shop)
	}
}

func (r *reader) failures(c *Campaign, results []TestResult) {
	for i, result := range results {
		if !result.Passed() {
			r.problem(c.Tests[i].at, "test %q fails: %s", result.Name, strings.Join(result.Failures, "; "))
		}
	}
}
