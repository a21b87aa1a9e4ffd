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
	if raw, ok := doc.(bson.Raw); ok {
		return raw, nil
	}
	var buf bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&buf))
	enc.NilSliceAsEmpty()
	enc.NilMapAsEmpty()
	enc.NilByteSliceAsEmpty()
	if err := enc.Encode(doc); err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "document %T: %w", doc, err)
	}
	return buf.Bytes(), nil
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
