package main

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// maxColumns is the most characters of a line of Go; a tab counts as one.
const maxColumns = 140

// checkLines: a line that does not fit beside a second file is read by scrolling. Every Go file counts, those of tools too.
func checkLines(t *tree) []finding {
	var found []finding
	err := eachText(t, func(name, text string) {
		if path.Ext(name) != ".go" || recorded(name) {
			return
		}
		number := 0
		for line := range strings.Lines(text) {
			number++
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\r\n")); n > maxColumns {
				found = append(found, finding{"line", name, "", number, fmt.Sprintf("%d columns, at most %d", n, maxColumns)})
			}
		}
	})
	return orError(found, err)
}
