package mail

import (
	"strings"
	"testing"

	"comeback/commerce"
)

// Should anything dangerous ever get past the check, the engine behind it still
// neither reads files, nor brings the process down, nor writes without end.
func TestEngineBehindTheCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want string }{
		"include":            {`{% include 'template_test.go' %}`, "not supported"},
		"a panicking filter": {`{{ 'a' | slice: 5, 2 }}`, "cannot be rendered"},
		"endless output":     {`{% for i in (1..2000000) %}xxxxxxxxxx{% endfor %}`, "1 MiB"},
		"endless capture":    {`{% capture a %}{% for i in (1..200000) %}xxxxxxxxxx{% endfor %}{% endcapture %}{{ a }}`, "1 MiB"},
	} {
		compiled, err := compileSource(c.source, plainText)
		if err != nil {
			t.Fatal(err)
		}
		out, err := execute(compiled, map[string]any{})
		if err == nil || !strings.Contains(err.Error(), c.want) || out != "" {
			t.Errorf("%s: got %d bytes and %v, want %q", name, len(out), err, c.want)
		}
	}
	if _, err := compileSource(`{{ "a" | | }}{% for %}`, plainText); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("unreadable: got %v, want invalid", err)
	}
}
