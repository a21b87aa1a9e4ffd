package service

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"comeback/commerce"
)

// keyring derives one key for each purpose from the installation's master key. No two
// purposes share a secret.
type keyring struct{ master []byte }

// Purposes of derived keys. Their texts are part of every installation: data sealed
// under a changed text cannot be read.
const (
	forIdentity    = "comeback identity v1"
	forSecrets     = "comeback secrets v1"
	forTokens      = "comeback tokens v1"
	forTouches     = "comeback touches v1"
	forCursors     = "comeback cursors v1"
	forRelay       = "comeback relay v1"
	forFingerprint = "comeback fingerprint v1"
)

// openKeyring reads the master key from the settings, else from DATA/secret.key, which
// it makes the first time.
func openKeyring(s Storage) (keyring, error) {
	if s.SecretKey != "" {
		master, err := decodeKey(s.SecretKey)
		return keyring{master}, err
	}
	master, err := keyFile(filepath.Join(s.Data, "secret.key"))
	return keyring{master}, err
}

// key derives the 32 bytes of one purpose, the same at each call.
func (k keyring) key(purpose string) []byte {
	derived, err := hkdf.Key(sha256.New, k.master, nil, purpose, 32)
	if err != nil {
		panic(err) // only for a length no hash can give
	}
	return derived
}

// fingerprint identifies the master key without revealing it.
func (k keyring) fingerprint() string { return hex.EncodeToString(k.key(forFingerprint)[:8]) }

// decodeKey reads 32 bytes written in hex or in any base64. The error does not
// repeat the text.
func decodeKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == 32 {
		return raw, nil
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	if raw, err := base64.RawStdEncoding.DecodeString(text); err == nil && len(raw) == 32 {
		return raw, nil
	}
	return nil, commerce.Errorf(commerce.Invalid, "not 32 bytes in base64 or hex; make one with: openssl rand -base64 32")
}

// keyFile reads the 32 bytes of path, or makes them. Two processes that make the file
// at once get one key: the second reads the first's file.
func keyFile(path string) ([]byte, error) {
	raw, err := readKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return raw, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make secret key: %w", err)
	}
	raw = make([]byte, 32)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	if err := writeNew(path, raw); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make secret key: %w", err)
	}
	return readKeyFile(path)
}

func readKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, commerce.Errorf(commerce.Invalid, "%s: others may read it (%s); chmod 600 it", path, info.Mode().Perm())
	}
	raw, err := os.ReadFile(path)
	if err == nil && len(raw) != 32 {
		return nil, commerce.Errorf(commerce.Invalid,
			"%s: %d bytes, not 32; restore it from a backup: without it no stored secret can be read", path, len(raw))
	}
	return raw, err
}

// writeNew writes content to a new file at path, synced, or not at all. An existing
// file stays (fs.ErrExist). It writes another file first, so a crash leaves no half
// key at path.
func writeNew(path string, content []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = bytes.NewReader(content).WriteTo(draft)
	err = errors.Join(err, draft.Sync(), draft.Close())
	if err != nil {
		return err
	}
	return os.Link(draft.Name(), path)
}
