package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// A promise in the tree is kept by nobody: do it, or write an issue. (Spelt so that this file does not find itself; the third
	// only where it cannot be ISO 4217's code for "no currency".)
	promise = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b|(//|#|/\*)\s*XX` + `X\b|\bXX` + `X:`)
	// A path of the machine the code was written on means nothing on any other.
	machinePath = regexp.MustCompile(`(^|[\s"'(=:` + "`" + `])(file://)?/wo` + `rk/`)
)

// checkWords reads every text file git knows or would add; recorded payloads (testdata) are other people's words.
func checkWords(t *tree) []finding {
	list := exec.Command("git", "-C", t.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	names, err := list.Output()
	if err != nil {
		return []finding{{"words", ".", "", 0, "git ls-files: " + err.Error()}}
	}
	var found []finding
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(t.root, name))
		if err != nil || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
			continue // deleted but not yet committed, or not text
		}
		found = append(found, checkText(name, string(text))...)
	}
	return found
}

func checkText(name, text string) []finding {
	var found []finding
	line := 0
	for s := range strings.Lines(text) {
		line++
		if w := promise.FindString(s); w != "" && !strings.Contains("/"+name, "/testdata/") {
			found = append(found, finding{"words", name, w, line, w + ": do it now or write an issue"})
		}
		if machinePath.MatchString(s) {
			found = append(found, finding{"words", name, "path", line, "a path of one machine"})
		}
	}
	return found
}
