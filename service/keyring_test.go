package service

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"comeback/commerce"
)

// The embedded service makes its key once, readable by its owner only, and
// reads it again.
func TestKeyIsMadeOnceAndReadAgain(t *testing.T) {
	t.Parallel()
	s := Storage{Data: filepath.Join(t.TempDir(), "data")}
	first, err := openKeyring(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openKeyring(s)
	if err != nil || !bytes.Equal(first.master, again.master) || len(first.master) != 32 {
		t.Fatalf("got another key (%v), want the same 32 bytes", err)
	}
	info, err := os.Stat(filepath.Join(s.Data, "secret.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v (%v), want 0600", info.Mode(), err)
	}
	left, err := os.ReadDir(s.Data)
	if err != nil || len(left) != 1 {
		t.Errorf("got %d files (%v), want the key alone", len(left), err)
	}
}

// A key that others can read, or half a key, stops the service with the remedy.
func TestDamagedKeyIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		size int
		mode os.FileMode
		want string
	}{
		"readable by others": {32, 0o644, "chmod 600"},
		"cut off":            {31, 0o600, "restore it from a backup"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "secret.key")
			if err := os.WriteFile(path, make([]byte, test.size), test.mode); err != nil {
				t.Fatal(err)
			}
			_, err := openKeyring(Storage{Data: dir})
			if commerce.CodeOf(err) != commerce.Invalid || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want invalid: %s", err, test.want)
			}
		})
	}
}

// A key may be written as openssl, a password manager or a URL writes it.
func TestKeySpellings(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0xfb, 0xff}, 16)
	for _, text := range []string{
		base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw),
		strings.Repeat("fbff", 16), " " + strings.Repeat("FBFF", 16) + "\n",
	} {
		if got, err := decodeKey(text); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%q: got %x (%v), want %x", text, got, err, raw)
		}
	}
	for _, text := range []string{"", "abc", strings.Repeat("ab", 31), base64.StdEncoding.EncodeToString(raw[:31])} {
		if got, err := decodeKey(text); err == nil {
			t.Errorf("%q: got %x, want an error", text, got)
		}
	}
}

// Purposes share no secret, and data sealed before can be opened: the derived
// keys are fixed in this test.
func TestDerivedKeysNeverChange(t *testing.T) {
	t.Parallel()
	k := keyring{bytes.Repeat([]byte{7}, 32)}
	seen := map[string]bool{}
	for _, purpose := range []string{forIdentity, forSecrets, forTokens, forCursors, forFingerprint, forRelay} {
		seen[string(k.key(purpose))] = true
	}
	if len(seen) != 6 {
		t.Errorf("got %d keys, want one a purpose", len(seen))
	}
	if got, want := k.fingerprint(), "11a624cb40484ba8"; got != want {
		t.Errorf("fingerprint: got %s, want %s", got, want)
	}
}
