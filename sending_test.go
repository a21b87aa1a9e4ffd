package main

import (
	"strings"
	"testing"
)

// A person stops and resumes mails from the shell, of all shops or of one, with and without
// a running service. Each command shows the state that it leaves.
func TestMailsAreStoppedFromTheShell(t *testing.T) {
	t.Parallel()
	b := setup(t, "COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_SECRET_KEY="+strings.Repeat("ab", 32))
	walk := func(t *testing.T) {
		t.Helper()
		b.wants(t, 0, "stopped for  a wrong price", "sending", "stop", "--reason", "a wrong price")
		b.wants(t, 0, "stopped", "sending", "status")
		b.wants(t, 0, "state", "sending", "resume")
		if out := b.out.String(); strings.Contains(out, "stopped") {
			t.Errorf("resumed: got %s", out)
		}
		b.wants(t, exitFailed, "not found", "sending", "stop", "--shop", "nowhere")
		b.wants(t, exitUsage, "--shop: is required", "sending", "reset")
		b.wants(t, 0, "Available Commands", "sending")
	}
	walk(t)
	_, end := b.running(t)
	walk(t)
	end()
}
