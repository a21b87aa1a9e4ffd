package main

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// clockNames are the functions of package time that read or wait for the machine's clock.
var clockNames = map[string]bool{
	"Now": true, "Since": true, "Until": true, "After": true, "AfterFunc": true, "NewTimer": true, "NewTicker": true, "Tick": true,
	"Sleep": true,
}

// checkClocks: both clocks come from main (ARCHITECTURE.md, section 8), so that tests and the demo can set windows and due times.
// Allowed are package main, the timers of service, the wall loops (files named *loop*.go in jobs, demo and the channels), and the
// tests of service and the edges, which wait for real servers. No test sleeps: a guessed pause is slow on a fast machine and fails
// on a slow one.
func checkClocks(t *tree) []finding {
	var found []finding
	for _, s := range t.files {
		each(s, "time", func(sel *ast.SelectorExpr) {
			name := sel.Sel.Name
			switch {
			case (s.test || s.dir == "store/storetest") && name == "Sleep":
				found = append(found, finding{"clock", s.path, name, s.line(sel.Pos()),
					"a test does not sleep: use testing/synctest, a channel or the injected clock"})
			case clockNames[name] && !mayReadClock(s, name):
				found = append(found, finding{"clock", s.path, name, s.line(sel.Pos()), fmt.Sprintf("time.%s: clocks are injected by main", name)})
			}
		})
	}
	return found
}

var edges = []string{
	"api", "jobs", "store", "store/mongodb", "store/embedded", "store/storetest", "campaigns/channels/email",
	"campaigns/channels/mailbox", "demo",
}

func mayReadClock(s source, name string) bool {
	switch {
	case s.dir == "main":
		return true
	case s.test || s.dir == "store/storetest":
		return s.dir == "service" || slices.Contains(edges, s.dir)
	case s.dir == "service":
		return name == "NewTimer" || name == "NewTicker"
	default:
		return (s.dir == "jobs" || s.dir == "demo" || strings.HasPrefix(s.dir, "campaigns/channels/")) &&
			strings.Contains(path.Base(s.path), "loop")
	}
}

// each calls f with every selector of s on the package imported from importPath, under any local name.
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
