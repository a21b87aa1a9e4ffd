package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// constructors make package-level values that are never written to: errors, regexps.
var constructors = []string{"errors.New", "fmt.Errorf", "commerce.Errorf", "Errorf", "regexp.MustCompile"}

// checkInits: work at import time has no caller, no error and no clear order. main and service wire everything.
func checkInits(t *tree) []finding {
	var found []finding
	for _, s := range t.files {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				found = append(found, finding{"init", s.path, "init", s.line(f.Pos()), "no init(): give it to the struct that needs it, from main"})
			}
		}
	}
	return found
}

// checkVars: a package-level variable is an unexported literal table, a regexp, an embedded file or an error (which alone may be
// exported), and nothing ever assigns to it. Anything else is shared state that the caller does not see.
func checkVars(t *tree) []finding {
	var found []finding
	for _, s := range t.files {
		for _, d := range s.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				found = append(found, checkVar(s, g, spec.(*ast.ValueSpec))...)
			}
		}
		found = append(found, checkWrites(t, s)...)
	}
	return found
}

func checkVar(s source, g *ast.GenDecl, v *ast.ValueSpec) []finding {
	var found []finding
	for i, name := range v.Names {
		var value ast.Expr
		if i < len(v.Values) {
			value = v.Values[i]
		}
		text := ""
		switch {
		case name.Name == "_":
			text = "no interface guards: main's wiring is the compile-time check"
		case embedded(g.Doc) || embedded(v.Doc):
		case value == nil:
			text = "is state: make it a field of the struct that needs it"
		case !constant(s, value):
			text = "is neither a literal table, an error, a regexp nor an embedded file"
		case name.IsExported() && !strings.HasPrefix(name.Name, "Err"):
			text = "only errors (ErrX) are exported"
		}
		if text != "" {
			found = append(found, finding{"var", s.path, name.Name, s.line(name.Pos()), "package-level var " + name.Name + ": " + text})
		}
	}
	return found
}

func embedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// constant reports whether e is data: literals, and results of constructors. Tests may define flags (-update), as go test expects,
// and options of go-cmp.
func constant(s source, e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit, *ast.Ident, *ast.SelectorExpr:
		return true
	case *ast.CompositeLit:
		name := types(e.Type)
		return !strings.HasPrefix(name, "sync.") && !strings.HasPrefix(name, "atomic.")
	case *ast.UnaryExpr:
		return e.Op != token.AND && constant(s, e.X)
	case *ast.BinaryExpr:
		return constant(s, e.X) && constant(s, e.Y)
	case *ast.CallExpr:
		name := types(e.Fun)
		_, conversion := e.Fun.(*ast.ArrayType)
		return conversion || slices.Contains(constructors, name) ||
			s.test && (strings.HasPrefix(name, "flag.") || strings.HasPrefix(name, "cmp"))
	}
	return false
}

// types prints the name in front of a literal or a call, "" where it is not a plain one.
func types(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return types(e.X) + "." + e.Sel.Name
	}
	return ""
}

// checkWrites finds assignments in s to a package-level variable of its package, or to an element of one.
func checkWrites(t *tree, s source) []finding {
	vars := packageVars(t, s)
	var found []finding
	write := func(e ast.Expr) {
		if id := root(e); id != nil && vars[id.Name] && (id.Obj == nil || s.ast.Scope.Lookup(id.Name) == id.Obj) {
			found = append(found, finding{"var", s.path, id.Name, s.line(e.Pos()), "writes to the package-level table " + id.Name})
		}
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					write(left)
				}
			}
		case *ast.IncDecStmt:
			write(n.X)
		}
		return true
	})
	return found
}

func packageVars(t *tree, s source) map[string]bool {
	names := map[string]bool{}
	for _, other := range t.files {
		if other.dir != s.dir || other.ast.Name.Name != s.ast.Name.Name {
			continue
		}
		for name, obj := range other.ast.Scope.Objects {
			if obj.Kind == ast.Var {
				names[name] = true
			}
		}
	}
	return names
}

// root is the variable that an assignable expression starts from: t in t[k].f.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
