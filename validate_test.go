package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// bench is a program with a buffer as its terminal and a data folder of its
// own.
type bench struct {
	program
	out, err bytes.Buffer
}

func setup(t testing.TB, env ...string) *bench {
	t.Helper()
	b := &bench{}
	b.program = program{
		env:   append([]string{"COMEBACK_DATA=" + filepath.Join(t.TempDir(), "data"), "COMEBACK_LOG_LEVEL=error"}, env...),
		stdin: strings.NewReader(""), stdout: &b.out, stderr: &b.err, now: time.Now, wall: time.Now,
	}
	return b
}

// data is the folder of its database.
func (b *bench) data() string { return strings.TrimPrefix(b.env[0], "COMEBACK_DATA=") }

// wants runs a command line and checks its exit code and output.
func (b *bench) wants(t *testing.T, code int, said string, args ...string) {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	if got := b.run(t.Context(), args); got != code {
		t.Errorf("%v: got exit code %d, want %d: %s%s", args, got, code, b.out.String(), b.err.String())
	}
	if all := b.out.String() + b.err.String(); !strings.Contains(all, said) {
		t.Errorf("%v: got %q, want it to say %q", args, all, said)
	}
}

// The ready campaigns are good in both markets.
func TestReadyCampaignsValidate(t *testing.T) {
	t.Parallel()
	for _, market := range []commerce.Market{commerce.China, commerce.West} {
		ready, err := campaigns.Ready(market, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range ready {
			b := setup(t)
			b.stdin = bytes.NewReader(c.JSON)
			b.wants(t, 0, "campaign "+c.Name+" is good", "validate", "--market", string(market), "-")
		}
	}
}

// A problem of a campaign is printed with its place in the file, as editors and
// compilers read it.
func TestValidateShowsTheProblemsPlace(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(file, []byte("{\n  \"schema\": 1,\n  \"nmae\": \"x\"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := setup(t)
	b.wants(t, exitFailed, file+":3:3: ", "validate", file)
	b.wants(t, exitFailed, `did you mean "name"?`, "validate", file)
	b.wants(t, exitFailed, "1 of 1 file refused", "validate", file)
}

// Exit codes distinguish a wrong call from a bad result.
func TestExitCodesDistinguishWrongCallsFromResults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wants(t, 0, "comeback ", "version")
	b.wants(t, 0, "json-schema.org", "schema", "generic")
	b.wants(t, 0, "$defs", "schema", "condition")
	b.wants(t, exitUsage, "there is campaign, condition, generic", "schema", "nothing")
	b.wants(t, exitUsage, "--help", "validate")
	b.wants(t, exitUsage, "unknown flag", "version", "--loud")
	b.wants(t, exitUsage, "no such file", "validate", "missing.json")
	b.wants(t, exitUsage, "time zone", "validate", "--zone", "Mars", "-")
	b.wants(t, exitUsage, "unknown command", "fly")
	b.env = append(b.env, "COMEBACK_LISTEN=127.0.0.1:1")
	b.wants(t, exitFailed, "no answer", "healthz")
}
