package documents

import (
	"bytes"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Marshal is Codec.Marshal by package bson alone.
func Marshal(doc any) (bson.Raw, error) { return (*Codec)(nil).Marshal(doc) }

// CheckUpdate is Codec.CheckUpdate by package bson alone.
func CheckUpdate(update bson.D) (*Change, error) { return (*Codec)(nil).CheckUpdate(update) }

// Unmarshal is Codec.Unmarshal by package bson alone.
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
