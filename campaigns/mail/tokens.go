package mail

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"

	"comeback/commerce"
)

// Purpose is the use of a token. A token of one purpose is refused for every other.
type Purpose byte

// The purposes of tracking tokens.
const (
	// OpenPixel tokens count opens.
	OpenPixel Purpose = 'o'
	// ClickLink tokens count clicks and lead on.
	ClickLink Purpose = 'c'
	// Unsubscribe tokens end a subscription.
	Unsubscribe Purpose = 'u'
)

// TokenKey is one secret for tokens. Each token contains ID, so never give an ID to a
// second secret. A Retired key still verifies unsubscribe tokens without end: the
// right to unsubscribe does not expire.
type TokenKey struct {
	ID      byte
	Secret  []byte // at least 32 random bytes
	Retired bool
}

// Token is the content of a genuine token.
type Token struct {
	Shop    string
	Message string // message id
	Link    int    // of ClickLink: the number of the link stored with the message
	Scope   string // of Unsubscribe: the campaign to end; empty: all marketing of the shop
}

// Tokens makes and reads tracking tokens. A token is one opaque URL segment of
// [A-Za-z0-9_-]. The same arguments give the same token, so a message sent again has
// the same bytes. Safe for concurrent use.
type Tokens struct {
	current *tokenKey
	keys    [256]*tokenKey
	openers sync.Pool // of *opener
}

type tokenKey struct {
	id      byte
	retired bool
	mac     []byte
	block   cipher.Block
}

// NewTokens makes tokens with current and reads those of old keys too. A short secret
// and an ID used twice are Invalid.
func NewTokens(current TokenKey, old ...TokenKey) (*Tokens, error) {
	t := new(Tokens)
	t.openers.New = func() any { return new(opener) }
	for _, k := range append([]TokenKey{current}, old...) {
		if t.keys[k.ID] != nil {
			return nil, commerce.Errorf(commerce.Invalid, "token key %d: given twice, number each key once", k.ID)
		}
		key, err := deriveTokenKey(k)
		if err != nil {
			return nil, err
		}
		t.keys[k.ID] = key
	}
	t.current = t.keys[current.ID]
	return t, nil
}

// Open is the token of the message's open pixel.
func (t *Tokens) Open(message string) string { return t.seal(OpenPixel, 0, "", message) }

// Click is the token of the message's link with that number.
func (t *Tokens) Click(message string, link int) string {
	return t.seal(ClickLink, link, "", message)
}

// Unsubscribe is the token that ends mail of scope to the message's recipient.
func (t *Tokens) Unsubscribe(message, scope string) string {
	return t.seal(Unsubscribe, 0, scope, message)
}

// Parse reads a token made for purpose. Any other token is NotFound, always with the
// same message.
func (t *Tokens) Parse(purpose Purpose, token string) (Token, error) {
	o := t.openers.Get().(*opener)
	defer t.openers.Put(o)
	raw, ok := o.decode(token)
	if !ok {
		return Token{}, errNoToken
	}
	key := t.keys[raw[0]]
	if key == nil || key.retired && purpose != Unsubscribe {
		return Token{}, errNoToken
	}
	tag, payload := raw[1:tokenHead], raw[tokenHead:]
	o.decrypt(key.block, tag, payload)
	if !hmac.Equal(tag, o.sum(key, purpose, payload)) {
		return Token{}, errNoToken
	}
	return readPayload(payload)
}

var errNoToken = commerce.Errorf(commerce.NotFound, "link: not one of ours, or not copied whole")

const (
	tokenTag  = aes.BlockSize
	tokenHead = 1 + tokenTag
	tokenMost = 2048 // characters; ids are far shorter
)

func deriveTokenKey(k TokenKey) (*tokenKey, error) {
	if len(k.Secret) < 32 {
		return nil, commerce.Errorf(commerce.Invalid, "token key %d: %d bytes, need at least 32 random ones", k.ID, len(k.Secret))
	}
	derived, err := hkdf.Key(sha256.New, k.Secret, nil, "comeback tracking token v1", 64)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived[32:])
	if err != nil {
		return nil, err
	}
	return &tokenKey{id: k.ID, retired: k.Retired, mac: derived[:32], block: block}, nil
}

// seal encrypts with a nonce that is the MAC of the content. So equal contents give
// equal tokens, and no random value is needed.
func (t *Tokens) seal(purpose Purpose, link int, scope, message string) string {
	payload := binary.AppendUvarint(nil, uint64(max(link, 0)))
	payload = binary.AppendUvarint(payload, uint64(len(scope)))
	payload = append(append(payload, scope...), message...)
	tag := t.current.sum(purpose, payload)
	raw := append(append(make([]byte, 0, tokenHead+len(payload)), t.current.id), tag...)
	cipher.NewCTR(t.current.block, tag).XORKeyStream(payload, payload)
	return base64.RawURLEncoding.EncodeToString(append(raw, payload...))
}

// sum authenticates purpose, key id and payload.
func (k *tokenKey) sum(purpose Purpose, payload []byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	h.Write([]byte{byte(purpose), k.id})
	h.Write(payload)
	return h.Sum(make([]byte, 0, sha256.Size))[:tokenTag]
}

func readPayload(payload []byte) (Token, error) {
	link, n := binary.Uvarint(payload)
	if n <= 0 {
		return Token{}, errNoToken
	}
	payload = payload[n:]
	size, n := binary.Uvarint(payload)
	if n <= 0 || size > uint64(len(payload)-n) {
		return Token{}, errNoToken
	}
	scope, message := string(payload[n:n+int(size)]), string(payload[n+int(size):])
	parts, err := commerce.SplitKey(message)
	if err != nil {
		return Token{}, errNoToken
	}
	return Token{Shop: parts[0], Message: message, Link: int(link), Scope: scope}, nil
}
