package main

import (
	"comeback/service"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// running starts the service of b's settings; the returned function ends it.
func (b *bench) running(t *testing.T) (s *service.Instance, end func()) {
	t.Helper()
	config, err := service.LoadConfig(b.env)
	if err != nil {
		t.Fatal(err)
	}
	s, err = service.Open(t.Context(), config, b.process())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() {
		t.Helper()
		stop()
		if err := errors.Join(<-done, s.Close()); err != nil {
			t.Error(err)
		}
	}
}

// keyIDs are the ids that keys list prints.
func (b *bench) keyIDs(t *testing.T, args ...string) []string {
	t.Helper()
	b.wants(t, 0, "last used", append([]string{"keys", "list"}, args...)...)
	var ids []string
	for _, line := range strings.Split(b.out.String(), "\n")[1:] {
		if fields := strings.Fields(line); len(fields) > 0 {
			ids = append(ids, fields[0])
		}
	}
	return ids
}

// The first key comes from the command line, with and without a running
// service, and the answers are the same.
func TestKeysWithAndWithoutTheService(t *testing.T) {
	t.Parallel()
	b := setup(t, "COMEBACK_LISTEN=127.0.0.1:0")
	b.wants(t, exitUsage, "--name", "keys", "create")
	b.wants(t, 0, "cbi_", "keys", "create", "--name", "before")
	b.wants(t, exitFailed, `shop "acme"`, "keys", "create", "--shop", "acme", "--name", "x")
	_, end := b.running(t)
	b.wants(t, 0, "cbi_", "keys", "create", "--name", "while")
	ids := b.keyIDs(t)
	if len(ids) != 2 {
		t.Fatalf("got keys %v, want two", ids)
	}
	b.wants(t, exitFailed, `acme`, "keys", "create", "--shop", "acme", "--name", "x")
	b.wants(t, 0, "", "keys", "revoke", ids[0])
	b.wants(t, 0, "ended", "keys", "list")
	end()
	if _, err := os.Stat(filepath.Join(b.data(), "service.json")); !os.IsNotExist(err) {
		t.Errorf("got %v, want the announcement gone with the service", err)
	}
	b.wants(t, 0, "ended", "keys", "list")
	b.wants(t, 0, "", "keys", "revoke", ids[1])
	b.wants(t, exitUsage, "not the id of a key", "keys", "revoke", "nonsense")
}

// An import runs through the running service, with the same result. A second
// service on the same data is refused.
func TestImportThroughTheService(t *testing.T) {
	t.Parallel()
	b := setup(t, "COMEBACK_LISTEN=127.0.0.1:0")
	file := filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(file, []byte(manyOrders(600)+"x,yesterday,a,1,1,7,DE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, end := b.running(t)
	flags := []string{"--shop", "acme", "--currency", "EUR", "--zone", "Europe/Berlin", "--map", columns, file}
	b.wants(t, exitFailed, "nothing stored", append([]string{"import", "--check"}, flags...)...)
	b.wants(t, exitFailed, `shop "acme"`, "keys", "list", "--shop", "acme") // a check makes none either
	b.wants(t, exitFailed, "600 orders (600 new)", append([]string{"import"}, flags...)...)
	b.wants(t, exitFailed, "line 1202, order x: at (at): time \"yesterday\"", append([]string{"import"}, flags...)...)
	b.wants(t, exitFailed, "600 orders (0 new)", append([]string{"import"}, flags...)...)
	b.wants(t, exitFailed, "has the currency EUR", "import", "--shop", "acme", "--currency", "GBP", file)
	b.wants(t, exitUsage, "map: ", "import", "--shop", "acme", "--map", "order=", file)
	b.wants(t, exitFailed, "in use by another process", "serve")
	end()
	b.wants(t, exitFailed, "everything in it was known", append([]string{"import"}, flags...)...)
}

// A command reports that the data is in use by a process that is no service.
func TestDataInUseByAnotherProcessIsReported(t *testing.T) {
	t.Parallel()
	b := setup(t)
	config, err := service.LoadConfig(b.env)
	if err != nil {
		t.Fatal(err)
	}
	db, err := service.OpenDatabase(t.Context(), config.Storage, b.process(), service.NewLogger(config.Logs, b.stderr))
	if err != nil {
		t.Fatal(err)
	}
	b.wants(t, exitUnavailable, "another process has it open", "keys", "list")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	other := strings.Repeat("ab", 32)
	b.env = append(b.env, "COMEBACK_SECRET_KEY="+other)
	b.wants(t, exitUsage, "start with the key it was made with", "keys", "list")
}

// A command upgrades the store of an older version before it reads it.
func TestCommandsUpgradeAnOlderStore(t *testing.T) {
	t.Parallel()
	key := sha256.Sum256([]byte("comeback demo 1"))
	b := setup(t, "COMEBACK_SECRET_KEY="+hex.EncodeToString(key[:]))
	unpack(t, filepath.Join("service", "testdata", "stores", "0713fc3.db.gz"), filepath.Join(b.data(), "comeback.db"))
	b.wants(t, 0, "demo", "keys", "list", "--shop", "harbour-tea")
	config, err := service.LoadConfig(b.env)
	if err != nil {
		t.Fatal(err)
	}
	db, err := service.OpenDatabase(t.Context(), config.Storage, b.process(), service.NewLogger(config.Logs, b.stderr))
	if err != nil {
		t.Fatal(err)
	}
	if behind, err := db.Behind(t.Context()); behind || err != nil {
		t.Errorf("got behind %v, %v, want it brought up", behind, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// unpack writes the content of a gzipped file.
func unpack(t *testing.T, from, to string) {
	t.Helper()
	packed, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
