package commerce

import (
	"strconv"
	"strings"
)

// Count writes a number and what it counts: "1 day", "2 days", "0 entries". noun is a
// singular. Texts for people use it wherever the number may be 1.
func Count[N ~int | ~int64 | ~uint64](n N, noun string) string {
	text := strconv.FormatInt(int64(n), 10) + " "
	if n == 1 {
		return text + noun
	}
	return text + Plural(noun)
}

// Plural is the plural of a noun.
func Plural(noun string) string {
	switch {
	case strings.HasSuffix(noun, "person"):
		return strings.TrimSuffix(noun, "person") + "people"
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "sh"):
		return noun + "es"
	case strings.HasSuffix(noun, "y") && !strings.ContainsAny(noun[max(0, len(noun)-2):max(0, len(noun)-1)], "aeiou"):
		return strings.TrimSuffix(noun, "y") + "ies"
	}
	return noun + "s"
}
