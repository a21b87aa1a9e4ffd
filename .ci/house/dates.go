package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// checkDates: a test that starts a server contains no date of the present. Such a test fails from that date on, on every checkout,
// and connections compare deadlines with the machine's clock anyway. The tests of main, of service and of the edges start servers:
// their clocks come from commerce/clocktest, and fixed dates lie in a past year.
func checkDates(t *tree) []finding {
	var found []finding
	for _, s := range t.files {
		if !s.test || s.dir != "main" && s.dir != "service" && !slices.Contains(edges, s.dir) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && ofThePresent(call) {
				found = append(found, finding{"dates", s.path, "", s.line(call.Pos()),
					"a date of the present: take an instant from commerce/clocktest, or a year before 2020"})
			}
			return true
		})
	}
	return found
}

// ofThePresent reports whether a call is time.Date of a year from 2020 to 2049.
func ofThePresent(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Date" || len(call.Args) != 8 {
		return false
	}
	year, ok := call.Args[0].(*ast.BasicLit)
	if !ok || year.Kind != token.INT {
		return false
	}
	n, err := strconv.Atoi(year.Value)
	return err == nil && n >= 2020 && n < 2050
}
