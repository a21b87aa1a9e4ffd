//go:build fault

package service

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/failpoint"
)

// A worker that is killed between the touches it stored and their group counts each once:
// the next one stores none again.
func TestAClickWhoseWorkerIsKilledCountsOnce(t *testing.T) {
	t.Parallel()
	binary := buildFaulty(t)
	eachStorage(t, string(failpoint.BeforeUnpacked), func(t *testing.T, at storageAt) {
		token := prepareClick(t, at.storage)
		dieAfterClick(t, binary, at, token)
		db := openFaulty(t, at.storage)
		touches, err := db.TouchesOf(t.Context(), "s", trackedMessage(0))
		ok(t, err)
		busy, err := db.Busy(t.Context(), "s")
		ok(t, err)
		if len(touches) != 1 || busy != "1 touch_groups" {
			t.Fatalf("after the kill: got %d touches, busy with %q, want one, and its group", len(touches), busy)
		}
		unpack(t, db.Store)
		folded, err := db.Fold(t.Context(), "s", []string{trackedMessage(0)})
		ok(t, err)
		if m := folded[0]; m.MachineClicks != 1 || m.Budget.Clicks != 1 || !m.Touched {
			t.Errorf("got %d clicks of a program, a budget of %+v, want one", m.MachineClicks, m.Budget)
		}
	})
}

func openFaulty(t *testing.T, at Storage) *Database {
	t.Helper()
	db, err := OpenDatabase(t.Context(), at, ownProcess(), slog.New(slog.DiscardHandler))
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// prepareClick stores a mail of a day ago, and returns the token of its first link.
func prepareClick(t *testing.T, at Storage) (token string) {
	t.Helper()
	db := openFaulty(t, at)
	ok(t, db.AddShop(t.Context(), commerce.Shop{
		ID: "s", Name: "Tea", Market: commerce.West, Zone: "UTC", Currency: "EUR", CreatedAt: time.Now(), URL: "https://tea.example",
	}))
	planSent(t, db.Store, 1, time.Now().AddDate(0, 0, -1), commerce.AddressHash{})
	tokens, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: db.keys.key(forTokens)})
	ok(t, err)
	ok(t, db.Close())
	return tokens.Click(trackedMessage(0), 1)
}

// dieAfterClick runs the program, follows a link, and waits until the program dies.
func dieAfterClick(t *testing.T, binary string, at storageAt, token string) {
	t.Helper()
	address := freeAddress(t)
	program := exec.Command(binary, "serve")
	program.Env = append(append(os.Environ(), at.env...), "COMEBACK_LISTEN="+address, "COMEBACK_LOG_LEVEL=error",
		failpoint.Setting+"="+string(failpoint.BeforeUnpacked))
	var log bytes.Buffer
	program.Stderr = &log
	ok(t, program.Start())
	died := make(chan error, 1)
	go func() { died <- program.Wait() }()
	over := time.After(2 * time.Minute)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for status := 0; ; {
		if response, err := client.Get("http://" + address + "/c/" + token); status != http.StatusFound && err == nil {
			status = response.StatusCode
			_ = response.Body.Close()
		}
		select {
		case <-died:
			return
		case <-over:
			_ = program.Process.Kill()
			t.Fatalf("the program does not come to %s: %s", failpoint.BeforeUnpacked, log.Bytes())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
