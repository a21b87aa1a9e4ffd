package api

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/connectors"
)

// connectionChange is a change of a connection. Absent keys stay unchanged.
// With rev, the change is made only if the connection still has that rev.
type connectionChange struct {
	Rev               *int64          `json:"rev"`
	Source            *string         `json:"source"`
	Aliases           []string        `json:"aliases"`
	Secret            *string         `json:"secret"`
	UnpaidClosesAfter json.RawMessage `json:"unpaid_closes_after"` // null: the platform's default
	// PaymentMethods are lines of the table; null removes a line.
	PaymentMethods map[string]*string `json:"payment_methods"`
}

// change answers PATCH /v1/connections/:connection.
func (h *connections) change(c *gin.Context) (any, error) {
	var in connectionChange
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	if _, err := in.apply(&commerce.Connection{}); err != nil {
		return nil, err
	}
	ctx, shop, slug := c.Request.Context(), shopOf(c), c.Param("connection")
	for {
		known, err := h.store.Connection(ctx, shop, slug)
		if err != nil {
			return nil, err
		}
		if in.Rev != nil && *in.Rev != known.Rev {
			return nil, commerce.Errorf(commerce.Conflict, "rev: the connection is at %d, read it again and repeat the change", known.Rev)
		}
		secret, err := in.apply(&known)
		if err != nil {
			return nil, err
		}
		err = h.store.SaveConnection(ctx, shop, known, secret)
		if commerce.CodeOf(err) == commerce.Conflict && in.Rev == nil {
			continue // another caller changed another part of it meanwhile
		}
		h.known.forget(known.ID)
		if err != nil {
			return nil, err
		}
		return h.get(c)
	}
}

// apply overwrites the given fields and returns the new secret, if any.
func (in connectionChange) apply(c *commerce.Connection) (secret []byte, err error) {
	if err := in.rename(c); err != nil {
		return nil, err
	}
	if in.UnpaidClosesAfter != nil {
		if c.UnpaidClosesAfter, err = readPeriod("/unpaid_closes_after", in.UnpaidClosesAfter); err != nil {
			return nil, err
		}
	}
	if c.PaymentMethods, err = changeMethods(c.PaymentMethods, in.PaymentMethods); err != nil {
		return nil, err
	}
	if in.Secret == nil {
		return nil, nil
	}
	if *in.Secret == "" {
		return nil, wrong("/secret", "empty: write the platform's secret, leave it out to keep the current one, or make one with POST .../rotate")
	}
	text, _, err := newSecret(c.Platform, *in.Secret)
	return []byte(text), err
}

// rename changes the names of the connection's store. Another source is another store:
// it has none of the aliases.
func (in connectionChange) rename(c *commerce.Connection) error {
	if in.Source != nil && !connectors.IsStore(*c, *in.Source) {
		c.Aliases = nil
	}
	set(&c.Source, in.Source)
	if err := checkText("/source", c.Source, 0, 200); err != nil {
		return err
	}
	if in.Aliases == nil {
		return nil
	}
	if len(in.Aliases) > connectors.MaxAliases {
		return wrong("/aliases", "more than %d: leave out those that the store no longer uses", connectors.MaxAliases)
	}
	for i, name := range in.Aliases {
		if err := checkText("/aliases/"+strconv.Itoa(i), name, 1, 200); err != nil {
			return err
		}
	}
	c.Aliases = in.Aliases
	return nil
}

const longestPeriod = 90 * 24 * time.Hour

// readPeriod reads "90m", "2h", "3d" or a number of minutes; null is nil.
func readPeriod(pointer string, raw json.RawMessage) (*time.Duration, error) {
	text := strings.Trim(string(raw), `"`)
	if text == "null" {
		return nil, nil
	}
	unit := time.Minute
	if string(raw) != text {
		units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
		last := text[max(0, len(text)-1):]
		unit, text = units[last], strings.TrimSuffix(text, last)
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || unit == 0 {
		return nil, wrong(
			pointer,
			`write a time such as "60m", "12h" or "3d"; "0m" for orders that stay open forever, null for the platform's default`,
		)
	}
	if n > uint64(longestPeriod/unit) {
		return nil, wrong(pointer, "at most 90 days")
	}
	period := time.Duration(n) * unit
	return &period, nil
}

// showPeriod writes a duration in the form of readPeriod, in the largest whole
// unit. No duration is null.
func showPeriod(d time.Duration) *string {
	if d == 0 {
		return nil
	}
	text := strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	if d%(24*time.Hour) == 0 {
		text = strconv.FormatInt(int64(d/(24*time.Hour)), 10) + "d"
	}
	return &text
}
