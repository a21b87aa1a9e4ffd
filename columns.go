package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// printColumns prints rows as aligned columns: the first left columns to the left, the
// others to the right.
func printColumns(w io.Writer, rows [][]string, left int) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columnsOf(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-columnsOf(cell))
			if i >= left {
				cell, pad = pad, cell
			}
			line.WriteString(cell + pad + "  ")
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// columnsOf is the width of text on a terminal. Chinese characters and their
// punctuation take two columns, combining marks none.
func columnsOf(text string) int {
	n := 0
	for _, r := range text {
		n += columnsOfRune(r)
	}
	return n
}

func columnsOfRune(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul), r >= 0x3000 && r <= 0x303e,
		r >= 0xff01 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff:
		return 2
	}
	return 1
}

// clipWide shortens text to most columns, the last one an ellipsis.
func clipWide(text string, most int) string {
	if columnsOf(text) <= most {
		return text
	}
	n := 0
	for i, r := range text {
		if n += columnsOfRune(r); n > most-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// oneLine replaces control characters, which a terminal would obey, by blanks.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
