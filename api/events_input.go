package api

import (
	"encoding/json"
	"strconv"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// eventInput is one event, or a list of them.
type eventInput struct {
	ID         string                     `json:"id"`
	Event      string                     `json:"event"`
	Customer   eventCustomer              `json:"customer"`
	At         *time.Time                 `json:"at"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// eventsInput is the body: one event, or events alone.
type eventsInput struct {
	eventInput
	Events []eventInput `json:"events"`
}

// eventCustomer names a person by one of id, email and phone. With a connection, id is
// the platform's.
type eventCustomer struct {
	ID         string `json:"id"`
	Connection string `json:"connection"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
}

// eventsRead is a body that was read: the reports with their places in it.
type eventsRead struct {
	reports []commerce.Report
	nodes   []*strictjson.Node
	single  bool // one event, without a list
}

// readEvents reads a body strictly. All its faults are named.
func readEvents(data []byte, now time.Time) (eventsRead, error) {
	var in eventsInput
	if err := decode(data, &in); err != nil {
		return eventsRead{}, err
	}
	root, problems := strictjson.Read(data)
	r := eventReader{now: now}
	r.problems.AddAll(problems)
	read := eventsRead{single: root.Member("events") == nil}
	switch list := root.Member("events"); {
	case read.single:
		read.nodes, read.reports = []*strictjson.Node{root}, []commerce.Report{r.report(root, in.eventInput)}
	case len(root.Members) > 1:
		r.problems.At(root, "write either one event or a list of events, not both")
	case len(list.Items) == 0 || len(list.Items) > commerce.MaxReports:
		r.problems.At(list, "events: a list of 1 to %d", commerce.MaxReports)
	default:
		for i, n := range list.Items {
			read.nodes, read.reports = append(read.nodes, n), append(read.reports, r.report(n, in.Events[i]))
		}
	}
	return read, invalid("body: does not fit this call, see errors", r.problems.List())
}

// eventReader collects the faults of a body. They repeat no address.
type eventReader struct {
	now      time.Time
	problems strictjson.Problems
}

// ahead is how much later than ours the shop's clock may be.
const ahead = 5 * time.Minute

func (r *eventReader) report(n *strictjson.Node, in eventInput) commerce.Report {
	report := commerce.Report{ID: in.ID, Kind: commerce.EventKind(in.Event)}
	for _, key := range []string{"id", "event", "customer"} {
		if n.Member(key) == nil {
			r.problems.At(n, "%q is missing", key)
		}
	}
	if at := n.Member("id"); at != nil {
		if err := commerce.CheckText("/id", in.ID, 1, commerce.MaxReportID); err != nil {
			r.problems.At(at, "id: write your own id of this event, one line of 1 to %d bytes", commerce.MaxReportID)
		}
	}
	if at := n.Member("event"); at != nil && !report.Kind.Reported() {
		r.problems.At(at, "event: %q is no name of a reported event: %s", clip(in.Event), commerce.ReportedRule)
	}
	if at := n.Member("customer"); at != nil {
		r.customer(at, in.Customer, &report)
	}
	if in.At != nil {
		if report.At = stored(*in.At); report.At.After(r.now.Add(ahead)) {
			r.problems.At(n.Member("at"), "at: is in the future; write when it happened, or leave it out for now")
		}
	}
	report.Properties = r.properties(n.Member("properties"))
	return report
}

// customer reads whom the event is about.
func (r *eventReader) customer(n *strictjson.Node, in eventCustomer, to *commerce.Report) {
	given := 0
	for _, text := range []string{in.ID, in.Email, in.Phone} {
		if text != "" {
			given++
		}
	}
	if given != 1 || in.Connection != "" && in.ID == "" {
		r.problems.At(n, "customer: write one of id, email and phone; connection only beside an id of that platform")
		return
	}
	switch {
	case in.ID != "" && in.Connection == "":
		to.Customer = in.ID
		return
	case in.ID != "":
		to.Connection, to.Buyer.Platform = in.Connection, in.ID
	case in.Email != "":
		to.Buyer.Email = commerce.NormalEmail(in.Email)
	default:
		to.Buyer.Phone = commerce.NormalPhone(in.Phone, "")
	}
	if len(to.Buyer.Identities(to.Connection)) > 0 && len(in.ID) <= commerce.MaxReportID {
		return
	}
	switch {
	case in.ID != "":
		r.problems.At(n.Member("id"), "id: names nobody")
	case in.Email != "":
		r.problems.At(n.Member("email"), "email: is no address of a person; write it whole, such as ann@example.com")
	default:
		r.problems.At(n.Member("phone"), "phone: write it with its country code, such as +4930123456")
	}
}

func (r *eventReader) properties(n *strictjson.Node) []commerce.Property {
	if n == nil {
		return nil
	}
	if len(n.Members) > commerce.MaxProperties {
		r.problems.At(n, "properties: at most %d", commerce.MaxProperties)
		return nil
	}
	list := make([]commerce.Property, 0, len(n.Members))
	for _, m := range n.Members {
		list = append(list, r.property(m))
	}
	commerce.SortProperties(list)
	return list
}

func (r *eventReader) property(m strictjson.Member) commerce.Property {
	p, v := commerce.Property{Key: m.Key}, m.Value
	switch v.Kind {
	case strictjson.String:
		p.Value = v.Text
	case strictjson.Number:
		p.Type, p.Value = commerce.NumberProperty, v.Text
	case strictjson.Bool:
		p.Type, p.Value = commerce.FlagProperty, strconv.FormatBool(v.Bool)
	case strictjson.Array:
		p.Type = commerce.ListProperty
		for _, item := range v.Items {
			if item.Kind != strictjson.String {
				r.problems.At(item, "a list has texts only, not %s", item.Kind)
				return p
			}
			p.List = append(p.List, item.Text)
		}
	default:
		r.problems.At(v, "write text, a number, true or false, or a list of texts, not %s; leave an unknown property out", v.Kind)
		return p
	}
	if err := p.Check(); err != nil {
		r.problems.At(v, "%s", err)
	}
	return p
}
