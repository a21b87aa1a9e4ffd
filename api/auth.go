package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api/limits"
	"comeback/commerce"
)

// Roles that a route can require.
type role string

const (
	installation role = "installation" // creates shops and keys
	shopkeeper   role = "shop"         // everything within the shop of the key
	anyone       role = ""             // either kind
)

// keyring makes API keys and authenticates callers. A key is shown once and
// stored as a hash. It contains 32 random bytes, so a fast hash is enough.
type keyring struct {
	store keyStore
	admin [sha256.Size]byte // hash of the process's own token; zero: none
	wall  func() time.Time

	bounds *bounds
	making *limits.Places // limits key creation to one at a time in a shop
}

func newKeyring(cfg Config, b *bounds) *keyring {
	k := &keyring{store: cfg.Store, wall: cfg.Wall, bounds: b, making: limits.NewPlaces(16, 1)}
	if cfg.AdminToken != "" {
		k.admin = sha256.Sum256([]byte(cfg.AdminToken))
	}
	return k
}

type keyStore interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	// APIKey returns a key; NotFound when it does not exist. shop is
	// commerce.Installation for installation keys.
	APIKey(ctx context.Context, shop, id string) (commerce.APIKey, error)
	// APIKeys lists a shop's keys, revoked ones too.
	APIKeys(ctx context.Context, shop string) ([]commerce.APIKey, error)
	AddAPIKey(ctx context.Context, shop string, k commerce.APIKey) error
	// RevokeAPIKey ends a key at a time; one that ended before stays as it is.
	RevokeAPIKey(ctx context.Context, shop, id string, at time.Time) error
	// UsedAPIKey stores the time of a key's last use.
	UsedAPIKey(ctx context.Context, shop, id string, at time.Time) error
}

// require accepts only callers with a key of that role.
func (k *keyring) require(want role) gin.HandlerFunc {
	return func(c *gin.Context) {
		who, shop, err := k.caller(c)
		switch {
		case err != nil:
			refuse(c, err)
			return
		case want != anyone && who != want:
			refuse(c, commerce.Errorf(commerce.Forbidden, "key: this call needs a key of kind %s, yours is of kind %s", want, who))
			return
		}
		c.Set(keyWho, string(who))
		c.Set(keyShop, shop)
		k.bounds.counted(c)
	}
}

// caller finds the key of the request. Every invalid key gets the same answer
// after the same amount of work. An address that sends many invalid keys must
// wait. Its valid keys still work, because others may share the address.
func (k *keyring) caller(c *gin.Context) (role, string, error) {
	text, bearer := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	shop, id, secret, wellFormed := splitKey(text)
	if token := sha256.Sum256([]byte(text)); bearer && subtle.ConstantTimeCompare(token[:], k.admin[:]) == 1 {
		return installation, "", nil
	}
	if !bearer || !wellFormed {
		shop, id = commerce.Installation, "none"
	}
	stored, err := k.store.APIKey(c.Request.Context(), shop, id)
	if err != nil && commerce.CodeOf(err) != commerce.NotFound {
		return "", "", err
	}
	sum := sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(sum[:], stored.Hash) == 1
	now := k.wall()
	if err != nil || !same || !wellFormed || !stored.Active(now) {
		return "", "", k.refused(c, bearer)
	}
	if now.Sub(stored.LastUsedAt) >= time.Minute {
		if err := k.store.UsedAPIKey(c.Request.Context(), shop, id, now); err != nil {
			return "", "", err
		}
	}
	c.Set(keyKey, stored.ID)
	if shop == commerce.Installation {
		return installation, "", nil
	}
	return shopkeeper, shop, nil
}

// refused is the answer to an invalid key.
func (k *keyring) refused(c *gin.Context, sent bool) error {
	if sent {
		left := k.bounds.failures.Take(addressOf(c), 1, k.wall())
		writeLimits(c, "failures", left)
		if !left.OK {
			return tooMany("key: too many invalid keys from this address; wait %s", left)
		}
	}
	return commerce.Errorf(commerce.Unauthorized, `key: missing, unknown, expired or revoked; send "Authorization: Bearer <key>"`)
}

var (
	shopKey         = regexp.MustCompile(`^cb_([a-z0-9-]{1,60})_([a-z0-9]{16})_([A-Za-z0-9-]{43})$`)
	installationKey = regexp.MustCompile(`^cbi_()([a-z0-9]{16})_([A-Za-z0-9-]{43})$`)
)

// splitKey splits cb_<shop>_<id>_<secret>, and cbi_<id>_<secret> of the
// installation.
func splitKey(text string) (shop, id, secret string, ok bool) {
	if m := installationKey.FindStringSubmatch(text); m != nil {
		return commerce.Installation, m[2], m[3], true
	}
	if m := shopKey.FindStringSubmatch(text); m != nil {
		return m[1], m[2], m[3], true
	}
	return "", "", "", false
}

// NewKey makes a key of a shop, or of the installation (shop is
// commerce.Installation). It returns the document to store and the text to show
// once.
func NewKey(shop, name string, now time.Time) (key commerce.APIKey, text string) {
	id := hex.EncodeToString(random(8))
	// "_" separates the parts of a key; "." would end a double click's selection.
	secret := strings.ReplaceAll(base64.RawURLEncoding.EncodeToString(random(32)), "_", "0")
	sum := sha256.Sum256([]byte(secret))
	key = commerce.APIKey{ID: commerce.Key(shop, id), Shop: shop, Name: name, Hash: sum[:], CreatedAt: stored(now)}
	if shop == commerce.Installation {
		return key, "cbi_" + id + "_" + secret
	}
	return key, "cb_" + shop + "_" + id + "_" + secret
}

// shopOf returns the shop of the caller's key. No path or body names another
// shop.
func shopOf(c *gin.Context) string { return c.GetString(keyShop) }
