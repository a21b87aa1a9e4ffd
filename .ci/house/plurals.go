package main

import (
	"go/ast"
	"go/token"
	"regexp"
)

// countedNouns finds a number before a plural in a format, with the words before it.
var countedNouns = regexp.MustCompile(`(\b(?:at most|at least|more than|larger than|longer than|shorter than|about|first|or) )?%d ` +
	`(?:days|hours|minutes|seconds|lines|orders|customers|profiles|products|checkouts|` +
	`refunds|records|addresses|mails|messages|tests|files|traits|touches|segments|campaigns|deliveries|people)\b`)

// checkPlurals: a format with a number and a plural says "1 days". commerce.Count writes both. A limit is never 1.
func checkPlurals(t *tree) []finding {
	var found []finding
	for _, s := range t.files {
		if s.test || s.dir == "store/storetest" {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && countsOne(text.Value) {
				found = append(found, finding{"plural", s.path, "", s.line(text.Pos()), `"1 days": write the number and the noun with commerce.Count`})
			}
			return true
		})
	}
	return found
}

// countsOne reports whether a format counts a plural by a number that may be 1.
func countsOne(format string) bool {
	for _, m := range countedNouns.FindAllStringSubmatch(format, -1) {
		if m[1] == "" {
			return true
		}
	}
	return false
}
