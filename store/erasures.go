package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// erasure records that the person of an identity was erased. Data about the
// time until At that comes later, by a late webhook or an old file, brings no
// person back. Its id is the identity's, or names a connection or an order.
// Like a suppression it contains a keyed hash, and survives erasures.
type erasure struct {
	ID   string    `bson:"_id"`
	Shop string    `bson:"shop"`
	At   time.Time `bson:"at"`
}

func connectionErasure(shop, connection string) string {
	return commerce.Key(shop, "connection", connection)
}
func orderErasure(shop, order string) string { return commerce.Key(shop, "order", order) }

// remember stores that all of ids are erased as of at.
func (s *Store) remember(ctx context.Context, shop string, ids []string, at time.Time) error {
	for chunk := range slices.Chunk(distinct(ids), inChunk) {
		ops := make([]documents.Op, len(chunk))
		for i, id := range chunk {
			ops[i] = documents.UpsertOp(shop, id, bson.D{{Key: "$max", Value: bson.D{{Key: "at", Value: at}}}})
		}
		if err := s.bulk(ctx, colErasures, ops); err != nil {
			return err
		}
	}
	return nil
}

// erasures reads when each of ids was erased; the others are missing.
func (s *Store) erasures(ctx context.Context, shop string, ids []string) (map[string]time.Time, error) {
	known := map[string]time.Time{}
	for chunk := range slices.Chunk(distinct(ids), inChunk) {
		list, err := find[erasure](ctx, s, colErasures,
			documents.Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(chunk)}}})})
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			known[e.ID] = e.At
		}
	}
	return known, nil
}

// fact is one record about a person: the identities it names, and when it
// happened.
type fact struct {
	connection string
	buyer      commerce.Buyer
	order      string // id, of an order
	at         time.Time
}

// marks are the ids of the erasures that may concern a fact.
func (s *Store) marks(shop string, f fact) []string {
	ids := []string{connectionErasure(shop, f.connection)}
	if f.order != "" {
		ids = append(ids, orderErasure(shop, f.order))
	}
	for _, i := range s.identitiesOf(shop, f.connection, f.buyer) {
		ids = append(ids, i.ID)
	}
	return ids
}

// concerns reports whether a fact is about an erased person and happened before
// the erasure. Families share phones, so a phone decides only if the fact has
// nothing else.
func (s *Store) concerns(shop string, f fact, known map[string]time.Time) bool {
	if len(known) == 0 {
		return false
	}
	alone := f.buyer.Platform == "" && commerce.NormalEmail(f.buyer.Email) == ""
	old := func(id string) bool {
		at, erased := known[id]
		return erased && !f.at.After(at)
	}
	return slices.ContainsFunc(s.marks(shop, f), func(id string) bool {
		return old(id) && (alone || !isPhone(shop, id))
	})
}

func isPhone(shop, id string) bool {
	parts, err := commerce.SplitKey(id)
	return err == nil && len(parts) == 3 && parts[0] == shop && parts[1] == string(commerce.Phone)
}

// placed is when an order happened. An erasure after it removes the buyer.
func placed(o commerce.Order) time.Time {
	if o.Times.PlacedAt.IsZero() {
		return o.Version
	}
	return o.Times.PlacedAt
}

func orderFact(o commerce.Order) fact {
	return fact{connection: o.Connection, buyer: o.Buyer, order: o.ID, at: placed(o)}
}

func checkoutFact(c commerce.Checkout) fact {
	at := c.StartedAt
	if at.IsZero() {
		at = c.Version
	}
	return fact{connection: c.Connection, buyer: c.Buyer, at: at}
}

func refundFact(r commerce.LooseRefund) fact {
	return fact{connection: r.Connection, buyer: r.Buyer, at: r.At}
}

// withoutPerson keeps only the token of an order's landing URL: it names the
// mail that brought the order.
func withoutPerson(o commerce.Order, at time.Time) commerce.Order {
	landing := campaigns.LandingOnly(o.Source.Landing)
	o = o.WithoutPerson(at)
	o.Source.Landing = landing
	return o
}

// freshID is the id of a new customer under an identity. An erased person who
// comes again is a new customer, without a tie to the old one.
func (s *Store) freshID(shop, identity string, known map[string]time.Time) string {
	at, erased := known[identity]
	if !erased {
		return identity
	}
	parts, err := commerce.SplitKey(identity)
	if err != nil {
		return identity
	}
	again := s.pseudonym("again:" + identity + ":" + strconv.FormatInt(at.UnixMilli(), 10))
	return commerce.Key(shop, parts[1], again)
}
