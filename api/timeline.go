package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

// momentView is one line of a customer's timeline: an event, a message, or a
// reaction to one.
type momentView struct {
	At       time.Time `json:"at"`
	Type     string    `json:"type"` // event, message, touch
	Kind     string    `json:"kind"` // order.paid, ...; the message's state; open, click, unsubscribe
	ID       string    `json:"id"`
	Subject  string    `json:"subject,omitempty"` // the order or checkout; the message of a touch
	Campaign string    `json:"campaign,omitempty"`
	Step     string    `json:"step,omitempty"`
	Class    string    `json:"class,omitempty"`    // of a touch: human, machine, proxy, unknown
	Count    int64     `json:"count,omitempty"`    // of the touches of a day, where they are stored as a sum
	Historic bool      `json:"historic,omitempty"` // an event that an import reported first, or that is inferred

	Properties map[string]any `json:"properties,omitempty"` // of an event that the shop reported
}

// timeline answers with the events and messages of a customer, oldest first.
func (h *customers) timeline(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	from, err := parseMoment(a.after)
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	who, err := h.store.Customer(ctx, shop, c.Param("customer"))
	if err != nil {
		return nil, err
	}
	aliases, err := h.store.Aliases(ctx, shop, who.ID)
	if err != nil {
		return nil, err
	}
	var all []momentView
	for _, alias := range append([]commerce.Customer{who}, aliases...) {
		moments, err := h.moments(ctx, shop, alias.ID, from, a.limit+1)
		if err != nil {
			return nil, err
		}
		all = append(all, moments...)
	}
	all = slices.DeleteFunc(all, func(m momentView) bool { return compareMoments(m, from) <= 0 })
	slices.SortFunc(all, compareMoments)
	next := ""
	if len(all) > a.limit {
		all = all[:a.limit]
		next = momentCursor(all[a.limit-1])
	}
	return paged(c, a, all, next, same), nil
}

func compareMoments(a, b momentView) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }

// moments reads at least the first limit lines of one customer after from.
func (h *customers) moments(ctx context.Context, shop, customer string, from momentView, limit int) ([]momentView, error) {
	since := from.At.Add(-time.Millisecond) // several events may share a millisecond
	events, err := h.store.CustomerEvents(ctx, shop, customer, since, limit+pageMost)
	if err != nil {
		return nil, err
	}
	touches, err := h.store.CustomerTouches(ctx, shop, customer, since, limit+pageMost)
	if err != nil {
		return nil, err
	}
	list := make([]momentView, 0, len(events)+len(touches))
	for _, e := range events {
		if e.Kind == commerce.MessageOpened || e.Kind == commerce.MessageClicked {
			continue // shown as touches
		}
		list = append(list, momentView{
			At: e.At, Type: "event", Kind: string(e.Kind), ID: e.ID, Subject: e.Subject, Historic: e.Historic,
			Properties: showProperties(e.Properties),
		})
	}
	for _, t := range touches {
		list = append(list, momentView{
			At: t.At, Type: "touch", Kind: string(t.Kind), ID: t.ID, Subject: t.Message, Campaign: t.Campaign, Class: string(t.Class),
		})
	}
	messages, err := h.messages(ctx, shop, customer, from.At)
	return append(list, messages...), err
}

// messages returns a customer's messages from a time on. The store lists the newest
// first, so they are read back to that time.
func (h *customers) messages(ctx context.Context, shop, customer string, from time.Time) ([]momentView, error) {
	var list []momentView
	for after, more := "", true; more; {
		page, next, err := h.store.ListMessages(ctx, shop, "", customer, "", after, pageMost)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			at := m.PlannedAt
			if !m.SentAt.IsZero() {
				at = m.SentAt
			}
			list = append(list, momentView{
				At: at, Type: "message", Kind: string(m.State), ID: m.ID, Subject: m.Order, Campaign: m.Campaign, Step: m.Step,
			})
			list = append(list, pastMoments(m)...)
		}
		after, more = next, next != "" && len(page) > 0 && !page[len(page)-1].PlannedAt.Before(from.AddDate(0, 0, -90))
	}
	return list, nil
}

// pastMoments are the touches of a message that are stored as sums by day.
func pastMoments(m campaigns.Message) (list []momentView) {
	if m.Past == nil {
		return nil
	}
	for _, d := range m.Past.Days {
		id := m.ID + ":" + commerce.Key(string(d.Kind), string(d.Class), d.First.UTC().Format(time.DateOnly))
		list = append(list, momentView{
			At: d.First, Type: "touch", Kind: string(d.Kind), ID: id, Subject: m.ID, Campaign: m.Campaign, Class: string(d.Class), Count: d.N,
		})
	}
	return list
}

func momentCursor(m momentView) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(m.At.UnixMilli(), 36) + " " + m.ID))
}

func parseMoment(cursor string) (momentView, error) {
	if cursor == "" {
		return momentView{}, nil
	}
	refused := commerce.Errorf(commerce.Invalid, "cursor: not valid, start again without it")
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	ms, id, ok := strings.Cut(string(raw), " ")
	at, failed := strconv.ParseInt(ms, 36, 64)
	if err != nil || failed != nil || !ok {
		return momentView{}, refused
	}
	return momentView{At: time.UnixMilli(at).UTC(), ID: id}, nil
}
