package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// MessageLinks reads the links of those of the messages that are stored. One message is read
// by its id, which is cheaper.
func (s *Store) MessageLinks(ctx context.Context, shop string, ids []string) (list []campaigns.MessageLinks, err error) {
	read := func(raw bson.Raw) error {
		m, err := linked(raw)
		list = append(list, m)
		return err
	}
	if len(ids) != 1 {
		err = s.docs.Find(ctx, colMessages, documents.Query{Filter: of(shop, among("_id", ids))}, read)
		return list, err
	}
	raw, found, err := get[bson.Raw](ctx, s, colMessages, shop, ids[0])
	if err != nil || !found {
		return nil, err
	}
	err = read(raw)
	return list, err
}

// linked is what a click needs of a stored message. It reads that in place, because a message
// has much else, and each click reads one.
func linked(raw bson.Raw) (m campaigns.MessageLinks, err error) {
	walk := documents.ElementsOf(raw)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		switch string(e.Key) {
		case "_id":
			m.Message = textOf(e)
		case "order":
			m.Order = textOf(e)
		case "links":
			m.Links = linksOf(e)
		}
	}
	if walk.Broken {
		return m, commerce.Errorf(commerce.Internal, "message: its document is not whole")
	}
	return m, nil
}

func linksOf(list documents.Element) (links []campaigns.Link) {
	if list.Kind != bson.TypeArray {
		return nil
	}
	walk := documents.ElementsOf(list.Value)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if e.Kind == bson.TypeEmbeddedDocument {
			links = append(links, linkOf(e))
		}
	}
	return links
}

func linkOf(doc documents.Element) (l campaigns.Link) {
	walk := documents.ElementsOf(doc.Value)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		switch string(e.Key) {
		case "n":
			n, _ := e.RawValue().AsInt64OK()
			l.N = int(n)
		case "url":
			l.URL = textOf(e)
		case "pay":
			l.Pay, _ = e.RawValue().BooleanOK()
		}
	}
	return l
}

// textOf is a text, "" where the field is none.
func textOf(e documents.Element) string {
	if e.Kind != bson.TypeString {
		return ""
	}
	return string(e.Value[4 : len(e.Value)-1])
}
