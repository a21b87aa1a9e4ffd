// Package commerce is the vocabulary of Comeback: shops, customers, orders,
// products, money and events. It contains the two rules that keep them right in
// any order of arrival: Merge and Events.
//
// The package is pure: no clock, store, network or third-party import. Every
// package may import it; it imports the standard library only. Its types are
// the stored documents, hence the bson tags. The API has types of its own.
package commerce

import (
	"slices"
	"strings"
)

// KV is one custom attribute. Custom attributes are stored as a list, never as
// document keys, so that a key chosen by a merchant never becomes a path.
type KV struct {
	Key   string `bson:"k"`
	Value string `bson:"v"`
}

// Lookup returns the value of key. ok is false where the key is missing.
func Lookup(list []KV, key string) (value string, ok bool) {
	i := slices.IndexFunc(list, func(kv KV) bool { return kv.Key == key })
	if i < 0 {
		return "", false
	}
	return list[i].Value, true
}

// EachOnce trims the texts and drops empty texts and duplicates. The order
// stays.
func EachOnce(texts []string) []string {
	var list []string
	seen := map[string]bool{"": true}
	for _, text := range texts {
		if text = strings.TrimSpace(text); !seen[text] {
			seen[text], list = true, append(list, text)
		}
	}
	return list
}
