package commerce

import "strings"

// IdentityKind says what an identity value is. Stronger kinds come first.
type IdentityKind string

// The identities a customer is found by, strongest first.
const (
	PlatformID IdentityKind = "platform" // value: connection:id
	Email      IdentityKind = "email"
	Phone      IdentityKind = "phone"
)

// Identity is one value that names one person within a shop.
type Identity struct {
	Kind  IdentityKind
	Value string // normalised
}

// Identities lists what names the buyer, strongest first: the platform's
// customer id (of that connection), the e-mail, the phone where it is E.164.
// A guest's id of 0 names nobody.
func (b Buyer) Identities(connection string) []Identity {
	var list []Identity
	if b.Platform != "" && b.Platform != "0" {
		list = append(list, Identity{PlatformID, Key(connection, b.Platform)})
	}
	if address := NormalEmail(b.Email); address != "" {
		list = append(list, Identity{Email, address})
	}
	if number := NormalPhone(b.Phone, b.Country); number != "" {
		list = append(list, Identity{Phone, number})
	}
	return list
}

// NormalEmail is the address as identities compare it: trimmed, lower case.
// What is no address at all ("", no "@", blanks or control characters inside)
// is empty.
func NormalEmail(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || domain == "" || strings.ContainsRune(domain, '@') || len(address) > 254 {
		return ""
	}
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '<' || r == '>' || r == ',' }) {
		return ""
	}
	return address
}

// NormalPhone is the number as E.164, "+" and 8 to 15 digits. A number without
// a country code is known only for China (country CN or unset, 11 digits from
// 13 to 19); other local numbers are empty, for they name nobody for sure.
func NormalPhone(number, country string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	trimmed := strings.TrimSpace(number)
	switch {
	case strings.HasPrefix(trimmed, "+"):
	case strings.HasPrefix(trimmed, "00"):
		digits = digits[2:]
	case len(digits) == 11 && digits[0] == '1' && digits[1] >= '3' && (country == "CN" || country == ""):
		digits = "86" + digits
	default:
		return ""
	}
	if len(digits) < 8 || len(digits) > 15 || digits[0] == '0' {
		return ""
	}
	return "+" + digits
}
