package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// Disclose returns everything stored about the person of a request, by
// collection. It omits fields about the work on a document. The audit records
// the export under by.
func (s *Store) Disclose(ctx context.Context, shop string, r commerce.PrivacyRequest, by string) (map[string][]json.RawMessage, error) {
	persons, err := s.persons(ctx, shop, r)
	if err != nil {
		return nil, err
	}
	found := map[string][]json.RawMessage{}
	for _, p := range persons {
		if err := s.disclose(ctx, shop, p, found); err != nil {
			return nil, err
		}
	}
	return found, s.audit(ctx, shop, commerce.AuditEntry{Action: auditExported, Subject: r.ID, By: by})
}

// disclose adds the data of one person.
func (s *Store) disclose(ctx context.Context, shop string, p person, found map[string][]json.RawMessage) error {
	if err := s.unpackAll(ctx, shop); err != nil {
		return err
	}
	theirs := among("customer", p.ids())
	ids := func(field string, list []string) bson.D { return of(shop, among(field, list)) }
	subjects := p.subjects()
	for _, q := range []struct {
		coll   string
		filter bson.D
	}{
		{colCustomers, ids("_id", p.ids())},
		{colIdentities, ids("_id", p.identities)},
		{colOrders, ids("_id", subjects)},
		{colCheckouts, ids("_id", subjects)},
		{colRefunds, ids("_id", subjects)},
		{colEvents, of(shop, theirs)},
		{colReports, of(shop, theirs)},
		{colEnrolments, of(shop, theirs)},
		{colMessages, of(shop, theirs)},
		{colCalls, of(shop, theirs)},
		{colTouches, of(shop, theirs)},
		{colWatches, of(shop, theirs)},
		{colListed, of(shop, theirs)},
		{colConversions, ids("_id", subjects)},
		{colQuality, ids("subject", subjects)},
		{colSuppress, ids("address", s.addressesOf(p))},
		{colDeliveries, ids("subjects", subjects)},
	} {
		err := s.docs.Find(ctx, q.coll, documents.Query{Filter: q.filter}, func(raw bson.Raw) error {
			text, err := plainJSON(raw)
			found[q.coll] = append(found[q.coll], text)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.discloseSegments(ctx, shop, p, found)
}

// addressesOf are the keyed hashes under which the person's addresses would be
// suppressed.
func (s *Store) addressesOf(p person) []string {
	var list []string
	for _, word := range p.words() {
		if strings.Contains(string(word), "@") {
			list = append(list, s.Address(commerce.EmailAddress(string(word))).String())
		}
	}
	return list
}

// discloseSegments adds the segments of the person.
func (s *Store) discloseSegments(ctx context.Context, shop string, p person, found map[string][]json.RawMessage) error {
	list, err := find[segments.Membership](ctx, s, colMemberships, documents.Query{Filter: of(shop)})
	if err != nil {
		return err
	}
	for _, m := range list {
		members, err := unpackBitmap(m.Members)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.customers, func(c commerce.Customer) bool { return members.Has(c.N) }) {
			text, err := json.Marshal(map[string]any{"segment": m.Segment, "at": m.At})
			if err != nil {
				return err
			}
			found[colMemberships] = append(found[colMemberships], text)
		}
	}
	return nil
}

// workFields are about the work on a document, not about a person.
var workFields = []string{"claim", "fence", "lease_until", "rev", "want", "have", "dirty", "outbox", "pending", "touched",
	"touch_rev", "touch_budget", "claimed_at"}

// plainJSON writes a stored document for people: times and bytes as text.
func plainJSON(raw bson.Raw) (json.RawMessage, error) {
	var doc bson.D
	if err := bson.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	doc = slices.DeleteFunc(doc, func(e bson.E) bool { return slices.Contains(workFields, e.Key) })
	return json.Marshal(plain(doc))
}

func plain(value any) any {
	switch v := value.(type) {
	case bson.D:
		fields := make(map[string]any, len(v))
		for _, e := range v {
			fields[e.Key] = plain(e.Value)
		}
		return fields
	case bson.A:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	case bson.DateTime:
		return v.Time().UTC().Format(time.RFC3339Nano)
	case bson.Binary:
		if utf8.Valid(v.Data) {
			return string(v.Data)
		}
		return v.Data
	default:
		return v
	}
}
