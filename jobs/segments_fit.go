package jobs

import (
	"context"
	"iter"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

type fits interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	SegmentRules(ctx context.Context, shop string) (segments.Rules, error)
	FittedBy(ctx context.Context, shop string) (f *segments.Fitted, basis string, err error)
	SaveFitted(ctx context.Context, shop string, f *segments.Fitted, basis string) error
	customers
}

type customers interface {
	Known(ctx context.Context, shop string) (int64, error)
	Rows(ctx context.Context, shop string) iter.Seq2[*segments.Row, error]
}

// fit computes the parameters that depend on all customers of the shop, such as
// scores, where they are due: the first time, on a new calendar day of the shop,
// after a change of its rules, and after growth by a quarter. One process does it.
func (s *Segments) fit(ctx context.Context, id string) error {
	shop, err := s.fits.Shop(ctx, id)
	if err != nil {
		return err
	}
	rules, err := s.fits.SegmentRules(ctx, id)
	if err != nil {
		return err
	}
	known, err := s.fits.Known(ctx, id)
	if err != nil {
		return err
	}
	basis := segments.Basis(shop, rules, known)
	f, by, err := s.fits.FittedBy(ctx, id)
	at := s.now().UTC().Truncate(time.Millisecond)
	if err != nil || f != nil && by == basis && sameDay(f.At, at, shop.Location()) {
		return err
	}
	if !s.duties.Owns(id) {
		return nil // the worker that sweeps the shop fits
	}
	began := s.wall()
	params := segments.Params{Zone: shop.Location(), Currency: shop.Currency}
	if f, err = segments.FitRows(rules, params, s.fits.Rows(ctx, id), at); err != nil {
		return err
	}
	s.log.Debug("fitted segments", "shop", id, "buyers", f.Customers, "took_ms", s.wall().Sub(began).Milliseconds())
	return s.fits.SaveFitted(ctx, id, f, basis)
}

func sameDay(a, b time.Time, zone *time.Location) bool {
	return a.In(zone).Format(time.DateOnly) == b.In(zone).Format(time.DateOnly)
}
