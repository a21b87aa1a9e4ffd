package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"comeback/commerce"
)

// announcement is how commands on this machine find the service that holds the
// embedded database: a file that only its owner reads. The token is good for
// this process's life.
type announcement struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

func announcementFile(data string) string { return filepath.Join(data, "service.json") }

// announced finds the running service of a data folder.
func announced(data string) (announcement, error) {
	var a announcement
	text, err := os.ReadFile(announcementFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return a, commerce.Errorf(commerce.Unavailable, "data directory %s: another process has it open and says nowhere how it is reached; wait for it, or end it", data)
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}
