package service

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The program as it is released says its version, where the mailbox is, and where an
// interrupted import stopped.
func TestTheProgramSaysWhereThingsAre(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program")
	}
	binary := buildService(t)
	t.Run("version", func(t *testing.T) { programVersion(t, binary) })
	t.Run("mailbox", func(t *testing.T) { programMailbox(t, binary) })
	t.Run("import", func(t *testing.T) { programImport(t, binary) })
}

// command is a command of the built program over a folder of data. It is killed where
// it does not end by itself.
func command(t *testing.T, binary, data string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, binary, args...)
	c.Env = []string{
		"COMEBACK_DATA=" + data, "COMEBACK_LISTEN=127.0.0.1:0", "HOME=" + data,
		"COMEBACK_MAILBOX=127.0.0.1:0", "COMEBACK_MAILBOX_PAGES=127.0.0.1:0",
	}
	return c
}

func programVersion(t *testing.T, binary string) {
	var said [2]string
	for i, word := range []string{"--version", "version"} {
		out, err := command(t, binary, t.TempDir(), word).CombinedOutput()
		if said[i] = string(out); err != nil {
			t.Errorf("%s: got %v", word, err)
		}
	}
	if said[0] != said[1] || !regexp.MustCompile(`^comeback \S+.*\n$`).MatchString(said[0]) {
		t.Errorf("got %q, want the name and the version twice", said)
	}
}

func programMailbox(t *testing.T, binary string) {
	c := command(t, binary, t.TempDir(), "serve")
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`"mailbox":"(http://127\.0\.0\.1:\d+)/"`)
	lines, pages := bufio.NewScanner(log), ""
	for pages == "" {
		if !lines.Scan() {
			t.Fatal("got no line that says where the mailbox is")
		}
		if found := line.FindStringSubmatch(lines.Text()); found != nil {
			pages = found[1]
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, pages, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := http.DefaultClient.Do(request); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("%q: got %v, %v; want the pages of the mailbox", pages, answer, err)
	} else {
		_ = answer.Body.Close()
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, log)
	if err := c.Wait(); err != nil {
		t.Errorf("got %v after SIGTERM, want a good end", err)
	}
}

// programImport interrupts an import whose file has not come to its end. Run again, it
// completes the books of an import that was not interrupted.
func programImport(t *testing.T, binary string) {
	data, path, rows := t.TempDir(), filepath.Join(t.TempDir(), "orders.csv"), orderRows(6000)
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"import", "--shop", "s", "--currency", "EUR", "--format", "csv"}
	c := command(t, binary, data, append(args, "-")...)
	var said bytes.Buffer
	c.Stderr = &said
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// A pipe holds 64 KiB. When all but the last line is written, the program has stored some.
	if _, err := io.WriteString(in, rows[:len(rows)-50]); err != nil {
		t.Fatal(err)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	err = c.Wait()
	_ = in.Close()
	if c.ProcessState.ExitCode() != 3 || !regexp.MustCompile(`stopped at line [1-9]\d*, run it again to continue`).MatchString(said.String()) {
		t.Errorf("got %v, exit code %d and %q; want 3, and where it stopped", err, c.ProcessState.ExitCode(), said.String())
	}
	books := func(data string) string {
		out, err := command(t, binary, data, append(args, path)...).CombinedOutput()
		if err != nil {
			t.Fatalf("got %v: %s", err, out)
		}
		table, _, _ := strings.Cut(string(out), " lines: ")
		return table
	}
	again, whole := books(data), books(t.TempDir())
	if again != whole || !strings.Contains(again, "6000") {
		t.Errorf("got the books\n%s\nwant those of an import that was not interrupted:\n%s", again, whole)
	}
}

// orderRows is a file of n paid orders of one line.
func orderRows(n int) string {
	var b strings.Builder
	b.WriteString("order,date,product,quantity,price,email\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,2011-03-%02d,tea,1,%d.50,p%d@example.com\n", i+1, 1+i%28, 1+i%40, i%100)
	}
	return b.String()
}
