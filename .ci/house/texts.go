package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// eachText calls f with every text file that git lists or would add.
func eachText(t *tree, f func(name, text string)) error {
	names, err := exec.Command("git", "-C", t.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(t.root, name))
		if err != nil || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
			continue // deleted but not yet committed, or not text
		}
		f(name, string(text))
	}
	return nil
}

// recorded reports whether a file is recorded data, whose words and lines are not ours.
func recorded(name string) bool { return strings.Contains("/"+name, "/testdata/") }

// orError adds a failed listing of files to found.
func orError(found []finding, err error) []finding {
	if err != nil {
		return append(found, finding{"words", ".", "", 0, "git ls-files: " + err.Error()})
	}
	return found
}
