package documents

import (
	"bytes"
	"fmt"

	"comeback/commerce"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Marshal encodes a document as both drivers store it: nil slices as [], nil
// maps as {}, times as UTC milliseconds. Finer parts of a time are cut off.
func Marshal(doc any) (bson.Raw, error) {
	var raw []byte
	var err error
	switch doc := doc.(type) {
	case bson.Raw:
		return doc, nil
	case bson.D:
		raw, err = appendDocument(make([]byte, 0, 256), doc)
	default:
		raw, err = encode(doc)
	}
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "document %T: %w", doc, err)
	}
	return raw, nil
}

// Unmarshal decodes a stored document into a struct pointer, or copies its
// bytes into a *bson.Raw. Times come back in UTC.
func Unmarshal(raw bson.Raw, into any) error {
	if target, ok := into.(*bson.Raw); ok {
		*target = bytes.Clone(raw)
		return nil
	}
	if err := bson.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("stored document into %T: %w", into, err)
	}
	return nil
}
