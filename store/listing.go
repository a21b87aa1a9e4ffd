package store

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// ListOrders lists the orders of a shop that f selects, the latest placed first,
// or a customer's by id.
func (s *Store) ListOrders(
	ctx context.Context, shop string, f commerce.OrderFilter, after string, limit int,
) (list []commerce.Order, next string, err error) {
	selected, err := s.orderFilter(ctx, shop, f)
	if err != nil {
		return nil, "", err
	}
	sort := []string{"-times.placed_at"}
	if f.Customer != "" {
		sort = []string{"_id"}
	}
	return listPage(sort, after, limit, func(c *documents.Cursor, n int) ([]commerce.Order, error) {
		list, err := find[commerce.Order](ctx, s, colOrders, documents.Query{Filter: of(shop, selected...), Sort: sort, After: c, Limit: n})
		if err != nil {
			return nil, err
		}
		return list, s.under(ctx, shop, list...)
	})
}

// orderFilter is f in the database's words. The index of states begins with the
// payment, so a status alone names all payments.
func (s *Store) orderFilter(ctx context.Context, shop string, f commerce.OrderFilter) (bson.D, error) {
	var d bson.D
	if f.Customer != "" {
		d = append(d, bson.E{Key: "customer", Value: f.Customer})
	}
	if f.Number != "" {
		numbered, err := s.numbered(ctx, shop, f.Number)
		if err != nil {
			return nil, err
		}
		d = append(d, numbered)
	}
	switch {
	case f.Payment != "":
		d = append(d, bson.E{Key: "state.payment", Value: f.Payment})
	case f.Status != "":
		d = append(d, bson.E{Key: "state.payment", Value: bson.D{{Key: "$in", Value: append(commerce.PaymentStatuses(), "")}}})
	}
	switch {
	case f.Status != "":
		d = append(d, bson.E{Key: "state.status", Value: f.Status})
	case f.Payment != "":
		d = append(d, bson.E{Key: "state.status", Value: bson.D{{Key: "$in", Value: append(commerce.OrderStatuses(), "")}}})
	}
	var placed bson.D
	if !f.From.IsZero() {
		placed = append(placed, bson.E{Key: "$gte", Value: f.From})
	}
	if !f.To.IsZero() {
		placed = append(placed, bson.E{Key: "$lt", Value: f.To})
	}
	if placed != nil {
		d = append(d, bson.E{Key: "times.placed_at", Value: placed})
	}
	return d, nil
}

// numbered selects the orders with a number, else the one with that id of a
// platform.
func (s *Store) numbered(ctx context.Context, shop, number string) (bson.E, error) {
	bare := strings.TrimPrefix(strings.TrimSpace(number), "#")
	var forms []string
	for _, form := range []string{bare, strings.ToUpper(bare), strings.ToLower(bare)} {
		forms = append(forms, form, "#"+form)
	}
	byNumber := bson.E{Key: "state.number", Value: bson.D{{Key: "$in", Value: distinct(forms)}}}
	found, err := s.findIDs(ctx, colOrders, of(shop, byNumber), 1)
	if err != nil || len(found) > 0 {
		return byNumber, err
	}
	connections, err := s.Connections(ctx, shop)
	if err != nil {
		return byNumber, err
	}
	var ids []string
	for _, c := range connections {
		ids = append(ids, commerce.Key(shop, c.Slug, bare))
	}
	return bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: distinct(ids)}}}, nil
}

// ListCustomers lists the customers of a shop that f selects: all by number,
// those of an e-mail or a phone on one page, those of a name in the order of
// their names.
func (s *Store) ListCustomers(
	ctx context.Context, shop string, f commerce.CustomerFilter, after string, limit int,
) (list []commerce.Customer, next string, err error) {
	switch {
	case f.Email != "":
		list, err = s.carriersOf(ctx, shop, commerce.Identity{Kind: commerce.Email, Value: commerce.NormalEmail(f.Email)})
		return list, "", err
	case f.Phone != "":
		list, err = s.carriersOf(ctx, shop, commerce.Identity{Kind: commerce.Phone, Value: commerce.NormalPhone(f.Phone, "")})
		return list, "", err
	case f.Name != "":
		return s.customersOfName(ctx, shop, commerce.NameKey(f.Name), after, limit)
	}
	return listPage([]string{"n"}, after, limit, func(c *documents.Cursor, n int) ([]commerce.Customer, error) {
		return s.Customers(ctx, shop, c, n)
	})
}

// carriersOf are the customers that have an identity, by number. A phone may
// have several.
func (s *Store) carriersOf(ctx context.Context, shop string, i commerce.Identity) ([]commerce.Customer, error) {
	id := s.identityID(shop, i)
	owners, err := find[identity](ctx, s, colIdentities, documents.Query{
		Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{id}}}}), Fields: []string{"customer"}, Limit: 1,
	})
	if err != nil || len(owners) == 0 {
		return nil, err
	}
	more, err := find[identity](ctx, s, colIdentities,
		documents.Query{Filter: of(shop, bson.E{Key: "phone", Value: id}), Fields: []string{"customer"}, Limit: manyCarriers + 1})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, owner := range append(owners, more...) {
		ids = append(ids, owner.Customer)
	}
	roots, err := s.roots(ctx, shop, distinct(ids))
	if err != nil {
		return nil, err
	}
	var numbers []int64
	for _, c := range roots {
		numbers = append(numbers, c.N)
	}
	slices.Sort(numbers)
	return s.CustomersNumbered(ctx, shop, slices.Compact(numbers))
}

// customersOfName lists the customers whose name begins with key: first name
// first, and behind them those that it finds only by their last name. The
// cursor's sort shows in which of the two parts a page begins.
func (s *Store) customersOfName(
	ctx context.Context, shop, key, after string, limit int,
) (list []commerce.Customer, next string, err error) {
	begins := bson.D{{Key: "$gte", Value: key}, {Key: "$lt", Value: key + behindAll}}
	first, last := bson.E{Key: "names.f", Value: begins}, bson.E{Key: "names.l", Value: begins}
	if after == "" || inPart(after, byFirstName()) {
		list, next, err = s.customerPage(ctx, shop, byFirstName(), after, limit, first)
		if err != nil || next != "" {
			return list, next, err
		}
		c, err := documents.CursorOf(byLastName(), commerce.Customer{Profile: commerce.Profile{Names: commerce.NameKeys{Last: key}}})
		if err != nil {
			return nil, "", err
		}
		after = c.String() // the start of the second part
	}
	if limit == len(list) {
		return list, after, nil
	}
	notFirst := bson.E{Key: "$nor", Value: bson.A{bson.D{first}}}
	rest, next, err := s.customerPage(ctx, shop, byLastName(), after, limit-len(list), last, notFirst)
	return append(list, rest...), next, err
}

func (s *Store) customerPage(
	ctx context.Context, shop string, sort []string, after string, limit int, selected ...bson.E,
) (list []commerce.Customer, next string, err error) {
	filter := of(shop, append(selected, absent("merged_into"), absent("gone_at"))...)
	return listPage(sort, after, limit, func(c *documents.Cursor, n int) ([]commerce.Customer, error) {
		return find[commerce.Customer](ctx, s, colCustomers, documents.Query{Filter: filter, Sort: sort, After: c, Limit: n})
	})
}

func byFirstName() []string { return []string{"names.f"} }

func byLastName() []string { return []string{"names.l"} }

// inPart reports whether a cursor is of a list with that sort.
func inPart(after string, sort []string) bool {
	c, err := documents.ParseCursor(after)
	return err == nil && slices.Equal(c.Sort, sort)
}
