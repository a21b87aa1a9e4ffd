package commerce

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Address is an e-mail address or a phone number in clear, normalised: two
// spellings of one address are equal. The zero value is no address. Clear
// addresses and their hashes have two types, so that the compiler keeps them
// apart.
type Address struct{ text string }

// EmailAddress reads an e-mail address. A text that is no address gives the
// zero value.
func EmailAddress(text string) Address { return Address{NormalEmail(text)} }

// PhoneAddress reads a phone number by the rules of NormalPhone. An unusable
// number gives the zero value.
func PhoneAddress(number, country string) Address { return Address{NormalPhone(number, country)} }

// IsZero reports whether there is no address.
func (a Address) IsZero() bool { return a.text == "" }

// Clear returns the address itself: a+b@example.com, +4915112345678.
func (a Address) Clear() string { return a.text }

// String hides the address, because printed text may end up in a log.
func (a Address) String() string {
	if a.IsZero() {
		return "no address"
	}
	return "[address]"
}

// AddressHash is the keyed hash of an address. It is stored and compared where
// the address itself must not appear. Only HashAddress makes one.
type AddressHash struct{ text string }

// HashAddress hashes an address under an installation's key. The zero Address
// has the zero hash, so that missing addresses never match each other.
func HashAddress(key []byte, a Address) AddressHash {
	if a.IsZero() {
		return AddressHash{}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("address:" + a.text))
	return AddressHash{hex.EncodeToString(mac.Sum(nil)[:20])}
}

// IsZero reports whether there is no hash.
func (h AddressHash) IsZero() bool { return h.text == "" }

// Equal reports whether both are hashes of one address.
func (h AddressHash) Equal(other AddressHash) bool { return h == other }

// String returns the hash in hexadecimal digits, as ids contain it.
func (h AddressHash) String() string { return h.text }

// stringType is the type byte of text in BSON.
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
