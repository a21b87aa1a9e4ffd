package store

import (
	"context"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store/documents"
)

// settled is how long after a request was carried out it is run once more: data
// that was being read or handed over meanwhile is stored by then.
const settled = 2 * LeaseFor

// saveRedactions stores the requests of platforms. It stores the person as the
// platform's id and as pseudonyms, like an identity.
func (s *Store) saveRedactions(ctx context.Context, shop string, r connectors.Records) (touched []string, err error) {
	for _, in := range r.Redactions {
		named := strings.Join([]string{in.Reference, in.Customer, in.Email, in.Phone, strconv.FormatInt(in.At.UnixMilli(), 10)}, "\x00")
		doc := s.privacyRequest(shop, in.Email, in.Phone)
		doc.ID = commerce.Key(shop, in.Connection, string(in.Kind), s.pseudonym(named))
		doc.Connection, doc.Kind, doc.Platform, doc.Orders, doc.At = in.Connection, in.Kind, in.Customer, in.Orders, in.At
		doc.Deleted, doc.DueAt = in.Reference == "deleted", s.now()
		if _, err := s.docs.Insert(ctx, colRedactions, doc); err != nil {
			return touched, err
		}
		touched = append(touched, doc.ID)
	}
	return touched, nil
}

// privacyRequest is a waiting request about the person of e-mail and phone.
func (s *Store) privacyRequest(shop, email, phone string) commerce.PrivacyRequest {
	r := commerce.PrivacyRequest{Shop: shop, State: commerce.PrivacyWaiting}
	if address := commerce.NormalEmail(email); address != "" {
		r.Email = s.pseudonym(string(commerce.Email) + ":" + address)
	}
	if number := commerce.NormalPhone(phone, ""); number != "" {
		r.Phone = s.pseudonym(string(commerce.Phone) + ":" + number)
	}
	return r
}

// AddPrivacyRequest stores a merchant's request. r has Kind, By, Customer and
// At; email and phone name the person if the customer's id is unknown. An
// unknown customer is NotFound.
func (s *Store) AddPrivacyRequest(
	ctx context.Context, shop string, r commerce.PrivacyRequest, email, phone string,
) (commerce.PrivacyRequest, error) {
	doc := s.privacyRequest(shop, email, phone)
	if r.Customer != "" {
		c, err := s.Customer(ctx, shop, r.Customer)
		if err != nil {
			return doc, err
		}
		r.Customer = c.ID
	}
	doc.ID = commerce.Key(shop, "api", string(r.Kind), token())
	doc.Kind, doc.By, doc.Customer, doc.At, doc.DueAt = r.Kind, r.By, r.Customer, r.At, s.now()
	if _, err := s.docs.Insert(ctx, colRedactions, doc); err != nil {
		return doc, err
	}
	return doc, s.MarkDue(ctx, shop, doc.DueAt)
}

// PrivacyRequest reads one request; NotFound when there is none.
func (s *Store) PrivacyRequest(ctx context.Context, shop, id string) (commerce.PrivacyRequest, error) {
	r, found, err := get[commerce.PrivacyRequest](ctx, s, colRedactions, shop, id)
	if err == nil && !found {
		err = missing("privacy request", id)
	}
	return r, err
}

// ListPrivacyRequests lists a shop's requests, the newest first.
func (s *Store) ListPrivacyRequests(
	ctx context.Context, shop, after string, limit int,
) (list []commerce.PrivacyRequest, next string, err error) {
	return listPage([]string{"-at"}, after, limit, func(c *documents.Cursor, n int) ([]commerce.PrivacyRequest, error) {
		return find[commerce.PrivacyRequest](ctx, s, colRedactions, documents.Query{Filter: of(shop), Sort: []string{"-at"}, After: c, Limit: n})
	})
}

// ClaimPrivacyRequests takes up to limit requests that are to be carried out,
// or to be run once more.
func (s *Store) ClaimPrivacyRequests(ctx context.Context, shop string, limit int) ([]commerce.PrivacyRequest, error) {
	return claimDue[commerce.PrivacyRequest](ctx, s, shop, colRedactions, nil, limit)
}

// RenewPrivacyRequests renews the lease of claimed requests.
func (s *Store) RenewPrivacyRequests(ctx context.Context, shop string, list []commerce.PrivacyRequest) error {
	ops := make([]documents.Op, len(list))
	for i, r := range list {
		ops[i] = documents.UpdateOp(byID(shop, r.ID, bson.E{Key: "claim", Value: r.Claim}, bson.E{Key: "fence", Value: r.Fence}),
			bson.D{set(bson.E{Key: "lease_until", Value: s.wall().Add(LeaseFor)})})
	}
	return s.bulk(ctx, colRedactions, ops)
}

// FinishPrivacyRequest stores how far a claimed request is: carried out, with
// the counts of what it erased, or, with more, ready for the next batch. The
// first time it is done it adds an entry to the audit. It falls due once more,
// for data that was under way.
func (s *Store) FinishPrivacyRequest(ctx context.Context, shop string, r commerce.PrivacyRequest, more bool) error {
	fields := bson.D{{Key: "erased", Value: r.Erased}, {Key: "place", Value: r.Place}}
	gone := bson.D{{Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}
	switch {
	case more:
		fields = append(fields, bson.E{Key: "due_at", Value: s.now()})
	case r.State == commerce.PrivacyDone || r.Kind == commerce.Disclose:
		gone = append(gone, bson.E{Key: "due_at", Value: ""})
	default:
		fields = append(fields, bson.E{Key: "due_at", Value: s.now().Add(settled)})
	}
	if !more && r.State != commerce.PrivacyDone {
		if err := s.audit(ctx, shop, commerce.AuditEntry{Action: auditAction(r.Kind), Subject: r.ID, By: r.By, Erased: r.Erased}); err != nil {
			return err
		}
		fields = append(fields, bson.E{Key: "state", Value: string(commerce.PrivacyDone)}, bson.E{Key: "done_at", Value: s.now()})
	}
	_, err := s.docs.Update(ctx, colRedactions, byID(shop, r.ID, bson.E{Key: "claim", Value: r.Claim}, bson.E{Key: "fence", Value: r.Fence}),
		bson.D{{Key: "$set", Value: fields}, {Key: "$unset", Value: gone}})
	return err
}

// platformIdentity is the id of the identity of a request's platform customer;
// empty if the request names none.
func (s *Store) platformIdentity(r commerce.PrivacyRequest) string {
	if r.Platform == "" || r.Platform == "0" || r.Connection == "" {
		return ""
	}
	return commerce.Key(r.Shop, string(commerce.PlatformID),
		s.pseudonym(string(commerce.PlatformID)+":"+commerce.Key(r.Connection, r.Platform)))
}

// identityIDs are the identities that a request names, the strongest first.
func (s *Store) identityIDs(r commerce.PrivacyRequest) []string {
	var ids []string
	if id := s.platformIdentity(r); id != "" {
		ids = append(ids, id)
	}
	if r.Email != "" {
		ids = append(ids, commerce.Key(r.Shop, string(commerce.Email), r.Email))
	}
	if r.Phone != "" {
		ids = append(ids, commerce.Key(r.Shop, string(commerce.Phone), r.Phone))
	}
	return ids
}
