package main

import (
	"fmt"
	"go/ast"
)

const (
	maxFile     = 400
	maxTestFile = 600
	maxFunc     = 60
)

// checkSizes: a file over 400 lines (a test over 600) is usually a noun too many, a function over 60 cannot be read at one glance.
func checkSizes(t *tree) []finding {
	var found []finding
	for _, s := range t.files {
		limit := maxFile
		if s.test {
			limit = maxTestFile
		}
		if s.lines > limit {
			found = append(found, finding{"file", s.path, "", 1, fmt.Sprintf("%d lines, at most %d", s.lines, limit)})
		}
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.line(f.End()) - s.line(f.Pos()) + 1; n > maxFunc {
				found = append(found, finding{"func", s.path, f.Name.Name, s.line(f.Pos()), fmt.Sprintf("%s has %d lines, at most %d", f.Name.Name, n, maxFunc)})
			}
		}
	}
	return found
}
