package commerce

import (
	"encoding/hex"
	"strings"
)

// Key makes an id of its parts: joined by ":", with every byte outside
// [A-Za-z0-9._-] written as ~hh. So an id is one URL segment without "/" or
// "@". Equal parts give equal ids, and SplitKey returns the parts exactly. By
// convention the first part is the shop. Parts never contain personal data.
func Key(parts ...string) string {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteByte(':')
		}
		escapeKeyPart(&b, part)
	}
	return b.String()
}

// SplitKey is the inverse of Key, for one part or more. A text that Key cannot
// produce is Invalid.
func SplitKey(id string) ([]string, error) {
	parts := strings.Split(id, ":")
	for i, part := range parts {
		raw, ok := unescapeKeyPart(part)
		if !ok {
			return nil, Errorf(Invalid, "id %q: not an id; copy the complete id", id)
		}
		parts[i] = raw
	}
	return parts, nil
}

func escapeKeyPart(b *strings.Builder, part string) {
	const digits = "0123456789abcdef"
	for i := range len(part) {
		c := part[i]
		if plainKeyByte(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('~')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
}

func unescapeKeyPart(part string) (raw string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		c := part[i]
		if plainKeyByte(c) {
			b.WriteByte(c)
			continue
		}
		if c != '~' || i+2 >= len(part) || strings.ToLower(part[i+1:i+3]) != part[i+1:i+3] {
			return "", false
		}
		pair, err := hex.DecodeString(part[i+1 : i+3])
		if err != nil || plainKeyByte(pair[0]) {
			return "", false
		}
		b.WriteByte(pair[0])
		i += 2
	}
	return b.String(), true
}

func plainKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}
