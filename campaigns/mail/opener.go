package mail

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"strings"
)

// opener is the memory that opening one token takes. It is used for one token after the
// other, because links are opened by the thousand a second.
type opener struct {
	text, raw       [tokenMost]byte
	counter, stream [tokenTag]byte
	begin           [2]byte
	tag             [sha256.Size]byte
	macs            [256]hash.Hash // by key id, once they are needed
}

// decode accepts only the spelling that seal writes. The standard decoder would skip line
// breaks and, unless strict, unused bits.
func (o *opener) decode(token string) (raw []byte, ok bool) {
	if len(token) > tokenMost || strings.ContainsAny(token, "\r\n") {
		return nil, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(o.raw[:], o.text[:copy(o.text[:], token)])
	return o.raw[:n], err == nil && n > tokenHead
}

// decrypt is cipher.NewCTR with the tag as the first counter.
func (o *opener) decrypt(block cipher.Block, tag, payload []byte) {
	copy(o.counter[:], tag)
	for len(payload) > 0 {
		block.Encrypt(o.stream[:], o.counter[:])
		payload = payload[subtle.XORBytes(payload, payload, o.stream[:]):]
		for i := len(o.counter) - 1; i >= 0; i-- {
			if o.counter[i]++; o.counter[i] != 0 {
				break
			}
		}
	}
}

// sum is tokenKey.sum.
func (o *opener) sum(key *tokenKey, purpose Purpose, payload []byte) []byte {
	mac := o.macs[key.id]
	if mac == nil {
		mac = hmac.New(sha256.New, key.mac)
		o.macs[key.id] = mac
	}
	mac.Reset()
	o.begin = [...]byte{byte(purpose), key.id}
	mac.Write(o.begin[:])
	mac.Write(payload)
	return mac.Sum(o.tag[:0])[:tokenTag]
}
