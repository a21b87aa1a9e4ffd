package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// watching records that the watches of a campaign with a time trigger are written.
type watching struct {
	ID    string    `bson:"_id"`
	Shop  string    `bson:"shop"`
	Basis string    `bson:"basis"`          // of the last run that began: see BeginWatching
	Next  time.Time `bson:"next"`           // wall clock: until then one process has the run, or it is done
	Done  time.Time `bson:"done,omitempty"` // wall clock: when the last run of Basis that ended began
}

// watchingOverlap is how far before the last run the next one looks for changes: clocks of
// processes differ, and a write takes its time.
const watchingOverlap = 10 * time.Minute

// BeginWatching reports whether the caller is to write the watches of a campaign: the first
// time for a basis, and every day from then on. No other process does it meanwhile. basis
// names everything on which the time of a customer depends besides the profile. since is the
// time from which changed profiles must be read; zero: all are to be read.
func (s *Store) BeginWatching(ctx context.Context, shop, campaign, basis string) (since time.Time, ours bool, err error) {
	id, until := watchingID(shop, campaign), s.wall().Add(reconcileLease)
	known, found, err := get[watching](ctx, s, colLeases, shop, id)
	switch {
	case err != nil || found && known.Basis == basis && known.Next.After(s.wall()):
		return time.Time{}, false, err
	case !found:
		ours, err = s.docs.Insert(ctx, colLeases, watching{ID: id, Shop: shop, Basis: basis, Next: until})
		return time.Time{}, ours, err
	}
	as := byID(shop, id, bson.E{Key: "next", Value: known.Next}, bson.E{Key: "basis", Value: known.Basis})
	update := bson.D{set(bson.E{Key: "basis", Value: basis}, bson.E{Key: "next", Value: until})}
	if known.Basis != basis {
		known.Done = time.Time{}
		update = append(update, bson.E{Key: "$unset", Value: bson.D{{Key: "done", Value: ""}}})
	}
	if ours, err = s.docs.Update(ctx, colLeases, as, update); err != nil || !ours || known.Done.IsZero() {
		return time.Time{}, ours, err
	}
	return known.Done.Add(-watchingOverlap), true, nil
}

// EndWatching records that the run of a basis is done for a day. began is the wall clock at
// its beginning.
func (s *Store) EndWatching(ctx context.Context, shop, campaign, basis string, began time.Time) error {
	done := set(bson.E{Key: "next", Value: s.wall().Add(reconcileEvery)}, bson.E{Key: "done", Value: began})
	_, err := s.docs.Update(ctx, colLeases, byID(shop, watchingID(shop, campaign), bson.E{Key: "basis", Value: basis}), bson.D{done})
	return err
}

func watchingID(shop, campaign string) string {
	return commerce.Key(shop, "chore", commerce.Key("watching", campaign))
}

// watchPage is how many customers or events are read at once.
const watchPage = 256

// EachPerson passes the shop's customers to each, some at once: all of them, or those
// whose profile changed since then.
func (s *Store) EachPerson(ctx context.Context, shop string, since time.Time, each func([]commerce.Customer) error) error {
	if !since.IsZero() {
		return s.eachChanged(ctx, shop, since, each)
	}
	return eachPage("n", each, func(after *documents.Cursor) ([]commerce.Customer, error) {
		return s.Customers(ctx, shop, after, watchPage)
	})
}

// eachChanged reads the ids from the index alone, and then the documents.
func (s *Store) eachChanged(ctx context.Context, shop string, since time.Time, each func([]commerce.Customer) error) error {
	var ids []string
	read := func() error {
		found, err := byIDs(ctx, s, colCustomers, shop, ids, func(c commerce.Customer) string { return c.ID })
		if ids = ids[:0]; err != nil || len(found) == 0 {
			return err
		}
		list := make([]commerce.Customer, 0, len(found))
		for _, c := range found {
			if c.MergedInto == "" && c.GoneAt.IsZero() {
				list = append(list, c)
			}
		}
		return each(list)
	}
	for change, err := range s.Revisions(ctx, shop, since) {
		if err != nil {
			return err
		}
		if change.Gone {
			continue
		}
		if ids = append(ids, change.ID); len(ids) == watchPage {
			if err := read(); err != nil {
				return err
			}
		}
	}
	return read()
}

// EachEventSince passes the events of some kinds to each, some at once, from a time on, by
// their time.
func (s *Store) EachEventSince(
	ctx context.Context, shop string, kinds []commerce.EventKind, since time.Time, each func([]commerce.Event) error,
) error {
	wanted := bson.A{}
	for _, k := range kinds {
		wanted = append(wanted, string(k))
	}
	return eachPage("at", each, func(after *documents.Cursor) ([]commerce.Event, error) {
		return find[commerce.Event](ctx, s, colEvents, documents.Query{
			Filter: of(shop, bson.E{Key: "kind", Value: bson.D{{Key: "$in", Value: wanted}}},
				bson.E{Key: "at", Value: bson.D{{Key: "$gte", Value: since}}}),
			Sort: []string{"at"}, After: after, Limit: watchPage,
		})
	})
}

// eachPage passes pages of watchPage rows to each, as long as there are any. The rows are sorted by
// a field.
func eachPage[T any](field string, each func([]T) error, read func(after *documents.Cursor) ([]T, error)) error {
	var after *documents.Cursor
	for {
		page, err := read(after)
		if err == nil && len(page) > 0 {
			err = each(page)
		}
		if err != nil || len(page) < watchPage {
			return err
		}
		if after, err = documents.CursorOf([]string{field}, page[len(page)-1]); err != nil {
			return err
		}
	}
}
