package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// A tree is the parsed module.
type tree struct {
	root       string
	module     string
	files      []source
	imports    []row // ../imports
	exceptions []row // ../exceptions
}

// A source is one Go file. Dir is its package's folder below the root, "main" for the root itself.
type source struct {
	path, dir string
	test      bool
	lines     int
	ast       *ast.File
	fset      *token.FileSet
}

func (s source) line(p token.Pos) int { return s.fset.Position(p).Line }

// A row is one line of a table: words, then " # " and the reason, which is required.
type row struct {
	path  string
	line  int
	words []string
	used  bool
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)`)

// readTree parses every Go file below root but those of dot folders, testdata and vendor.
func readTree(root string) (*tree, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	name := moduleLine.FindSubmatch(mod)
	if name == nil {
		return nil, fmt.Errorf("go.mod names no module")
	}
	t := &tree{root: root, module: string(name[1])}
	if t.imports, err = readRows(root, ".ci/imports"); err != nil {
		return nil, err
	}
	if t.exceptions, err = readRows(root, ".ci/exceptions"); err != nil {
		return nil, err
	}
	return t, fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "vendor"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(p) != ".go":
			return nil
		}
		s, err := readSource(root, p)
		t.files = append(t.files, s)
		return err
	})
}

func readSource(root, p string) (source, error) {
	s := source{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), fset: token.NewFileSet()}
	if s.dir == "." {
		s.dir = "main"
	}
	text, err := os.ReadFile(filepath.Join(root, p))
	if err != nil {
		return s, err
	}
	s.lines = strings.Count(string(text), "\n")
	s.ast, err = parser.ParseFile(s.fset, p, text, parser.ParseComments)
	return s, err
}

// readRows reads a table of ../. Each line is words and a reason; blank lines and comments are skipped.
func readRows(root, p string) ([]row, error) {
	text, err := os.ReadFile(filepath.Join(root, p))
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words, reason, _ := strings.Cut(line, " # ")
		if strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s:%d: a line needs its reason after \" # \"", p, i+1)
		}
		rows = append(rows, row{path: p, line: i + 1, words: strings.Fields(words)})
	}
	return rows, nil
}

// except removes the findings that a row "rule path [name]" allows, and adds one for each row that allows nothing any more.
func except(found []finding, rows []row) []finding {
	var kept []finding
	for _, f := range found {
		if !allowed(f, rows) {
			kept = append(kept, f)
		}
	}
	for _, r := range rows {
		if !r.used {
			kept = append(kept, finding{rule: "exceptions", path: r.path, line: r.line, text: "nothing needs this line any more: delete it"})
		}
	}
	return kept
}

func allowed(f finding, rows []row) bool {
	for i := range rows {
		w := rows[i].words
		if len(w) >= 2 && w[0] == f.rule && w[1] == f.path && (len(w) == 2 || w[2] == f.name) {
			rows[i].used = true
			return true
		}
	}
	return false
}
