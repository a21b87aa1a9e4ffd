package store

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store/documents"
)

// SaveHistory stores a batch of an import in bulk: identities, orders and
// refunds in a few round trips, everything else as SaveRecords does. It makes
// no events of orders that are all history, which are marked imported. Of other
// orders it makes events, marked historic. The batch's outbox is the import's
// document. It names its customers before the first order is stored, so a
// repetition or FinishImports finishes an import that dies here. The caller
// clears it with SaveImport. Saving again changes nothing.
func (s *Store) SaveHistory(ctx context.Context, shop, run string, r connectors.Records) (saved commerce.HistorySaved, err error) {
	r, _, err = s.forgetErased(ctx, shop, r)
	if err != nil {
		return saved, err
	}
	rest := r
	rest.Orders, rest.LooseRefunds, rest.Checkouts = nil, nil, slices.Clone(r.Checkouts)
	for i := range rest.Checkouts {
		rest.Checkouts[i].Imported = true
	}
	if _, err := s.SaveRecords(ctx, shop, rest); err != nil {
		return saved, err
	}
	buyers := make([]named, 0, len(r.Orders)+len(r.LooseRefunds))
	for _, o := range r.Orders {
		buyers = append(buyers, named{o.Connection, o.Buyer})
	}
	for _, f := range r.LooseRefunds {
		buyers = append(buyers, named{f.Connection, f.Buyer})
	}
	customers, err := s.customersOf(ctx, shop, buyers)
	if err != nil {
		return saved, err
	}
	ids := make([]string, len(customers))
	for i, w := range customers {
		ids[i] = w.customer
	}
	ids = distinct(ids)
	if err := s.openBatch(ctx, shop, run, ids); err != nil {
		return saved, err
	}
	if saved, err = s.insertOrders(ctx, shop, r.Orders, customers[:len(r.Orders)]); err != nil {
		return saved, err
	}
	if saved.NewRefunds, err = s.insertRefunds(ctx, shop, r.LooseRefunds, customers[len(r.Orders):]); err != nil {
		return saved, err
	}
	for _, holder := range holdersOf(customers) { // customers joined to it by phones may have parted meanwhile
		if err := s.bringHome(ctx, shop, holder); err != nil {
			return saved, err
		}
	}
	if err := s.raiseRoots(ctx, shop, ids); err != nil || saved.NewOrders == len(r.Orders) {
		return saved, err
	}
	return saved, s.MarkDue(ctx, shop, s.now()) // events of live orders wait
}

// holdersOf are the customers that have documents of others, joined by phones.
func holdersOf(list []whose) []string {
	var holders []string
	for _, w := range list {
		if w.ownHome() != "" {
			holders = append(holders, w.customer)
		}
	}
	return distinct(holders)
}

// insertOrders stores the new orders in bulk, and merges the others one by one.
func (s *Store) insertOrders(
	ctx context.Context, shop string, orders []commerce.Order, customers []whose,
) (saved commerce.HistorySaved, err error) {
	settings, err := s.settings(ctx, shop)
	if err != nil {
		return saved, err
	}
	docs, flaws := make([]any, len(orders)), []any{}
	for _, in := range orders {
		flaws = append(flaws, s.flaws(shop, in.ID, in.Quality)...)
	}
	err = together(len(orders), func(i int) (err error) {
		terms, err := s.terms(ctx, shop, orders[i].Connection)
		if err != nil {
			return err
		}
		docs[i], err = historyDoc(orders[i], customers[i], settings.Currency, terms)
		return err
	})
	if err != nil {
		return saved, err
	}
	inserted, err := s.insertMany(ctx, colOrders, docs)
	if err != nil {
		return saved, err
	}
	var mu sync.Mutex
	err = together(len(orders), func(i int) error {
		if inserted[i] {
			mu.Lock()
			defer mu.Unlock()
			saved.NewOrders++
			return nil
		}
		in := orders[i]
		in.Imported = true
		after, err := s.SaveOrder(ctx, shop, in)
		if err != nil || sameState(after, in) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		saved.Differing = append(saved.Differing, in.ID)
		return nil
	})
	slices.Sort(saved.Differing)
	if err != nil {
		return saved, err
	}
	_, err = s.insertMany(ctx, colQuality, flaws)
	return saved, err
}

// historyDoc is the document of an order that is not stored yet.
func historyDoc(in commerce.Order, w whose, currency string, terms commerce.Terms) (bson.Raw, error) {
	in.Imported = true
	o := commerce.Merge(commerce.Order{}, in)
	o.Customer, o.Home, o.Rev = w.customer, w.ownHome(), 1
	o.Fact = commerce.FactOf(o.Under(terms), currency)
	return documents.Marshal(o)
}

// sameState reports whether the stored order equals the record in.
func sameState(stored, in commerce.Order) bool {
	in = commerce.Merge(commerce.Order{}, in)
	in.Received, in.History = stored.Received, stored.History
	a, errA := documents.Marshal(stored.OrderState)
	b, errB := documents.Marshal(in.OrderState)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

func (s *Store) insertRefunds(ctx context.Context, shop string, refunds []commerce.LooseRefund, customers []whose) (count int, err error) {
	docs, flaws := make([]any, len(refunds)), []any{}
	for i, r := range refunds {
		r = mergeLoose(commerce.LooseRefund{}, r)
		r.Shop, r.Customer, r.Home, r.Rev = shop, customers[i].customer, customers[i].ownHome(), 1
		docs[i] = r
		flaws = append(flaws, s.flaws(shop, r.ID, append(slices.Clone(r.Quality), "refund_without_order"))...)
	}
	inserted, err := s.insertMany(ctx, colRefunds, docs)
	if err != nil {
		return 0, err
	}
	for _, fresh := range inserted {
		if fresh {
			count++
		}
	}
	_, err = s.insertMany(ctx, colQuality, flaws)
	return count, err
}

func (s *Store) flaws(shop, subject string, codes []string) []any {
	var docs []any
	for _, code := range codes {
		docs = append(docs, flaw{ID: commerce.Key(shop, code, subject), Shop: shop, Code: code, Subject: subject, At: s.wall()})
	}
	return docs
}

func (s *Store) insertMany(ctx context.Context, coll string, docs []any) ([]bool, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	return s.docs.InsertMany(ctx, coll, docs)
}

// raiseRoots requests the customers' profiles. A customer that was merged while
// the batch was stored has its documents moved to the survivor first.
func (s *Store) raiseRoots(ctx context.Context, shop string, customers []string) error {
	for chunk := range slices.Chunk(customers, inChunk) {
		gone := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(chunk)}}},
			{Key: "merged_into", Value: bson.D{{Key: "$exists", Value: true}}}}
		merged, err := find[commerce.Customer](ctx, s, colCustomers, documents.Query{Filter: of(shop, gone...), Fields: []string{"merged_into"}})
		if err != nil {
			return err
		}
		for _, c := range merged {
			if err := s.moveOrders(ctx, shop, c.ID); err != nil {
				return err
			}
		}
		if err := s.raise(ctx, shop, chunk...); err != nil {
			return err
		}
	}
	return nil
}

// inChunk is how many ids one $in names.
const inChunk = 500

func distinct(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	slices.Sort(ids)
	return slices.Compact(ids)
}

// together calls work for 0 to n-1 on all cores and returns the first error.
func together(n int, work func(i int) error) error {
	var group sync.WaitGroup
	workers := min(n, 2*runtime.GOMAXPROCS(0))
	errs := make([]error, workers)
	for w := range workers {
		group.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				errs[w] = work(i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
