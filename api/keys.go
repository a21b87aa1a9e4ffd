package api

import (
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// keyView is a key as it is shown. Key is set once, in the answer that made it.
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

// holder is whose keys a call is about. A shop key is about its own shop's; an
// installation key about those of the shop it names, or of the installation.
func (k *keyring) holder(c *gin.Context, named string) (string, error) {
	if role(c.GetString(keyWho)) == shopkeeper {
		if named != "" {
			return "", wrong("/shop", "leave it out: the shop is that of your key")
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
		return nil, wrong("/expires_at", "lies in the past: name a time to come, or leave it out for a key without end")
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

// Keys of a shop, or of the installation. Keys make keys, so the bound is theirs
// together; one on new keys holds those who revoke what they make.
const (
	keysMost    = 50  // that are active
	keysNewMost = 200 // of the last 24 hours, revoked ones too
)

// keep stores a key where there is room for one more.
func (k *keyring) keep(ctx context.Context, shop string, key commerce.APIKey) error {
	leave, err := k.making.Enter(ctx, shop) // counting and adding are one
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
		return commerce.Errorf(commerce.Conflict, "keys: there are %d active ones, as many as may be: revoke one that is not needed", active)
	case fresh >= keysNewMost:
		return commerce.Errorf(commerce.Conflict, "keys: %d were made within 24 hours, as many as may be: use one of them, or wait", fresh)
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

// revoke ends a key at once. A caller may revoke the key it calls by; a shop's
// caller finds its own shop's keys only.
func (k *keyring) revoke(c *gin.Context) (any, error) {
	parts, err := commerce.SplitKey(c.Param("key"))
	mine := role(c.GetString(keyWho)) == installation || len(parts) > 0 && parts[0] == shopOf(c)
	if err != nil || len(parts) != 2 || !mine {
		return nil, commerce.Errorf(commerce.NotFound, "key: not found")
	}
	return nil, k.store.RevokeAPIKey(c.Request.Context(), parts[0], parts[1], k.wall())
}

// when shows a time, and nothing where it is not known.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// stored is a time as it comes back from the store: what a call that makes
// something shows must equal what later ones show.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// checkText refuses a text of a body that is not one line of least to most bytes.
func checkText(pointer, text string, least, most int) error {
	return ofField(commerce.CheckText(pointer, text, least, most))
}
