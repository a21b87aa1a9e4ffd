package campaigns

import (
	"context"
	"slices"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// TemplateSet is the set of existing templates.
type TemplateSet interface {
	Has(name string) bool
	Names() []string
	// Leads lists the variables without which no mail of the template is sent.
	Leads(name string) []string
	// CheckText lists what is wrong with the text of a notification. Lines and columns are those of the text.
	CheckText(text string) []strictjson.Problem
}

// Accept is Review without a context.
func Accept(data []byte, templates TemplateSet, shop commerce.Shop) (*Campaign, []strictjson.Problem) {
	v, _ := Review(context.Background(), data, templates, shop)
	return v.Campaign, v.Problems
}

// Validate finds what Parse alone cannot: templates that do not exist (nil: not
// checked), hours of the day at which a step can never be sent under this shop's
// quiet hours, and policies looser than its market's (notes), and tests that fail.
func Validate(c *Campaign, templates TemplateSet, shop commerce.Shop) []strictjson.Problem {
	r := &reader{}
	r.surroundings(c, templates, shop)
	r.failures(c, RunTests(c, shop))
	return r.problems.List()
}

// surroundings reports problems that depend on the shop.
func (r *reader) surroundings(c *Campaign, templates TemplateSet, shop commerce.Shop) {
	for i, s := range c.Steps {
		if s.Do == DoNotify && templates != nil {
			r.notices(s, templates.CheckText(s.Notify.Text))
		}
		if s.Do != DoSend {
			continue
		}
		at := s.at
		for _, route := range s.sendable() {
			named := route.named(at.Member("send"))
			if templates != nil && !templates.Has(route.Template) {
				names := templates.Names()
				r.suggest(named, strictjson.Nearest(route.Template, names), "template: there is none named %q; there are %s", route.Template,
					strings.Join(names, ", "))
			}
			if templates != nil && shop.ID != "" && shop.URL == "" {
				r.nowhere(s, named, templates.Leads(route.Template))
			}
		}
		r.nights(c, i, at, shop)
		r.crowded(c, i, at, shop)
	}
	r.purchases(c)
	if at := c.root.Member("policy"); at != nil {
		r.policies(c, at, shop)
	}
}

// notices reports what is wrong with the text of a notification.
func (r *reader) notices(s Step, problems []strictjson.Problem) {
	at := s.at.Member("notify").Member("text")
	for _, p := range problems {
		x := at.Problem("text, line %d, column %d: %s", p.Line, p.Column, p.Message)
		x.Suggestion, x.Note = p.Suggestion, p.Note
		r.problems.Add(x)
	}
}

// nowhere notes a mail that is not sent because the shop has no url.
func (r *reader) nowhere(s Step, at *strictjson.Node, leads []string) {
	switch {
	case leadsToShop(leads):
		r.note(at, "step %s is never sent: its mail leads to the shop, and the shop has no url; set it with PATCH /v1/shop", s.ID)
	case slices.Contains(leads, "links.pay"):
		r.note(at, "step %s is not sent for an order without a payment page: the shop has no url; set it with PATCH /v1/shop", s.ID)
	}
}

func leadsToShop(leads []string) bool {
	return slices.Contains(leads, "links.shop") || slices.Contains(leads, "shop.url")
}

// LeadsNowhere is the first step whose mail leads to the shop and nowhere else. Such
// a mail is never sent for a shop without a url.
func LeadsNowhere(c *Campaign, templates TemplateSet) (s Step, found bool) {
	for _, s := range c.sends() {
		for _, route := range s.sendable() {
			if leadsToShop(templates.Leads(route.Template)) {
				return s, true
			}
		}
	}
	return Step{}, false
}

func (r *reader) failures(c *Campaign, results []TestResult) {
	for i, result := range results {
		if !result.Passed() {
			r.problem(c.Tests[i].at, "test %q fails: %s", result.Name, strings.Join(result.Failures, "; "))
		}
	}
}
