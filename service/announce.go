package service

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"comeback/commerce"
)

// announcement is how commands on this machine find the service that holds the
// embedded database: a file that only its owner reads. The token is good for
// this process's life.
type Announcement struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

func announcementFile(data string) string { return filepath.Join(data, "service.json") }

// announced finds the running service of a data folder.
func Announced(data string) (Announcement, error) {
	var a Announcement
	text, err := os.ReadFile(announcementFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return a, commerce.Errorf(commerce.Unavailable, "data directory %s: another process has it open and says nowhere how it is reached; wait for it, or end it", data)
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// announce makes the process's admin token and writes the file; it goes when
// the service stops. On MongoDB there is neither: commands open the database.
func announce(s *Instance, address string) (token string, err error) {
	if s.config.Storage.MongoURI != "" {
		return "", nil
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails (crypto/rand)
	a := Announcement{URL: "http://" + Reachable(address), Token: base64.RawURLEncoding.EncodeToString(secret[:])}
	path := announcementFile(s.config.Storage.Data)
	text, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	_ = os.Remove(path) // of a process that died: the database's lock says there is no other
	if err := writeNew(path, append(text, '\n')); err != nil {
		return "", fmt.Errorf("announce the service: %w", err)
	}
	s.closers = append(s.closers, func() error { _ = os.Remove(path); return nil })
	return a.Token, nil
}
