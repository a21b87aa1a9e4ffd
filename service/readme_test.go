package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The steps of both READMEs for connecting a shop work as they are written, one after
// the other, against the built program.
func TestTheStepsOfTheReadmesWorkAsWritten(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("COMEBACK_TEST_SERVICES") == "required" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	binary := buildService(t)
	for file, heading := range map[string]string{"../README.md": "## Connect WooCommerce", "../README.zh-CN.md": "## 接入 WooCommerce"} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Dir(binary)
			data := t.TempDir()
			host := serving(t, binary, data)
			script := strings.ReplaceAll(stepsOf(t, file, heading), "localhost:8080", host)
			script = "set -euo pipefail\ncurl() { command curl -sS --fail-with-body \"$@\"; }\n" + script +
				"\ncurl -H \"Authorization: Bearer $key\" " + host + "/v1/campaigns/unpaid-reminder\n"
			command := exec.CommandContext(t.Context(), "bash", "-c", script)
			command.Dir, command.Env = dir, append(os.Environ(), "COMEBACK_DATA="+data)
			out, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s\nof\n%s", err, out, script)
			}
			for _, want := range []string{`"webhook_url"`, `"secret"`, `"order.updated"`, `"state":"active","active":1`} {
				if !strings.Contains(string(out), want) {
					t.Errorf("got %s, want in it %s", out, want)
				}
			}
			if strings.Contains(string(out), `"notes"`) {
				t.Errorf("got %s, want a ready campaign without notes", out)
			}
		})
	}
}

// stepsOf are the commands of a chapter, in order.
func stepsOf(t *testing.T, file, heading string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, found := strings.Cut(string(text), heading)
	if !found {
		t.Fatalf("%s: no chapter %s", file, heading)
	}
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(chapter, -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) < 3 {
		t.Fatalf("%s: got %d blocks of commands", file, len(blocks))
	}
	return strings.Join(blocks, "\n")
}

// serving starts the service in a process of its own, and returns its host and port.
func serving(t *testing.T, binary, data string) string {
	t.Helper()
	command := exec.Command(binary, "serve")
	command.Env = append(os.Environ(), "COMEBACK_DATA="+data, "COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_LOG_LEVEL=error")
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	var a Announcement
	await(t, time.Minute, func() bool {
		var err error
		a, err = Announced(data)
		return err == nil
	})
	return strings.TrimPrefix(a.URL, "http://")
}
