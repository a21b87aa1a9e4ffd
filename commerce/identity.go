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
// Placeholders name nobody: see Nobody. Every door asks here.
func (b Buyer) Identities(connection string) []Identity {
	var list []Identity
	if id := NormalID(b.Platform); id != "" {
		list = append(list, Identity{PlatformID, Key(connection, id)})
	}
	if address := PersonalEmail(b.Email); address != "" {
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
