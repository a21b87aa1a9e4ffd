package commerce

import "strings"

// IdentityKind is the kind of an identity value. Stronger kinds come first.
type IdentityKind string

const (
	// PlatformID: a platform's customer id. The value is connection:id.
	PlatformID IdentityKind = "platform"
	// Email: a normalised e-mail address.
	Email IdentityKind = "email"
	// Phone: a phone number in the form of E.164.
	Phone IdentityKind = "phone"
)

// Identity is one value that names one person within a shop.
type Identity struct {
	Kind  IdentityKind
	Value string // normalised
}

// Identities returns the buyer's identities, strongest first: the platform's
// customer id (of that connection), the e-mail, and the phone number if it is
// E.164. Placeholders are no identity: see IsPlaceholder. Webhooks, imports and the
// API all use this function.
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

// NormalEmail is the address in the form that identities compare: trimmed,
// lower case. A text that is no address ("", no "@", blanks or control
// characters inside) gives "".
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
