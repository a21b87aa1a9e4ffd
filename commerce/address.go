package commerce

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Address is an e-mail address or a phone number in clear, in the one form in
// which two spellings of it are equal. The zero value is none. Clear addresses
// and the hashes they are stored under are two types, so that the one cannot be
// passed where the other is compared.
type Address struct{ text string }

// EmailAddress reads an e-mail address; zero where it is none.
func EmailAddress(text string) Address { return Address{NormalEmail(text)} }

// PhoneAddress reads a phone number, as NormalPhone does; zero where it names
// nobody for sure.
func PhoneAddress(number, country string) Address { return Address{NormalPhone(number, country)} }

// IsZero tells whether there is no address.
func (a Address) IsZero() bool { return a.text == "" }

// Clear is the address itself: a+b@example.com, +4915112345678.
func (a Address) Clear() string { return a.text }

// String hides the address, for what is printed may be kept.
func (a Address) String() string {
	if a.IsZero() {
		return "no address"
	}
	return "[address]"
}

// AddressHash is what an address is stored and compared under where the address
// itself must not be: a keyed hash. Only HashAddress makes one.
type AddressHash struct{ text string }

// HashAddress hashes an address under an installation's key. No address has no
// hash: else all of them would be one.
func HashAddress(key []byte, a Address) AddressHash {
	if a.IsZero() {
		return AddressHash{}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("address:" + a.text))
	return AddressHash{hex.EncodeToString(mac.Sum(nil)[:20])}
}

// IsZero tells whether there is no hash.
func (h AddressHash) IsZero() bool { return h.text == "" }

// Equal tells whether both are of one address.
func (h AddressHash) Equal(other AddressHash) bool { return h == other }

// String is the hash in hexadecimal digits, as keys contain it.
func (h AddressHash) String() string { return h.text }

// stringType is BSON's type of texts.
const stringType = 0x02

// MarshalBSONValue stores the hash as a text.
func (h AddressHash) MarshalBSONValue() (kind byte, data []byte, err error) {
	data = binary.LittleEndian.AppendUint32(nil, uint32(len(h.text)+1))
	return stringType, append(append(data, h.text...), 0), nil
}

// UnmarshalBSONValue reads a stored hash.
func (h *AddressHash) UnmarshalBSONValue(kind byte, data []byte) error {
	if kind != stringType || len(data) < 5 {
		return Errorf(Invalid, "address hash: stored as type %d, want a text", kind)
	}
	h.text = string(data[4 : len(data)-1])
	return nil
}
