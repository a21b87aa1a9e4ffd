package main

import (
	"fmt"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"strings"
)

// jargon are private words of earlier versions, whole and in any case, with the field's word for each.
var jargon = map[string]string{
	"doorbell": "queue", "bell": "notification", "bells": "notifications", "clerk": "counter", "clerks": "counters",
	"cashier": "counter", "cashiers": "counters", "ballot": "counts", "ballots": "counts", "bookkeeping": "the name of the data",
	"shelf": "cache", "letterbox": "inbox", "untold": "not reported, or pending", "whoever": "a subject: the customer who",
}

var wordOf = regexp.MustCompile(`[\pL\pN]+`)

// checkJargon: a reader who knows the field must not learn a private word for each of its terms. Comments of Go and Markdown
// are checked; stored names and recorded payloads (testdata) are not.
func checkJargon(t *tree) []finding {
	var found []finding
	err := eachText(t, func(name, text string) {
		if recorded(name) {
			return
		}
		switch path.Ext(name) {
		case ".md":
			found = append(found, privateWords(name, text, 1)...)
		case ".go":
			eachComment(text, func(line int, comment string) { found = append(found, privateWords(name, comment, line)...) })
		}
	})
	return orError(found, err)
}

// privateWords finds jargon in text, whose first line has the number line.
func privateWords(name, text string, line int) []finding {
	var found []finding
	for s := range strings.Lines(text) {
		for _, w := range wordOf.FindAllString(s, -1) {
			if better := jargon[strings.ToLower(w)]; better != "" {
				found = append(found, finding{"jargon", name, w, line, fmt.Sprintf("%s: write %s", w, better)})
			}
		}
		line++
	}
	return found
}

// eachComment calls f with every comment of a Go file and the number of its first line.
func eachComment(text string, f func(line int, comment string)) {
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), nil, scanner.ScanComments)
	for {
		pos, kind, comment := s.Scan()
		if kind == token.EOF {
			return
		}
		if kind == token.COMMENT {
			f(file.Line(pos), comment)
		}
	}
}
