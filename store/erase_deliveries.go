package store

import (
	"bytes"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// eraseDeliveries removes the raw bodies about the person: those that their
// orders, checkouts and records came from, and all others with an address or
// number of theirs. An unread delivery keeps its body until it is read; the
// person is left out then.
func (s *Store) eraseDeliveries(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	subjects, words := map[string]bool{}, p.words()
	for _, id := range p.subjects() {
		subjects[id] = true
	}
	if len(subjects)+len(words) == 0 {
		return nil
	}
	return s.dropBodies(ctx, shop, nil, erased, func(d commerce.Delivery) bool {
		if slices.ContainsFunc(d.Subjects, func(id string) bool { return subjects[id] }) {
			return true
		}
		return slices.ContainsFunc(words, func(word []byte) bool {
			return bytes.Contains(d.Body, word) || bytes.Contains([]byte(d.Reason), word)
		})
	})
}

// bodiesAtOnce is how many raw bodies are read between two writes.
const bodiesAtOnce = 200

// dropBodies removes the bodies of the deliveries that match more and for which
// about is true.
func (s *Store) dropBodies(
	ctx context.Context, shop string, more bson.D, erased *commerce.Erased, about func(commerce.Delivery) bool,
) error {
	read := among("state", []string{string(commerce.Read), string(commerce.Ignored), string(commerce.Quarantined)})
	sort := []string{"received_at"}
	var after *documents.Cursor
	for {
		page, err := find[commerce.Delivery](ctx, s, colDeliveries,
			documents.Query{Filter: append(of(shop, read, absent("erased")), more...), Sort: sort, After: after, Limit: bodiesAtOnce})
		if err != nil || len(page) == 0 {
			return err
		}
		var ops []documents.Op
		for _, d := range page {
			if about(d) {
				ops = append(ops, documents.UpdateOp(byID(shop, d.ID),
					bson.D{set(bson.E{Key: "erased", Value: true}, bson.E{Key: "body", Value: []byte{}}, bson.E{Key: "reason", Value: erasedNote})}))
			}
		}
		if err := s.bulk(ctx, colDeliveries, ops); err != nil {
			return err
		}
		erased.Deliveries += int64(len(ops))
		if after, err = documents.CursorOf(sort, page[len(page)-1]); err != nil {
			return err
		}
	}
}

// eraseImports removes the person's addresses and numbers from the imports'
// reports of single lines.
func (s *Store) eraseImports(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	words := p.words()
	if len(words) == 0 {
		return nil
	}
	list, err := find[importReport](ctx, s, colImports, documents.Query{Filter: of(shop), Fields: reportFields()})
	if err != nil {
		return err
	}
	for _, i := range list {
		fields := bson.D{}
		for name, text := range map[string][]byte{"report": i.Old, "result": i.Result} {
			if clean := withoutWords(text, words); !bytes.Equal(text, clean) {
				fields = append(fields, bson.E{Key: name, Value: clean})
			}
		}
		if len(fields) == 0 {
			continue
		}
		if _, err := s.docs.Update(ctx, colImports, byID(shop, i.ID, bson.E{Key: "batch", Value: i.Batch}), bson.D{set(fields...)}); err != nil {
			return err
		}
		erased.Imports++
	}
	return nil
}

// importReport is the part of an import that may name persons.
type importReport struct {
	ID         string `bson:"_id"`
	Connection string `bson:"connection"`
	Old        []byte `bson:"report"` // of older releases
	Result     []byte `bson:"result"`
	Batch      int64  `bson:"batch"`
}

func reportFields() []string { return []string{"connection", "report", "result", "batch"} }

func withoutWords(text []byte, words [][]byte) []byte {
	for _, word := range words {
		text = bytes.ReplaceAll(text, word, []byte("erased"))
	}
	return text
}
