// Package commerce is the vocabulary of Comeback: shops, customers, orders,
// products, money, events, and the two rules that keep them true whatever
// order deliveries arrive in, Merge and Events.
//
// It is pure: no clock, store, network or third-party import. Everybody may
// import it; it imports the standard library only. Fields carry bson tags
// because these are the stored documents; what the API shows are types of api.
package commerce

import (
	"slices"
	"strings"
)

// KV is one custom attribute. Custom attributes are kept as a list, never as
// document keys, so that no key of a merchant's choosing becomes a path.
type KV struct {
	Key   string `bson:"k"`
	Value string `bson:"v"`
}

// Lookup finds the value of key. Absent keys are not ok.
func Lookup(list []KV, key string) (value string, ok bool) {
	i := slices.IndexFunc(list, func(kv KV) bool { return kv.Key == key })
	if i < 0 {
		return "", false
	}
	return list[i].Value, true
}

// EachOnce is a list of texts as told: trimmed, without those that are empty or
// were there before.
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
