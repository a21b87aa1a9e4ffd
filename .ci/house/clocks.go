package main

import (
	"fmt"
	"go/ast"
	"path"
	"strconv"
	"strings"
)

// clockNames are the functions of package time that read or wait for the machine's clock.
var clockNames = map[string]bool{
	"Now": true, "Since": true, "Until": true, "After": true, "AfterFunc": true, "NewTimer": true, "NewTicker": true, "Tick": true, "Sleep": true,
}

// checkClocks: both clocks come from main (ARCHITECTURE.md, section 8), or windows and due times cannot be tested nor stepped.
// Free are package main and the wall loops, files named *loop*.go in jobs and campaigns/channels. No test sleeps, anywhere: a
// test that waits by guess is slow on a good day and fails on a bad one.
func checkClocks(t *tree) []finding {
	var found []finding
	for _, s := range t.files {
		each(s, "time", func(sel *ast.SelectorExpr) {
			name := sel.Sel.Name
			switch {
			case s.test && name == "Sleep":
				found = append(found, finding{"clock", s.path, name, s.line(sel.Pos()), "a test does not sleep: use testing/synctest, a channel or the injected clock"})
			case clockNames[name] && !mayReadClock(s):
				found = append(found, finding{"clock", s.path, name, s.line(sel.Pos()), fmt.Sprintf("time.%s: clocks are injected by main", name)})
			}
		})
	}
	return found
}

func mayReadClock(s source) bool {
	return s.dir == "main" || (s.dir == "jobs" || s.dir == "campaigns/channels") && strings.Contains(path.Base(s.path), "loop")
}

// each calls f with every selector of s whose left side is the package imported from importPath, whatever its local name.
func each(s source, importPath string, f func(*ast.SelectorExpr)) {
	local := ""
	for _, spec := range s.ast.Imports {
		if p, _ := strconv.Unquote(spec.Path.Value); p == importPath {
			local = path.Base(p)
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	if local == "" {
		return
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && x.Obj == nil {
				f(sel)
			}
		}
		return true
	})
}
