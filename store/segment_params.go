package store

import (
	"context"

	"comeback/commerce"
	"comeback/segments"
)

// paramsDoc is one of a shop's two documents of how its customers are scored:
// what it chose, and what was computed.
type paramsDoc struct {
	ID    string           `bson:"_id"`
	Shop  string           `bson:"shop"`
	Rules *segments.Rules  `bson:"rules,omitempty"`
	Fit   *segments.Fitted `bson:"fitted,omitempty"`
	Basis string           `bson:"basis"` // of Fit, see SaveFitted
}

// SegmentRules are what the shop chose of how its customers are scored, with
// the shop's trade.
func (s *Store) SegmentRules(ctx context.Context, shop string) (segments.Rules, error) {
	settings, err := s.Shop(ctx, shop)
	if err != nil {
		return segments.Rules{}, err
	}
	doc, _, err := get[paramsDoc](ctx, s, colParams, shop, commerce.Key(shop, "rules"))
	rules := segments.Rules{}
	if doc.Rules != nil {
		rules = *doc.Rules
	}
	rules.Trade = settings.Trade
	return rules, err
}

// SaveSegmentRules keeps what the shop chose; its trade is a setting of the
// shop, not of these. Rules that are wrong are Invalid. The customers are
// scored anew by the next sweep.
func (s *Store) SaveSegmentRules(ctx context.Context, shop string, rules segments.Rules) error {
	if err := rules.Check(); err != nil {
		return err
	}
	rules.Trade = ""
	return s.saveParams(ctx, shop, "rules", paramsDoc{Rules: &rules})
}

// Fitted is what the shop's customers as a whole say about each; nil before it
// was ever computed.
func (s *Store) Fitted(ctx context.Context, shop string) (*segments.Fitted, error) {
	f, _, err := s.FittedBy(ctx, shop)
	return f, err
}

// FittedBy is Fitted with the basis it was saved with.
func (s *Store) FittedBy(ctx context.Context, shop string) (f *segments.Fitted, basis string, err error) {
	doc, _, err := get[paramsDoc](ctx, s, colParams, shop, commerce.Key(shop, "fitted"))
	return doc.Fit, doc.Basis, err
}

// SaveFitted keeps what was computed. basis names what it was computed by: who
// finds another basis now computes it anew.
func (s *Store) SaveFitted(ctx context.Context, shop string, f *segments.Fitted, basis string) error {
	return s.saveParams(ctx, shop, "fitted", paramsDoc{Fit: f, Basis: basis})
}

func (s *Store) saveParams(ctx context.Context, shop, name string, doc paramsDoc) error {
	doc.ID, doc.Shop = commerce.Key(shop, name), shop
	update, err := replacing(doc)
	if err != nil {
		return err
	}
	if _, err := s.docs.Upsert(ctx, colParams, shop, doc.ID, update); err != nil {
		return err
	}
	return s.bumpSegments(ctx, shop)
}

// Known is about how many customers the shop ever had, a little above: the
// numbers that were given out.
func (s *Store) Known(ctx context.Context, shop string) (int64, error) {
	type counter struct {
		Next int64 `bson:"next"`
	}
	c, found, err := get[counter](ctx, s, colNumbers, shop, commerce.Key(shop, "customers"))
	if !found {
		return 0, err
	}
	return c.Next - 1, err
}
