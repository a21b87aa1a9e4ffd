package segments

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The glossary has the stages, and the days of every trade, as the code has them.
func TestGlossaryHasTheTrades(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range trades {
		line := regexp.MustCompile(`(?m)^\| [a-z, ]*\b` + name + `\b.*$`).FindString(string(text))
		a := agesOf(name)
		if want := fmt.Sprintf("| %g | %g | %g | %d |", a.atRisk, a.lapsed, a.lost, a.period); !strings.HasSuffix(line, want) {
			t.Errorf("docs/glossary.md, trade %s: got %q, want %s", name, line, want)
		}
	}
	other := agesOf("")
	if want := fmt.Sprintf("| any other | %g | %g | %g | %d |", other.atRisk, other.lapsed, other.lost,
		other.period); !strings.Contains(string(text), want) {
		t.Errorf("docs/glossary.md: the row %s is missing", want)
	}
	for _, stage := range stages {
		if !strings.Contains(string(text), "| `"+stage+"` |") {
			t.Errorf("docs/glossary.md: stage %s is missing", stage)
		}
	}
}
