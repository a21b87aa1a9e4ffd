package campaigns

import (
	"strings"

	"comeback/commerce"
	"comeback/segments"
)

// TemplateSet says which templates there are.
type TemplateSet interface {
	Has(name string) bool
}

// Accept reads a campaign file and says everything that is wrong or surprising
// about it for this shop, its tests included. It is what must pass before a
// campaign is stored; the campaign is nil when it does not.
func Accept(data []byte, templates TemplateSet, shop commerce.Shop) (*Campaign, []segments.Problem) {
	c, problems := Parse(data)
	if c == nil {
		return nil, problems
	}
	problems = append(problems, Validate(c, templates, shop)...)
	if segments.Refused(problems) {
		return nil, problems
	}
	return c, problems
}

// Validate says what Parse alone cannot know: templates that do not exist (nil:
// not asked), hours of the day at which a step can never be sent under this
// shop's quiet hours (notes), and tests that fail.
func Validate(c *Campaign, templates TemplateSet, shop commerce.Shop) []segments.Problem {
	r := &reader{}
	for i, s := range c.Steps {
		at := c.root.Member("steps").Items[i]
		if templates != nil && !templates.Has(s.Template) {
			r.problem(at.Member("send").Member("template"), "template: there is none named %q", s.Template)
		}
		r.nights(c, i, at, shop)
	}
	for i, result := range RunTests(c, shop) {
		if !result.Passed() {
			r.problem(c.Tests[i].at, "test %q fails: %s", result.Name, strings.Join(result.Failures, "; "))
		}
	}
	return r.problems.List()
}
