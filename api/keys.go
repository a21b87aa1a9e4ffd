package api

import (
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// keyView is a key in answers. Key is set once, in the answer that created it.
type keyView struct {
	ID         string     `json:"id"`
	Shop       string     `json:"shop,omitempty"` // absent: an installation key
	Name       string     `json:"name"`
	Key        string     `json:"key,omitempty"`
	Active     bool       `json:"active"`
	CreatedAt  time.Time  `json:"created_at"`
	CreatedBy  string     `json:"created_by,omitempty"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

func (k *keyring) show(key commerce.APIKey) keyView {
	return keyView{
		ID: key.ID, Shop: strings.TrimPrefix(key.Shop, commerce.Installation), Name: key.Name, Active: key.Active(k.wall()),
		CreatedAt: key.CreatedAt, CreatedBy: key.CreatedBy,
		ExpiresAt: when(key.ExpiresAt), RevokedAt: when(key.RevokedAt), LastUsedAt: when(key.LastUsedAt),
	}
}

// holder is the owner of the keys of a call. For a shop key it is that shop.
// For an installation key it is the shop named, else the installation.
func (k *keyring) holder(c *gin.Context, named string) (string, error) {
	if role(c.GetString(keyWho)) == shopkeeper {
		if named != "" {
			return "", wrong("/shop", "leave it out: your key already names the shop")
		}
		return shopOf(c), nil
	}
	if named == "" {
		return commerce.Installation, nil
	}
	_, err := k.store.Shop(c.Request.Context(), named)
	return named, err
}

type keyInput struct {
	Shop      string     `json:"shop"`
	Name      string     `json:"name"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func (k *keyring) add(c *gin.Context) (any, error) {
	var in keyInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	if err := checkText("/name", in.Name, 1, 100); err != nil {
		return nil, err
	}
	if in.ExpiresAt != nil && !in.ExpiresAt.After(k.wall()) {
		return nil, wrong("/expires_at", "lies in the past: write a future time, or leave it out for a key that never expires")
	}
	shop, err := k.holder(c, in.Shop)
	if err != nil {
		return nil, err
	}
	key, text := NewKey(shop, in.Name, k.wall())
	key.CreatedBy = c.GetString(keyKey)
	if in.ExpiresAt != nil {
		key.ExpiresAt = stored(*in.ExpiresAt)
	}
	if err := k.keep(c.Request.Context(), shop, key); err != nil {
		return nil, err
	}
	view := k.show(key)
	view.Key = text
	return view, nil
}

// Limits for the keys of a shop, or of the installation. Keys can create keys, so one
// limit holds for all. The limit on new keys also stops callers who revoke their keys.
const (
	keysMost    = 50  // active keys
	keysNewMost = 200 // keys of the last 24 hours, revoked ones included
)

// keep stores a key if the limits allow one more.
func (k *keyring) keep(ctx context.Context, shop string, key commerce.APIKey) error {
	leave, err := k.making.Enter(ctx, shop) // nothing may come between counting and adding
	if err != nil {
		return err
	}
	defer leave()
	list, err := k.store.APIKeys(ctx, shop)
	if err != nil {
		return err
	}
	active, fresh := 0, 0
	for _, other := range list {
		if other.Active(k.wall()) {
			active++
		}
		if k.wall().Sub(other.CreatedAt) < 24*time.Hour {
			fresh++
		}
	}
	switch {
	case active >= keysMost:
		return commerce.Errorf(commerce.Conflict, "keys: %d are active, which is the limit: revoke one that is not needed", active)
	case fresh >= keysNewMost:
		return commerce.Errorf(commerce.Conflict, "keys: %d were made within 24 hours, which is the limit: use one of them, or wait", fresh)
	}
	return k.store.AddAPIKey(ctx, shop, key)
}

func (k *keyring) list(c *gin.Context) (any, error) {
	a, err := ask(c, "shop")
	if err != nil {
		return nil, err
	}
	shop, err := k.holder(c, a.query.Get("shop"))
	if err != nil {
		return nil, err
	}
	list, err := k.store.APIKeys(c.Request.Context(), shop)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, "", k.show), nil
}

// revoke ends a key at once. A caller may revoke its own key. A shop's caller
// finds keys of its own shop only.
func (k *keyring) revoke(c *gin.Context) (any, error) {
	parts, err := commerce.SplitKey(c.Param("key"))
	mine := role(c.GetString(keyWho)) == installation || len(parts) > 0 && parts[0] == shopOf(c)
	if err != nil || len(parts) != 2 || !mine {
		return nil, commerce.Errorf(commerce.NotFound, "key: not found")
	}
	return nil, k.store.RevokeAPIKey(c.Request.Context(), parts[0], parts[1], k.wall())
}

// when shows a time, and null where it is unknown.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// stored is a time in the precision of the store, so that the answer that
// creates a thing equals later answers.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// checkText refuses a field of a body unless it is one line of least to most
// bytes.
func checkText(pointer, text string, least, most int) error {
	return ofField(commerce.CheckText(pointer, text, least, most))
}
