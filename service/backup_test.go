package service

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// book is what the API shows of an order.
type book struct{ ID, Status, Payment string }

func books(t *testing.T, s *Instance, key string) []book {
	t.Helper()
	client := &Client{Announcement: Announcement{"http://" + s.Address(), key}}
	list := pages[book](t, client, "/v1/orders")
	slices.SortFunc(list, func(a, b book) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// pays posts paid orders from one number to another.
func pays(t *testing.T, s *Instance, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		at := time.Now()
		d := shuffledOrder(i, 1000+i, "processing", at, at)
		request, err := http.NewRequestWithContext(
			t.Context(), http.MethodPost, "http://"+s.Address()+"/hooks/woocommerce/"+commerce.Key("s", "woocommerce"), bytes.NewReader(d.body))
		ok(t, err)
		sign(request, d, at)
		response, err := http.DefaultClient.Do(request)
		ok(t, err)
		ok(t, response.Body.Close())
		if response.StatusCode != http.StatusOK {
			t.Errorf("order %d: got %d", i, response.StatusCode)
		}
	}
}

// A backup of a shop under traffic has every order that was accepted before it
// began. Restored, and with the later webhooks sent again, it shows the books of the
// shop that went on.
func TestBackupOfARunningShopRestoresToEqualBooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	storage := Storage{Data: filepath.Join(dir, "running")}
	key := prepareFaulty(t, storage, campaigns.Hold)
	env := []string{"COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_DATA=" + storage.Data}
	s, end := started(t, env)
	const before, all = 20, 60
	pays(t, s, 0, before)
	var traffic sync.WaitGroup
	traffic.Go(func() { pays(t, s, before, all) })
	var backup bytes.Buffer
	client := &Client{Announcement: Announcement{"http://" + s.Address(), s.AdminToken()}}
	ok(t, client.Download(t.Context(), "/v1/backup", &backup))
	traffic.Wait()
	await(t, time.Minute, func() bool { return len(books(t, s, key)) == all })
	want := books(t, s, key)
	end()

	restored := Storage{Data: filepath.Join(dir, "restored")}
	ok(t, Restore(t.Context(), restored, ownProcess(), &backup))
	s, end = started(t, []string{"COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_DATA=" + restored.Data})
	defer end()
	await(t, time.Minute, func() bool { return len(books(t, s, key)) >= before })
	for i, b := range books(t, s, key) {
		if !slices.Contains(want, b) {
			t.Errorf("order %d of the backup: got %+v, which the shop did not have", i, b)
		}
	}
	pays(t, s, 0, all)
	await(t, time.Minute, func() bool { return slices.Equal(books(t, s, key), want) })
}

// A backup is of the installation: a shop's key gets none.
func TestBackupNeedsAnInstallationKey(t *testing.T) {
	t.Parallel()
	storage := Storage{Data: t.TempDir()}
	key := prepareFaulty(t, storage, campaigns.Hold)
	s, end := started(t, []string{"COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_DATA=" + storage.Data})
	defer end()
	client := &Client{Announcement: Announcement{"http://" + s.Address(), key}}
	if err := client.Download(t.Context(), "/v1/backup", io.Discard); err == nil {
		t.Error("a shop's key got a backup")
	}
}

// Restoring changes no folder that has anything in it, and leaves nothing of a backup
// that is no good.
func TestRestoreIsAllOrNothing(t *testing.T) {
	t.Parallel()
	storage := Storage{Data: t.TempDir()}
	prepareFaulty(t, storage, campaigns.Hold)
	db, err := OpenDatabase(t.Context(), storage, ownProcess(), NewLogger(Logs{LogLevel: "error", LogFormat: "text"}, os.Stderr))
	ok(t, err)
	var whole bytes.Buffer
	ok(t, errors.Join(db.Backup(t.Context(), storage, &whole), db.Close()))
	damaged := bytes.Clone(whole.Bytes())
	for i := len(damaged) / 2; i < len(damaged)/2+20_000; i++ {
		damaged[i] = 0xa5
	}
	var foreign bytes.Buffer
	archive := tar.NewWriter(&foreign)
	ok(t, archive.WriteHeader(&tar.Header{Name: "../escape", Size: 1, Mode: 0o600}))
	_, err = archive.Write([]byte("x"))
	ok(t, errors.Join(err, archive.Close()))
	for name, backup := range map[string][]byte{
		"cut off": whole.Bytes()[:whole.Len()/2], "damaged": damaged, "of another program": foreign.Bytes(), "empty": nil, "no tar": []byte("x"),
	} {
		to := Storage{Data: filepath.Join(t.TempDir(), "data")}
		if err := Restore(t.Context(), to, ownProcess(), bytes.NewReader(backup)); err == nil {
			t.Errorf("a backup that is %s was restored", name)
		}
		if entries, err := os.ReadDir(to.Data); err != nil || len(entries) > 0 {
			t.Errorf("a backup that is %s left %v, %v", name, entries, err)
		}
	}
	if err := Restore(t.Context(), storage, ownProcess(), &whole); commerce.CodeOf(err) != commerce.Conflict {
		t.Errorf("a folder with data: got %v, want a conflict", err)
	}
}
