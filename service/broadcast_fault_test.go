//go:build fault

package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"comeback/failpoint"
)

// A program that sends a broadcast is killed three times: before the run begins, while members
// enter, and before the run remembers whom it has passed. The next program goes on, and in the
// end each member has entered once and has one message, and at most one mail.
// COMEBACK_TEST_MEMBERS is the number of members; with many, no relay is there, and the program
// takes 300 MB at most over what it takes without work.
func TestBroadcastOfAKilledProgramReachesEachMemberOnce(t *testing.T) {
	t.Parallel()
	binary, n := buildFaulty(t), 700
	if more, err := strconv.Atoi(os.Getenv("COMEBACK_TEST_MEMBERS")); err == nil {
		n = more
	}
	eachStorage(t, "broadcast", func(t *testing.T, at storageAt) {
		if n > 5000 && at.storage.Data == "" {
			t.Skip("only the embedded database is measured with many members")
		}
		r := scriptRelay(t, "PIPELINING")
		env := append(at.env, r.settings()...)
		if n > 5000 {
			env = at.env
		}
		most := 3*time.Minute + time.Duration(n)*20*time.Millisecond
		quiet := broadcasting{binary: binary, most: most, env: append([]string{"COMEBACK_DATA=" + t.TempDir()}, env[len(at.env):]...)}
		idle := quiet.run(t, "", nil)
		var key string
		inStore(t, at.storage, func(db *Database) { key = fillMembers(t, db.Store, n) })
		b := broadcasting{binary: binary, env: env, key: key, most: most}
		points := []string{string(failpoint.BeforeBegin), string(failpoint.BeforeEnrolment) + ":2", string(failpoint.BeforePassed) + ":2", ""}
		done := func(run shownRun) bool { return run.State == "done" && run.Seen == n && run.Entered == n }
		for _, point := range points {
			memory := b.run(t, point, done)
			t.Logf("killed at %q: %d MB, %d MB idle", point, memory>>20, idle>>20)
			if memory-idle > 300<<20 && at.storage.Data != "" {
				t.Errorf("killed at %q: got %d MB over %d MB idle, want 300", point, (memory-idle)>>20, idle>>20)
			}
			inStore(t, at.storage, func(db *Database) { ok(t, db.EndLeases(t.Context(), "s")) })
		}
		enrolled, planned := 0, 0
		for left := 200; left > 0 && planned < n; left-- {
			b.run(t, "", done)
			inStore(t, at.storage, func(db *Database) { enrolled, planned = entriesOf(t, db.Store) })
		}
		if enrolled != n || planned != n {
			t.Errorf("got %d entries and %d messages, want %d of each", enrolled, planned, n)
		}
		for address, times := range r.accepted {
			if times != 1 {
				t.Errorf("%s got %d mails, want one", address, times)
			}
		}
	})
}

func inStore(t *testing.T, at Storage, do func(db *Database)) {
	t.Helper()
	db, err := OpenDatabase(t.Context(), at, ownProcess(), NewLogger(Logs{LogLevel: "error", LogFormat: "text"}, os.Stderr))
	ok(t, err)
	defer db.Close()
	do(db)
}

// broadcasting runs the program that sends a broadcast.
type broadcasting struct {
	binary string
	env    []string
	key    string
	most   time.Duration // of one program
}

// run runs the program until it dies at the point, or, without one, until its run is done and
// nothing is left to plan. most is the largest memory that it took.
func (b broadcasting) run(t *testing.T, point string, done func(shownRun) bool) (most int64) {
	t.Helper()
	address := freeAddress(t)
	program := exec.Command(b.binary, "serve")
	program.Env = append(append(os.Environ(), b.env...), "COMEBACK_LISTEN="+address, "COMEBACK_LOG_LEVEL=error", failpoint.Setting+"="+point)
	var log bytes.Buffer
	program.Stderr = &log
	ok(t, program.Start())
	died := make(chan error, 1)
	go func() { died <- program.Wait() }()
	defer func() { _ = program.Process.Kill() }()
	over := time.After(b.most)
	for steady := 0; steady < 20; {
		select {
		case <-died:
			if point == "" {
				t.Fatalf("the program ended: %s", log.Bytes())
			}
			return most
		case <-over:
			t.Fatalf("the program does not come to %q: %s", point, log.Bytes())
		case <-time.After(100 * time.Millisecond):
		}
		most = max(most, memoryOf(program.Process.Pid))
		if run, shown := b.latest(t, address); done == nil || shown && done(run) {
			steady++
		}
	}
	_ = program.Process.Kill()
	<-died
	return most
}

// latest is the latest run that the program shows.
func (b broadcasting) latest(t *testing.T, address string) (run shownRun, shown bool) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/v1/campaigns/news/runs", nil)
	ok(t, err)
	request.Header.Set("Authorization", "Bearer "+b.key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return run, false // it does not listen yet
	}
	defer response.Body.Close()
	var page struct{ Items []shownRun }
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil || len(page.Items) != 1 {
		return run, false
	}
	return page.Items[0], true
}

// memoryOf is the memory of a process in bytes; 0 where the system does not tell.
func memoryOf(pid int) (n int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	_, _ = fmt.Sscan(rest, &n)
	return n << 10
}
