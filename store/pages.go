package store

import (
	"context"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// The lists of the API: from behind the cursor text after ("": from the
// start), at most limit. next is the cursor behind the last, empty where the
// list ends.

// ListShops lists all shops, oldest first.
func (s *Store) ListShops(ctx context.Context, after string, limit int) (list []commerce.Shop, next string, err error) {
	return listPage([]string{"created_at"}, after, limit, func(c *documents.Cursor, n int) ([]commerce.Shop, error) {
		return s.Shops(ctx, c, n)
	})
}

// ListCheckouts lists a shop's checkouts, the latest started first, or a customer's by id.
func (s *Store) ListCheckouts(
	ctx context.Context, shop, customer, after string, limit int,
) (list []commerce.Checkout, next string, err error) {
	sort := []string{"-started_at"}
	if customer != "" {
		sort = []string{"_id"}
	}
	return listPage(sort, after, limit, func(c *documents.Cursor, n int) ([]commerce.Checkout, error) {
		return s.Checkouts(ctx, shop, customer, c, n)
	})
}

// ListImports lists a shop's imports, the newest first.
func (s *Store) ListImports(ctx context.Context, shop, after string, limit int) (list []commerce.Import, next string, err error) {
	return listPage([]string{"-started_at"}, after, limit, func(c *documents.Cursor, n int) ([]commerce.Import, error) {
		return s.Imports(ctx, shop, c, n)
	})
}

// ListProducts lists a shop's products by id.
func (s *Store) ListProducts(ctx context.Context, shop, after string, limit int) (list []commerce.Product, next string, err error) {
	return listPage([]string{"_id"}, after, limit, func(c *documents.Cursor, n int) ([]commerce.Product, error) {
		return s.Products(ctx, shop, c, n)
	})
}

// ListDeliveries lists a shop's deliveries in a state ("": any), the newest
// first, without their bodies.
func (s *Store) ListDeliveries(
	ctx context.Context, shop string, state commerce.DeliveryState, after string, limit int,
) (list []commerce.Delivery, next string, err error) {
	return listPage([]string{"-received_at"}, after, limit, func(c *documents.Cursor, n int) ([]commerce.Delivery, error) {
		return s.Deliveries(ctx, shop, state, c, n)
	})
}

// ListMessages lists a shop's messages of a campaign, a customer or (both
// empty) all, in a state ("": any), the newest plan first.
func (s *Store) ListMessages(
	ctx context.Context, shop, campaign, customer string, state campaigns.MessageState, after string, limit int,
) (list []campaigns.Message, next string, err error) {
	return listPage([]string{"-planned_at"}, after, limit, func(c *documents.Cursor, n int) ([]campaigns.Message, error) {
		return s.Messages(ctx, shop, campaign, customer, state, c, n)
	})
}

// ListEnrolments lists a campaign's enrolments, the newest first.
func (s *Store) ListEnrolments(
	ctx context.Context, shop, campaign, after string, limit int,
) (list []campaigns.Enrolment, next string, err error) {
	return listPage([]string{"-entered_at"}, after, limit, func(c *documents.Cursor, n int) ([]campaigns.Enrolment, error) {
		return s.Enrolments(ctx, shop, campaign, c, n)
	})
}

// ListConversions lists the orders a campaign is credited with, the latest payment
// first.
func (s *Store) ListConversions(
	ctx context.Context, shop, campaign, after string, limit int,
) (list []campaigns.Conversion, next string, err error) {
	return listPage([]string{"-paid_at"}, after, limit, func(c *documents.Cursor, n int) ([]campaigns.Conversion, error) {
		return s.Conversions(ctx, shop, campaign, c, n)
	})
}

// ListSegments lists a shop's segments, archived ones too, by id.
func (s *Store) ListSegments(ctx context.Context, shop, after string, limit int) (list []segments.Stored, next string, err error) {
	return listPage([]string{"_id"}, after, limit, func(c *documents.Cursor, n int) ([]segments.Stored, error) {
		return s.Segments(ctx, shop, c, n)
	})
}

// ListSegmentVersions lists a segment's versions, the newest first.
func (s *Store) ListSegmentVersions(
	ctx context.Context, shop, slug, after string, limit int,
) (list []segments.Definition, next string, err error) {
	return listPage([]string{"-version"}, after, limit, func(c *documents.Cursor, n int) ([]segments.Definition, error) {
		return s.SegmentVersions(ctx, shop, slug, c, n)
	})
}

// ListListed lists the customers listed in a segment, the last listed first.
func (s *Store) ListListed(ctx context.Context, shop, slug, after string, limit int) (list []segments.Listed, next string, err error) {
	return listPage([]string{"-at"}, after, limit, func(c *documents.Cursor, n int) ([]segments.Listed, error) {
		return s.ListedIn(ctx, shop, slug, c, n)
	})
}

// ListMatching lists the customers that match a condition, by number, from
// behind the number after. next is the number to continue behind, 0 where the
// list ends. A page may have fewer than limit, or none, and still have a next:
// see Matching.
func (s *Store) ListMatching(
	ctx context.Context, shop string, c segments.Condition, p segments.Params, after int64, limit int,
) (list []commerce.Customer, next int64, err error) {
	var from *documents.Cursor
	if after > 0 {
		if from, err = documents.CursorOf([]string{"n"}, commerce.Customer{ID: behindAll, N: after}); err != nil {
			return nil, 0, err
		}
	}
	list, to, err := s.Matching(ctx, shop, c, p, from, limit)
	if err != nil || to == nil {
		return list, 0, err
	}
	return list, to.Values[0].AsInt64(), nil
}

// behindAll is above every id: numbers are of one customer each.
const behindAll = "\U0010ffff"

// listPage reads one row more than requested, to find out whether the list
// continues.
func listPage[T any](
	sort []string, after string, limit int, read func(*documents.Cursor, int) ([]T, error),
) (list []T, next string, err error) {
	var from *documents.Cursor
	if after != "" {
		if from, err = documents.ParseCursor(after); err != nil {
			return nil, "", err
		}
	}
	list, err = read(from, limit+1)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	list = list[:limit]
	c, err := documents.CursorOf(sort, list[limit-1])
	if err != nil {
		return nil, "", err
	}
	return list, c.String(), nil
}
