package store

import (
	"context"

	"comeback/commerce"
	"comeback/segments"
)

// paramsDoc is one of a shop's two documents about how its customers are
// scored: the shop's choices, and the computed figures.
type paramsDoc struct {
	ID    string           `bson:"_id"`
	Shop  string           `bson:"shop"`
	Rules *segments.Rules  `bson:"rules,omitempty"`
	Fit   *segments.Fitted `bson:"fitted,omitempty"`
	Basis string           `bson:"basis"` // of Fit, see SaveFitted
}

// SegmentRules are the shop's choices of how its customers are scored, with the
// shop's trade.
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

// SaveSegmentRules stores the shop's choices; its trade is a setting of the
// shop, not one of these. Wrong rules are Invalid. The next sweep scores the
// customers again.
func (s *Store) SaveSegmentRules(ctx context.Context, shop string, rules segments.Rules) error {
	if err := rules.Check(); err != nil {
		return err
	}
	rules.Trade = ""
	return s.saveParams(ctx, shop, "rules", paramsDoc{Rules: &rules})
}

// Fitted is the computed figures of all the shop's customers; nil before the
// first computation. They are Outdated where the shop's rules changed since.
func (s *Store) Fitted(ctx context.Context, shop string) (*segments.Fitted, error) {
	f, _, err := s.FittedBy(ctx, shop)
	if err != nil || f == nil || f.Rules == "" {
		return f, err
	}
	rules, err := s.SegmentRules(ctx, shop)
	f.Outdated = f.Rules != rules.Hash()
	return f, err
}

// FittedBy is Fitted with the basis it was saved with.
func (s *Store) FittedBy(ctx context.Context, shop string) (f *segments.Fitted, basis string, err error) {
	doc, _, err := get[paramsDoc](ctx, s, colParams, shop, commerce.Key(shop, "fitted"))
	return doc.Fit, doc.Basis, err
}

// SaveFitted stores computed figures. basis names their input: a caller with
// another basis computes them again.
func (s *Store) SaveFitted(ctx context.Context, shop string, f *segments.Fitted, basis string) error {
	return s.saveParams(ctx, shop, "fitted", paramsDoc{Fit: f, Basis: basis})
}

func (s *Store) saveParams(ctx context.Context, shop, name string, doc paramsDoc) error {
	doc.ID, doc.Shop = commerce.Key(shop, name), shop
	update, err := s.replacing(doc)
	if err != nil {
		return err
	}
	if _, err := s.docs.Upsert(ctx, colParams, shop, doc.ID, update); err != nil {
		return err
	}
	return s.bumpSegments(ctx, shop)
}

// Known is about how many customers the shop ever had, slightly too high: the
// numbers taken so far.
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
