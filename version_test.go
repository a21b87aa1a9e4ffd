package main

import "testing"

// The command version and the option --version print the same line.
func TestVersionIsShownByCommandAndOption(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wants(t, 0, "comeback ", "version")
	b.wants(t, 0, b.out.String(), "--version")
}
