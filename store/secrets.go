package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"comeback/commerce"
)

// seal encrypts a secret for one field of one shop (AES-256-GCM, nonce first).
// Shop and field are authenticated: a sealed secret copied elsewhere does not
// open.
func (s *Store) seal(shop, field string, secret []byte) ([]byte, error) {
	if len(secret) == 0 {
		return nil, nil
	}
	aead, err := s.aead()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return aead.Seal(nonce, nonce, secret, []byte(commerce.Key(shop, field))), nil
}

// open is the inverse of seal. An empty value opens to an empty one.
func (s *Store) open(shop, field string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	aead, err := s.aead()
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, commerce.Errorf(commerce.Internal, "secret %s of shop %s: cut off", field, shop)
	}
	nonce, box := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	secret, err := aead.Open(nil, nonce, box, []byte(commerce.Key(shop, field)))
	if err != nil {
		return nil, commerce.Errorf(commerce.Internal,
			"secret %s of shop %s: does not open, is COMEBACK_SECRET_KEY the one it was stored under?", field, shop)
	}
	return secret, nil
}

func (s *Store) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.keys.Secrets)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// pseudonym is the keyed hash of a personal value; keys may contain it.
func (s *Store) pseudonym(value string) string {
	mac := hmac.New(sha256.New, s.keys.Identity)
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil)[:20])
}
