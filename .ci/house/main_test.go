package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A breach of each rule is found in its line; allowed code is not found.
func TestRules(t *testing.T) {
	t.Parallel()
	long := "package segments\n\nfunc f() {\n" + strings.Repeat("\tprintln()\n", 60) + "}\n"
	for name, c := range map[string]struct {
		set, path, text string
		want            []string // "line rule name"
	}{
		"a count says 1 day": {
			"rules", "segments/a.go", "package segments\n\nconst a = \"kept for %d days\"\n\nconst b = \"at most %d days\"\n", []string{"3 plural "},
		},
		"a rule package imports no driver": {
			"imports", "segments/a.go", "package segments\n\nimport _ \"go.mongodb.org/mongo-driver/v2/bson\"\n", []string{"3 imports "},
		},
		"a rule package opens no file": {
			"imports", "segments/a.go", "package segments\n\nimport _ \"os\"\n", []string{"3 imports "},
		},
		"a test of a rule package may open a file": {"imports", "segments/a_test.go", "package segments\n\nimport _ \"os\"\n", nil},
		"api never imports store": {
			"imports", "api/a.go", "package api\n\nimport _ \"comeback/store\"\n", []string{"3 imports "},
		},
		"a test of api imports no store": {
			"imports", "api/a_test.go", "package api_test\n\nimport _ \"comeback/store\"\n", []string{"3 imports "},
		},
		"an external test imports its package": {"imports", "api/a_test.go", "package api_test\n\nimport _ \"comeback/api\"\n", nil},
		"an unknown folder may import nothing": {
			"imports", "utils/a.go", "package utils\n\nimport _ \"comeback/commerce\"\n", []string{"3 imports "},
		},
		"a build tag hides no import": {
			"imports", "api/a.go", "//go:build plan9\n\npackage api\n\nimport _ \"comeback/store\"\n", []string{"5 imports "},
		},
		"service wires stores": {"imports", "service/a.go", "package service\n\nimport _ \"comeback/store/mongodb\"\n", nil},
		"a rule reads no clock": {
			"rules", "segments/a.go", "package segments\n\nimport \"time\"\n\nvar a = 1\n\nfunc f() { g(time.Now) }\n",
			[]string{"7 clock Now"},
		},
		"a rule reads no clock under another name": {
			"rules", "segments/a.go", "package segments\n\nimport t \"time\"\n\nfunc f() { t.Since(x) }\n", []string{"5 clock Since"},
		},
		"main reads the clock": {"rules", "a.go", "package main\n\nimport \"time\"\n\nfunc f() { time.Now() }\n", nil},
		"a wall loop reads the clock": {
			"rules", "jobs/loop.go", "package jobs\n\nimport \"time\"\n\nfunc f() { time.Now() }\n", nil,
		},
		"a rule's test reads no clock": {
			"rules", "segments/a_test.go", "package segments\n\nimport \"time\"\n\nfunc f() { time.Now() }\n", []string{"5 clock Now"},
		},
		"a test of an edge reads the clock": {
			"rules", "api/a_test.go", "package api\n\nimport \"time\"\n\nfunc f() { time.After(1) }\n", nil,
		},
		"no test sleeps, not even main's": {
			"rules", "a_test.go", "package main\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n", []string{"5 clock Sleep"},
		},
		"a test of an edge holds no date of the present": {
			"rules", "api/a_test.go", "package api\n\nimport \"time\"\n\nvar a = f(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))\n",
			[]string{"5 dates ", "5 var a"},
		},
		"a date of a past year is allowed": {
			"rules", "api/a_test.go", "package api\n\nimport \"time\"\n\nfunc f() { g(time.Date(2016, 2, 29, 0, 0, 0, 0, time.UTC)) }\n",
			nil,
		},
		"a rule's test may contain any date": {
			"rules", "segments/a_test.go",
			"package segments\n\nimport \"time\"\n\nfunc f() { g(time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)) }\n", nil,
		},
		"no init":                     {"rules", "api/a.go", "package api\n\nfunc init() {}\n", []string{"3 init init"}},
		"a method may be called init": {"rules", "api/a.go", "package api\n\nfunc (a) init() {}\n", nil},
		"tables, errors, regexps and embeds are values": {
			"rules", "api/a.go",
			"package api\n\nvar a = map[string]int{}\nvar ErrB = errors.New(\"b\")\nvar c = regexp.MustCompile(`c`)\n\n//go:embed d\n" +
				"var d []byte\nvar e = -1\n",
			nil,
		},
		"a variable without value is state": {"rules", "api/a.go", "package api\n\nvar a int\n", []string{"3 var a"}},
		"a lock is state":                   {"rules", "api/a.go", "package api\n\nvar a = sync.Mutex{}\n", []string{"3 var a"}},
		"the result of a function is state": {"rules", "api/a.go", "package api\n\nvar a = f()\n", []string{"3 var a"}},
		"no table is exported":              {"rules", "api/a.go", "package api\n\nvar A = []int{1}\n", []string{"3 var A"}},
		"no code writes to a table": {
			"rules", "api/a.go", "package api\n\nvar a = []int{1}\n\nfunc f() { a[0] = 2 }\n", []string{"5 var a"},
		},
		"a local of the same name is its own": {
			"rules", "api/a.go", "package api\n\nvar a = []int{1}\n\nfunc f(a []int) { a[0] = 2 }\n", nil,
		},
		"a function of 62 lines is too long": {"rules", "segments/a.go", long, []string{"3 func f"}},
		"a test's table does not count": {
			"rules", "segments/a_test.go", "package segments\n\nfunc f() {\n_ = []int{" + strings.Repeat("\n", 61) + "}\n}\n", nil,
		},
		"a file of 401 lines is too long": {
			"rules", "segments/a.go", "package segments\n" + strings.Repeat("\n", 400), []string{"1 file "},
		},
		"a test file of 401 lines is allowed": {"rules", "segments/a_test.go", "package segments\n" + strings.Repeat("\n", 400), nil},
		"no notes of work to be done":         {"rules", "README.md", "# A\nTO" + "DO: b\n", []string{"2 words TO" + "DO"}},
		"the code of no currency is allowed": {
			"rules", "api/a.go", "package api // XX" + "X: b\n\nconst a = \"XX" + "X\"\n", []string{"1 words // XX" + "X"},
		},
		"recorded payloads may contain any word": {"rules", "api/testdata/a.json", "{\"a\": \"TO" + "DO\"}\n", nil},
		"an exported constant of a group has a comment of its own": {
			"rules", "segments/a.go",
			"package segments\n\n// Both.\nconst (\n\tOne = 1\n\tTwo = 2 // of two\n)\n\n// Three is alone.\nconst Three = 3\n",
			[]string{"5 const One"},
		},
		"a line of Go has 140 columns, whatever its bytes": {
			"rules", "segments/a.go", "package segments\n\n//\t" + strings.Repeat("é", 137) + "\n// " + strings.Repeat("é", 138) + "\n",
			[]string{"4 line "},
		},
		"a line of a tool has 140 columns": {
			"rules", ".ci/tool/a.go", "package main // " + strings.Repeat("a", 125) + "\n", []string{"1 line "},
		},
		"recorded data may have long lines": {"rules", "api/testdata/a.go", "package a // " + strings.Repeat("a", 140) + "\n", nil},
		"no private words in comments": {
			"rules", "api/a.go", "package api\n\n/* a\nBells are not bellows. */\nconst clerk = \"doorbell\" // a cashier\n",
			[]string{"4 jargon Bells", "5 jargon cashier"},
		},
		"no private words in Markdown":            {"rules", "README.md", "# A\n\nWhoever rings\n", []string{"3 jargon Whoever"}},
		"recorded data may contain private words": {"rules", "api/testdata/a.md", "whoever\n", nil},
		"no paths of one machine":                 {"rules", "README.md", "see /wo" + "rk/main\n", []string{"1 words path"}},
		"an address may have such a path":         {"rules", "README.md", "https://a.example/wo" + "rk/main\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := module(t, map[string]string{c.path: c.text})
			if got := check(t, root, c.set); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// An exception silences its one breach, and becomes a breach itself once nothing needs it.
func TestExceptions(t *testing.T) {
	t.Parallel()
	root := module(t, map[string]string{
		"api/a.go":       "package api\n\nfunc init() {}\n\nvar a int\n",
		".ci/exceptions": "init api/a.go # why\nvar api/a.go b # why\n",
	})
	want := []string{"2 exceptions ", "5 var a"}
	if got := check(t, root, "rules"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A line of a table without its reason is an error.
func TestReasons(t *testing.T) {
	t.Parallel()
	root := module(t, map[string]string{".ci/exceptions": "init api/a.go\n"})
	if _, err := run(root, "rules"); err == nil || !strings.Contains(err.Error(), ".ci/exceptions:1") {
		t.Errorf("got %v, want an error naming the line", err)
	}
}

// A container file with a setting that the service does not read is found.
func TestSettings(t *testing.T) {
	t.Parallel()
	root := module(t, map[string]string{
		"service/config.go": "package service\n\ntype config struct {\n\tMongo string `env:\"MONGO_URI,unset\"`\n}\n",
		"compose.yaml":      "COMEBACK_MONGO_URI: a\nCOMEBACK_MONGO: a\n",
	})
	want := []string{"2 settings COMEBACK_MONGO"}
	if got := check(t, root, "rules"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// module makes a git checkout with files, the real table of imports and no exceptions.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	table, err := os.ReadFile("../imports")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	all := map[string]string{"go.mod": "module comeback\n", ".ci/imports": string(table), ".ci/exceptions": ""}
	for p, text := range files {
		all[p] = text
	}
	for p, text := range all {
		p = filepath.Join(root, p)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("git", "init", "-q", root).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v: %s", err, out)
	}
	return root
}

func check(t *testing.T, root, set string) []string {
	t.Helper()
	found, err := run(root, set)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, strings.Join([]string{strconv.Itoa(f.line), f.rule, f.name}, " "))
	}
	return got
}
