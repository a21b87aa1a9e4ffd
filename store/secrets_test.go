package store_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// A connection's secret is stored sealed. Copied to another shop or another
// connection, cut off or under another key, it does not open.
func TestSecretsOpenOnlyWhereTheyBelong(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		secret := []byte("top secret of the till")
		c, err := s.AddConnection(t.Context(), "s", commerce.Connection{Slug: "till", Platform: "generic"}, secret)
		must(t, err)
		if _, err := s.AddConnection(t.Context(), "s", commerce.Connection{Slug: "till"}, secret); commerce.CodeOf(err) != commerce.Conflict {
			t.Errorf("the same slug: got %v, want a conflict", err)
		}
		must(t, docs.Find(t.Context(), "connections", documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}}}, func(raw bson.Raw) error {
			if bytes.Contains(raw, secret) {
				t.Error("the secret is stored as it is")
			}
			return nil
		}))
		if got, err := s.Secrets(c); err != nil || len(got) != 1 || !bytes.Equal(got[0], secret) {
			t.Errorf("got %q, %v, want the secret", got, err)
		}
		key := []byte(strings.Repeat("k", 32))
		other := store.New(docs, store.Keys{Identity: key, Secrets: []byte(strings.Repeat("x", 32))}, clock.now, clock.now,
			slog.New(slog.NewTextHandler(io.Discard, nil)))
		moved, renamed, cut := c, c, c
		moved.Shop, renamed.Slug, cut.Secret = "z", "web", c.Secret[:8]
		for name, open := range map[string]func() ([][]byte, error){
			"of another shop":       func() ([][]byte, error) { return s.Secrets(moved) },
			"of another connection": func() ([][]byte, error) { return s.Secrets(renamed) },
			"cut off":               func() ([][]byte, error) { return s.Secrets(cut) },
			"under another key":     func() ([][]byte, error) { return other.Secrets(c) },
		} {
			if got, err := open(); err == nil {
				t.Errorf("%s: got %q, want an error", name, got)
			}
		}
	})
}

// A rotated secret leaves the one before it valid, and no older one.
func TestRotation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		_, err := s.AddConnection(t.Context(), "s", commerce.Connection{Slug: "till"}, []byte("one"))
		must(t, err)
		for _, next := range []string{"two", "three"} {
			must(t, s.RotateSecret(t.Context(), "s", "till", []byte(next)))
		}
		c, err := s.Connection(t.Context(), "s", "till")
		must(t, err)
		got, err := s.Secrets(c)
		if err != nil || string(bytes.Join(got, []byte(","))) != "three,two" {
			t.Errorf("got %q, %v, want three and two", got, err)
		}
		must(t, s.RemoveConnection(t.Context(), "s", "till"))
		if err := s.RotateSecret(t.Context(), "s", "till", []byte("four")); commerce.CodeOf(err) != commerce.NotFound {
			t.Errorf("got %v, want not found", err)
		}
	})
}
