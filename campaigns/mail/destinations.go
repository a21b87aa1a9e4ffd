package mail

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osteele/liquid/expressions"
)

// destinations are the variables that a mail leads to. A template that writes one of
// them is not sent where it has no value: its label would stay without a link, or its
// mail without a purpose. A template that makes sense without writes it inside
// {% if %} or gives a default.
var destinations = []string{"order.pay_url", "checkout.url", "links.pay", "links.shop", "shop.url"}

// noDestination is the error of a mail that would lead nowhere.
type noDestination struct{ variable string }

func (e *noDestination) Error() string {
	remedy := "the shop has no url: set it with PATCH /v1/shop"
	switch e.variable {
	case "links.pay":
		remedy = "the order names no payment page that a mail can lead to, and " + remedy
	case "order.pay_url":
		remedy = "the order names no payment page that a mail can lead to"
	case "checkout.url":
		remedy = "the checkout names no address that a mail can lead to"
	}
	return fmt.Sprintf("the mail would lead nowhere, %s has no value: %s", e.variable, remedy)
}

// filterDestination stops the rendering where a destination has no value.
func filterDestination(v any, variable string) (any, error) {
	if v == nil {
		return nil, &noDestination{variable}
	}
	return v, nil
}

// wanting is an output's expression that stops the rendering if it is a destination
// without a value.
func wanting(expression string) string {
	variable, filters, _ := strings.Cut(expression, "|")
	variable = strings.TrimSpace(variable)
	if !slices.Contains(destinations, variable) || withDefault(filters) {
		return expression
	}
	return strings.TrimSuffix(fmt.Sprintf("%s | %s: %q | %s", variable, destinationFilter, variable, filters), " | ")
}

const destinationFilter = "__destination"

func withDefault(filters string) bool {
	name, _, _ := strings.Cut(strings.TrimSpace(filters), ":")
	return strings.TrimSpace(name) == "default"
}

// lead notes a destination that is written outside an {% if %} about it.
func (c *checker) lead(variable string, hasDefault bool) {
	if !slices.Contains(destinations, variable) || hasDefault || slices.Contains(c.leads, variable) {
		return
	}
	asked := func(b block) bool { return strings.Contains(b.args, variable) }
	if !slices.ContainsFunc(c.blocks, asked) {
		c.leads = append(c.leads, variable)
	}
}

// Leads lists the variables without which no mail of that template is sent:
// links.pay, links.shop and the like, over all languages.
func (t *Templates) Leads(name string) []string {
	var list []string
	for _, c := range t.list[name] {
		list = append(list, c.leads...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// stopped is the noDestination inside an error of the template library, nil for
// another one.
func stopped(err error) *noDestination {
	for err != nil {
		switch e := err.(type) {
		case *noDestination:
			return e
		case expressions.FilterError:
			err = e.Err
		case interface{ Cause() error }:
			err = e.Cause()
		default:
			return nil
		}
	}
	return nil
}
