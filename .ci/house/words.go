package main

import (
	"regexp"
	"strings"
)

var (
	// Notes of work to be done, which belong into an issue. They are written in two parts so that this file does not match. The
	// third word matches only where it cannot be ISO 4217's code for "no currency".
	promise = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b|(//|#|/\*)\s*XX` + `X\b|\bXX` + `X:`)
	// A path of the author's machine, which other machines do not have.
	machinePath = regexp.MustCompile(`(^|[\s"'(=:` + "`" + `])(file://)?/wo` + `rk/`)
)

// checkWords reads every text file, but for the words of recorded payloads (testdata).
func checkWords(t *tree) []finding {
	var found []finding
	err := eachText(t, func(name, text string) { found = append(found, checkText(name, text)...) })
	return orError(found, err)
}

func checkText(name, text string) []finding {
	var found []finding
	line := 0
	for s := range strings.Lines(text) {
		line++
		if w := promise.FindString(s); w != "" && !recorded(name) {
			found = append(found, finding{"words", name, w, line, w + ": do it now or write an issue"})
		}
		if machinePath.MatchString(s) {
			found = append(found, finding{"words", name, "path", line, "a path of one machine"})
		}
	}
	return found
}
