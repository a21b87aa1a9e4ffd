package main

import (
	"fmt"
	"strconv"
	"strings"
)

// checkImports compares every import with ../imports, which lists the allowed ones. Every package may import the standard library,
// without the packages of "guard" lines, and its own folder (for external tests). Tests may import what their package may, and the
// packages of "test" lines.
func checkImports(t *tree) []finding {
	var found []finding
	for _, r := range t.imports {
		if !wellFormed(r) {
			found = append(found, finding{rule: "imports", path: r.path, line: r.line,
				text: "want: IMPORTER IMPORTED, test IMPORTER IMPORTED or guard PACKAGE"})
		}
	}
	for _, s := range t.files {
		for _, spec := range s.ast.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if mayImport(t, s, imported) {
				continue
			}
			importer := s.dir
			if s.test {
				importer = "a test of " + importer
			}
			found = append(found, finding{rule: "imports", path: s.path, line: s.line(spec.Pos()),
				text: fmt.Sprintf("%s may not import %s (ARCHITECTURE.md, section 2; table: .ci/imports)", importer, imported)})
		}
	}
	return found
}

// wellFormed refuses a mistyped line of the table, which would silently allow or guard nothing.
func wellFormed(r row) bool {
	switch r.words[0] {
	case "guard":
		return len(r.words) == 2
	case "test":
		return len(r.words) == 3
	default:
		return len(r.words) == 2
	}
}

func mayImport(t *tree, s source, imported string) bool {
	own := strings.HasPrefix(imported+"/", t.module+"/")
	name := imported
	if own {
		name = "./" + strings.TrimPrefix(strings.TrimPrefix(imported, t.module), "/")
	}
	if own && s.test && name == "./"+s.dir {
		return true
	}
	std := !own && !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
	guarded := false
	for _, r := range t.imports {
		w := r.words
		switch {
		case w[0] == "guard":
			guarded = guarded || matches(w[1], name)
		case w[0] == "test" && len(w) == 3:
			if s.test && matches(w[1], s.dir) && matches(w[2], name) {
				return true
			}
		case len(w) == 2 && matches(w[0], s.dir) && matches(w[1], name):
			return true
		}
	}
	return std && !guarded
}

// matches reports whether name is a package of pattern: "*" is every package, "a/..." is a and all below it.
func matches(pattern, name string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == below || strings.HasPrefix(name, below+"/")
	}
	return pattern == "*" || pattern == name
}
