package main

import (
	"go/ast"
	"go/token"
)

// checkConstants: each exported constant has a sentence of its own. A comment over a whole group is read by nobody who looks up one
// name of it.
func checkConstants(t *tree) []finding {
	var found []finding
	for _, s := range t.files {
		if s.test {
			continue
		}
		for _, d := range s.ast.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				v := spec.(*ast.ValueSpec)
				alone := len(group.Specs) == 1 && group.Doc != nil
				if name := v.Names[0]; name.IsExported() && v.Doc == nil && v.Comment == nil && !alone {
					found = append(found, finding{"const", s.path, name.Name, s.line(v.Pos()), name.Name + " has no comment of its own"})
				}
			}
		}
	}
	return found
}
