package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/strictjson"
)

// events takes what a shop's own software reports that customers did.
type events struct {
	store  eventStore
	marker Marker
	now    func() time.Time
}

type eventStore interface {
	Connections(ctx context.Context, shop string) ([]commerce.Connection, error)
	// ReportEvents stores events, each once by its id. If one cannot be stored, none
	// is, and the answers, in the order of list, show why.
	ReportEvents(ctx context.Context, shop string, list []commerce.Report) ([]commerce.Reported, error)
}

// eventView is a reported event as it is stored. Of an erased person it has neither
// customer nor time.
type eventView struct {
	ID       string     `json:"id"`
	Event    string     `json:"event"`
	Customer string     `json:"customer"`
	At       *time.Time `json:"at"`
	State    string     `json:"state"` // stored, erased
}

// eventsView is the answer to a list of events, in its order.
type eventsView struct {
	Events []eventView `json:"events"`
}

// add answers POST /v1/events.
func (h *events) add(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	data, err := rawBody(c)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, commerce.Errorf(commerce.Invalid, "body: empty, send a JSON object")
	}
	in, err := readEvents(data, stored(h.now()))
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	if err := h.connected(ctx, shop, in); err != nil {
		return nil, err
	}
	answers, err := h.store.ReportEvents(ctx, shop, in.reports)
	if err == nil {
		err = in.refused(answers)
	}
	if err != nil {
		return nil, err
	}
	h.marker.Mark(shop)
	view := eventsView{Events: make([]eventView, len(answers))}
	for i, a := range answers {
		view.Events[i] = showEvent(in.reports[i], a)
	}
	if in.single {
		return view.Events[0], nil
	}
	return view, nil
}

// connected refuses connections that the shop does not have.
func (h *events) connected(ctx context.Context, shop string, in eventsRead) error {
	if !slices.ContainsFunc(in.reports, func(r commerce.Report) bool { return r.Connection != "" }) {
		return nil
	}
	list, err := h.store.Connections(ctx, shop)
	if err != nil {
		return err
	}
	slugs := listed(list, func(c commerce.Connection) string { return c.Slug })
	var problems strictjson.Problems
	for i, r := range in.reports {
		if r.Connection != "" && !slices.Contains(slugs, r.Connection) {
			p := in.nodes[i].Member("customer").Member("connection").Problem("the shop has no connection %q", clip(r.Connection))
			p.Suggestion = strictjson.Nearest(r.Connection, slugs)
			problems.Add(p)
		}
	}
	return invalid("body: names a connection that the shop does not have, see errors", problems.List())
}

// refused is the error for reports that could not be stored; nil if all were.
func (in eventsRead) refused(answers []commerce.Reported) error {
	var problems strictjson.Problems
	var conflicts []string
	for i, a := range answers {
		n := in.nodes[i]
		switch a.State {
		case commerce.ReportConflict:
			if len(conflicts) < 10 {
				conflicts = append(conflicts, clip(in.reports[i].ID))
			}
		case commerce.ReportUnknown:
			problems.At(n.Member("customer"), "names no customer of the shop")
		case commerce.ReportOld:
			problems.At(orNode(n.Member("at"), n), "at: so old that the event would be deleted again; events are stored for a limited time")
		}
	}
	if len(conflicts) > 0 {
		return commerce.Errorf(commerce.Conflict,
			"id: used before for another event: %s; the same id is the same event, so write a new id", strings.Join(conflicts, ", "))
	}
	return invalid("body: nothing is stored, see errors", problems.List())
}

func orNode(n, otherwise *strictjson.Node) *strictjson.Node {
	if n == nil {
		return otherwise
	}
	return n
}

func showEvent(r commerce.Report, a commerce.Reported) eventView {
	return eventView{ID: r.ID, Event: string(r.Kind), Customer: a.Event.Customer, At: when(a.Event.At), State: string(a.State)}
}

// showProperties are properties as they were written; nil if there are none.
func showProperties(list []commerce.Property) map[string]any {
	if len(list) == 0 {
		return nil
	}
	shown := map[string]any{}
	for _, p := range list {
		switch p.Type {
		case commerce.NumberProperty:
			shown[p.Key] = json.Number(p.Value)
		case commerce.FlagProperty:
			shown[p.Key] = p.Value == "true"
		case commerce.ListProperty:
			shown[p.Key] = listed(p.List, same)
		default:
			shown[p.Key] = p.Value
		}
	}
	return shown
}
