// Command house checks the house rules that vet and staticcheck do not know: the allowed imports (../imports), the injected clocks,
// package state, sizes, and forbidden words. It parses every Go file itself, so build tags hide none, and needs only the standard
// library. Each rule has its own file; a new rule is one file and one line in the table below.
//
// Usage, from the root of the module: go run ./.ci/house [imports|rules]
package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
)

// A finding is one breach of a rule. A line of ../exceptions allows it by its rule, path and name.
type finding struct {
	rule, path, name string
	line             int
	text             string
}

// rules are the checks of each run, in the order their findings print.
var rules = map[string][]func(*tree) []finding{
	"imports": {checkImports},
	"rules": {
		checkClocks, checkDates, checkInits, checkVars, checkConstants, checkSizes, checkLines, checkWords, checkJargon, checkSettings,
		checkPlurals,
	},
}

func main() {
	if len(os.Args) != 2 || rules[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: go run ./.ci/house imports|rules")
		os.Exit(2)
	}
	found, err := run(".", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(2)
	}
	for _, f := range found {
		fmt.Printf("%s:%d: %s: %s\n", f.path, f.line, f.rule, f.text)
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

// run reads the tree at root and returns the findings of set that ../exceptions does not allow.
func run(root, set string) ([]finding, error) {
	t, err := readTree(root)
	if err != nil {
		return nil, err
	}
	var found []finding
	for _, check := range rules[set] {
		found = append(found, check(t)...)
	}
	if set == "rules" {
		found = except(found, t.exceptions)
	}
	slices.SortStableFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	return found, nil
}
