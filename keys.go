package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"comeback/api"
	"comeback/commerce"
	"comeback/service"
)

// keysCommand makes, lists and revokes API keys. It is the only way to the first key.
func (p *program) keysCommand() *cobra.Command {
	keys := &cobra.Command{
		Use: "keys", Short: "Make, list and revoke API keys", Args: wanting(cobra.NoArgs),
		Long: "An installation key (no --shop) makes shops and keys; a shop key does everything within its shop. A key is shown once,\n" +
			"when it is made. The command calls a service that runs on the same COMEBACK_DATA, else it opens the database.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var shop, name string
	create := p.keyCommand("create", "Make a key and show it", cobra.NoArgs, func(ctx context.Context, k keyStore, _ []string) error {
		text, err := k.create(ctx, shop, name)
		if err == nil {
			fmt.Fprintln(p.stdout, text)
		}
		return err
	})
	lists := func(ctx context.Context, k keyStore, _ []string) error { return p.listKeys(ctx, k, shop) }
	list := p.keyCommand("list", "List the keys of a shop, or of the installation", cobra.NoArgs, lists)
	revoke := p.keyCommand("revoke ID", "Revoke a key", cobra.ExactArgs(1), func(ctx context.Context, k keyStore, args []string) error {
		return k.revoke(ctx, args[0])
	})
	create.Flags().StringVar(&name, "name", "", "what the key is for (required)")
	for _, cmd := range []*cobra.Command{create, list} {
		cmd.Flags().StringVar(&shop, "shop", "", "the shop; none: the installation")
	}
	keys.AddCommand(create, list, revoke)
	return keys
}

func (p *program) keyCommand(
	use, short string, args cobra.PositionalArgs, run func(context.Context, keyStore, []string) error,
) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: wanting(args), RunE: func(cmd *cobra.Command, args []string) error {
		config, err := service.LoadConfig(p.env)
		if err != nil {
			return err
		}
		db, running, err := p.reach(cmd.Context(), config)
		if err != nil {
			return err
		}
		if running != nil {
			return run(cmd.Context(), remoteKeys{running}, args)
		}
		return errors.Join(run(cmd.Context(), storedKeys{db, p.wall}, args), db.Close())
	}}
}

// keyStore is the store of keys: the database, or the running service.
type keyStore interface {
	create(ctx context.Context, shop, name string) (text string, err error)
	list(ctx context.Context, shop string) ([]keyLine, error)
	revoke(ctx context.Context, id string) error
}

// keyLine is a key in a list.
type keyLine struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Active     bool       `json:"active"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func (p *program) listKeys(ctx context.Context, k keyStore, shop string) error {
	list, err := k.list(ctx, shop)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "id\tname\tstate\tcreated\tlast used")
	for _, key := range list {
		state, used := "active", "never"
		if !key.Active {
			state = "ended"
		}
		if key.LastUsedAt != nil {
			used = key.LastUsedAt.Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", key.ID, key.Name, state, key.CreatedAt.Format(time.DateTime), used)
	}
	return table.Flush()
}

// storedKeys are the keys of an open database.
type storedKeys struct {
	db   *service.Database
	wall func() time.Time
}

func (k storedKeys) create(ctx context.Context, shop, name string) (string, error) {
	if name == "" {
		return "", commerce.Errorf(commerce.Invalid, "--name: is required, it describes the use of the key")
	}
	if shop == "" {
		shop = commerce.Installation
	} else if _, err := k.db.Shop(ctx, shop); err != nil {
		return "", err
	}
	key, text := api.NewKey(shop, name, k.wall())
	return text, k.db.AddAPIKey(ctx, shop, key)
}

func (k storedKeys) list(ctx context.Context, shop string) ([]keyLine, error) {
	if shop == "" {
		shop = commerce.Installation
	}
	keys, err := k.db.APIKeys(ctx, shop)
	lines := make([]keyLine, len(keys))
	for i, key := range keys {
		lines[i] = keyLine{ID: key.ID, Name: key.Name, Active: key.Active(k.wall()), CreatedAt: key.CreatedAt}
		if !key.LastUsedAt.IsZero() {
			lines[i].LastUsedAt = &key.LastUsedAt
		}
	}
	return lines, err
}

func (k storedKeys) revoke(ctx context.Context, id string) error {
	parts, err := commerce.SplitKey(id)
	if err != nil || len(parts) != 2 {
		return commerce.Errorf(commerce.Invalid, "key %q: not the id of a key, see comeback keys list", id)
	}
	return k.db.RevokeAPIKey(ctx, parts[0], parts[1], k.wall())
}

// remoteKeys are the keys of the running service.
type remoteKeys struct{ *service.Client }

func (k remoteKeys) create(ctx context.Context, shop, name string) (string, error) {
	var made struct{ Key string }
	err := k.Call(ctx, http.MethodPost, "/v1/keys", nil, map[string]string{"shop": shop, "name": name}, &made)
	return made.Key, err
}

func (k remoteKeys) list(ctx context.Context, shop string) ([]keyLine, error) {
	var page struct{ Items []keyLine }
	query := url.Values{}
	if shop != "" {
		query.Set("shop", shop)
	}
	err := k.Call(ctx, http.MethodGet, "/v1/keys", query, nil, &page)
	return page.Items, err
}

func (k remoteKeys) revoke(ctx context.Context, id string) error {
	return k.Call(ctx, http.MethodDelete, "/v1/keys/"+url.PathEscape(id), nil, nil, nil)
}
