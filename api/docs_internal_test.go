package api

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The document of the API lists every code that an error can have, with its status.
func TestDocumentListsEveryCode(t *testing.T) {
	t.Parallel()
	text := documentOfAPI(t)
	for code, status := range statuses {
		if row := fmt.Sprintf("| `%s` | %d |", code, status); !strings.Contains(text, row) {
			t.Errorf("docs/api.md: the row %s is missing", row)
		}
	}
}

// The document contains the limits for callers, as in the table of bounds.
func TestDocumentContainsTheLimits(t *testing.T) {
	t.Parallel()
	text := documentOfAPI(t)
	for _, want := range []string{
		fmt.Sprintf("%d,%03d calls at once, %d a second; each %d KiB", callsBurst/1000, callsBurst%1000, callsRate, callBytes>>10),
		fmt.Sprintf("%d invalid keys at once, %d a second", failuresBurst, failuresRate),
		fmt.Sprintf("%d MiB of deliveries without a valid signature at once, %d MiB a second", unprovenBurst>>10, unprovenRate>>10),
		fmt.Sprintf("%d MiB of deliveries being read, of %d MiB in all", bodiesOfOne>>20, bodiesAtOnce>>20),
		fmt.Sprintf("%d complete lists of people read or written at once, of %d in all", listsOfOne, listsAtOnce),
		fmt.Sprintf("%d bodies over %d KiB, of %d in all", largeOfOne, largeBody>>10, largeAtOnce),
		fmt.Sprintf("%d campaign under test, of %d in all; 1 import, of %d in all", validationOne, validations, importsAtOnce),
		fmt.Sprintf("`limit` (1 to %d, %d if left out)", pageMost, pageDefault),
		fmt.Sprintf("%d MiB; a delivery %d MiB; a list of people %d MiB", maxBody>>20, maxHook>>20, maxPeople>>20),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("docs/api.md does not say %q", want)
		}
	}
}

func documentOfAPI(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
