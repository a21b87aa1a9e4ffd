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

// checkSizes: a file has at most 400 lines (a test 600), because a longer one usually has two subjects. A function has at most 60,
// because a longer one cannot be read at once. The lines of a table of cases in a test do not count: they are data.
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
			if n := s.line(f.End()) - s.line(f.Pos()) + 1 - cases(s, f); n > maxFunc {
				found = append(found, finding{"func", s.path, f.Name.Name, s.line(f.Pos()),
					fmt.Sprintf("%s has %d lines, at most %d", f.Name.Name, n, maxFunc)})
			}
		}
	}
	return found
}

// cases counts the lines inside the outermost list and map literals of a test function.
func cases(s source, f *ast.FuncDecl) int {
	n := 0
	if !s.test {
		return n
	}
	ast.Inspect(f, func(node ast.Node) bool {
		table, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		n += s.line(table.Rbrace) - s.line(table.Lbrace)
		return false
	})
	return n
}
