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

// Announcement is the address and admin token of the service that has the embedded
// database open. Commands on this machine read it from a file that only the owner
// may read. The token is valid until the service ends.
type Announcement struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

func announcementFile(data string) string { return filepath.Join(data, "service.json") }

// Announced reads the announcement of the service with the data folder open;
// Unavailable where there is none.
func Announced(data string) (Announcement, error) {
	var a Announcement
	text, err := os.ReadFile(announcementFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return a, commerce.Errorf(commerce.Unavailable,
			"data directory %s: another process has it open and has published no address; wait for it, or end it", data)
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// announce makes the admin token of this process and writes the file. The file is
// removed when the service stops. With MongoDB there is neither, because commands
// open the database.
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
	_ = os.Remove(path) // of a process that died: this one has the database's lock
	if err := writeNew(path, append(text, '\n')); err != nil {
		return "", fmt.Errorf("announce the service: %w", err)
	}
	s.closers = append(s.closers, func() error { _ = os.Remove(path); return nil })
	return a.Token, nil
}
