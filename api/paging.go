package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

const (
	pageMost    = 200
	pageDefault = 50
)

// page is one page of a list. Next is the address of the next page, absent on
// the last.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
	// Unshown counts stored items that cannot be encoded as JSON.
	Unshown int `json:"unshown,omitempty"`
}

// asked is the part of a list that a request wants.
type asked struct {
	after string
	limit int
	query url.Values
}

// ask reads limit, cursor and the filters that the list knows. Any other
// parameter is refused, so that a misspelt filter is never ignored.
func ask(c *gin.Context, filters ...string) (asked, error) {
	q := c.Request.URL.Query()
	for name, values := range q {
		if name != "limit" && name != "cursor" && !slices.Contains(filters, name) {
			known := strings.Join(append([]string{"limit", "cursor"}, filters...), ", ")
			return asked{}, commerce.Errorf(commerce.Invalid, "query: unknown parameter %q, this list knows %s", clip(name), known)
		}
		if len(values) != 1 {
			return asked{}, commerce.Errorf(commerce.Invalid, "query: %s: given %d times, write it once", name, len(values))
		}
	}
	a := asked{after: q.Get("cursor"), query: q}
	var err error
	a.limit, err = a.number("limit", 1, pageDefault, pageMost)
	return a, err
}

// plain refuses every query parameter.
func plain(c *gin.Context) error {
	_, err := parameters(c)
	return err
}

// parameters reads the query of a call that is no list: known names, each once.
func parameters(c *gin.Context, known ...string) (asked, error) {
	q := c.Request.URL.Query()
	for name, values := range q {
		switch {
		case len(known) == 0:
			return asked{}, commerce.Errorf(commerce.Invalid, "query: unknown parameter %q, this call knows none", clip(name))
		case !slices.Contains(known, name):
			return asked{}, commerce.Errorf(
				commerce.Invalid, "query: unknown parameter %q, this call knows %s", clip(name), strings.Join(known, ", "),
			)
		case len(values) != 1:
			return asked{}, commerce.Errorf(commerce.Invalid, "query: %s: given %d times, write it once", name, len(values))
		}
	}
	return asked{query: q}, nil
}

// number reads a parameter that is a number from least to most. A missing one
// is usual.
func (a asked) number(name string, least, usual, most int) (int, error) {
	text := a.query.Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, commerce.Errorf(commerce.Invalid, "query: %s: write a number from %d to %d", name, least, most)
	}
	return n, nil
}

// period reads from and to; a missing one is the zero time.
func (a asked) period() (from, to time.Time, err error) {
	for name, into := range map[string]*time.Time{"from": &from, "to": &to} {
		text := a.query.Get(name)
		if text == "" {
			continue
		}
		if *into, err = time.Parse(time.RFC3339, text); err != nil {
			return from, to, commerce.Errorf(commerce.Invalid, "query: %s: write a time such as 2026-01-31T12:00:00Z", name)
		}
		if err = commerce.CheckInstant(*into); err != nil {
			return from, to, commerce.Errorf(commerce.Invalid, "query: %s: %w", name, err)
		}
	}
	if !to.IsZero() && !from.Before(to) {
		return from, to, commerce.Errorf(commerce.Invalid, "query: to: must be later than from")
	}
	return from, to, nil
}

// oneOf reads a filter with few values. A missing one is the zero value.
func oneOf[S ~string](a asked, name string, known ...S) (S, error) {
	value := S(a.query.Get(name))
	if a.query.Has(name) && !slices.Contains(known, value) {
		return "", commerce.Errorf(commerce.Invalid, "query: %s: %q is not one of %s", name, clip(string(value)), words(known))
	}
	return value, nil
}

// words lists the values of a filter.
func words[S ~string](known []S) string {
	list := make([]string, len(known))
	for i, word := range known {
		list[i] = string(word)
	}
	return strings.Join(list, ", ")
}

// paged shows items as a page, with the link to the next.
func paged[T, V any](c *gin.Context, a asked, items []T, next string, show func(T) V) page[V] {
	p := page[V]{Items: make([]V, len(items))}
	for i, item := range items {
		p.Items[i] = show(item)
	}
	if next != "" {
		q := url.Values{}
		for name := range a.query {
			q.Set(name, a.query.Get(name))
		}
		q.Set("cursor", next)
		p.Next = c.Request.URL.Path + "?" + q.Encode()
		c.Header("Link", "<"+p.Next+`>; rel="next"`)
	}
	return p
}

// clip shortens what a caller wrote for an error.
func clip(text string) string { return commerce.Clip(text, 60) }
