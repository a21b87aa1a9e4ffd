package commerce

import (
	"strings"
	"unicode"
)

// NameKeys are a person's names as they are searched for: with the first name
// first, and with the last name first. An empty key: there is no name.
type NameKeys struct {
	First string `bson:"f,omitempty"`
	Last  string `bson:"l,omitempty"`
}

// NameKeysOf returns the keys of a person.
func NameKeysOf(a Attributes) NameKeys {
	return NameKeys{First: NameKey(a.FirstName + a.LastName), Last: NameKey(a.LastName + a.FirstName)}
}

// NameKey is a name, or the beginning of one, as it is searched for: folded,
// without blanks. So 李 雷 and 李雷 are one name.
func NameKey(name string) string {
	return Fold(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, name))
}
