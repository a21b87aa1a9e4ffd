package service

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/api"
	"comeback/jobs"
	"comeback/segments/indexcache"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/embedded"
	"comeback/store/storetest"
)

// oldFolder is a data folder as commit 0713fc3 left it, see testdata/stores.
func oldFolder(t *testing.T) (folder string) {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", "stores", "0713fc3.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "comeback.db"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// oldKeys are the keys of that store.
func oldKeys() keyring {
	master := sha256.Sum256([]byte("comeback demo 1"))
	return keyring{master[:]}
}

// eachOldStore runs a test on the old store in every database.
func eachOldStore(t *testing.T, run func(t *testing.T, docs documents.Database)) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		run(t, openOld(t))
	})
	t.Run("mongodb", func(t *testing.T) {
		t.Parallel()
		docs := storetest.MongoDB(t, store.Collections())
		copyAll(t, openOld(t), docs)
		run(t, docs)
	})
}

func openOld(t *testing.T) documents.Database {
	t.Helper()
	docs, err := embedded.Open(t.Context(), oldFolder(t), store.Collections())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docs.Close() })
	return docs
}

func copyAll(t *testing.T, from, to documents.Database) {
	t.Helper()
	for coll, docs := range everything(t, from) {
		batch := make([]any, len(docs))
		for i, raw := range docs {
			batch[i] = raw
		}
		if _, err := to.InsertMany(t.Context(), coll, batch); err != nil {
			t.Fatal(err)
		}
	}
}

// everything is all stored data of a database.
func everything(t *testing.T, docs documents.Database) map[string][]bson.Raw {
	t.Helper()
	all := map[string][]bson.Raw{}
	shops, err := documents.FindAll[bson.Raw](t.Context(), docs, "shops", documents.Query{Global: true, Sort: []string{"created_at"}})
	if err != nil {
		t.Fatal(err)
	}
	owners := []string{"-"}
	for _, shop := range shops {
		owners = append(owners, shop.Lookup("_id").StringValue())
	}
	for _, coll := range store.Collections() {
		for _, owner := range owners {
			list, err := documents.FindAll[bson.Raw](t.Context(), docs, coll.Name, documents.Query{Filter: bson.D{{Key: "shop", Value: owner}}})
			if err != nil {
				t.Fatal(err)
			}
			all[coll.Name] = append(all[coll.Name], list...)
		}
	}
	return all
}

// oldService is the API over the upgraded old store, at a moment after all its
// records.
type oldService struct {
	*store.Store
	*Client
	at func() time.Time
}

func serveOld(t *testing.T, docs documents.Database) oldService {
	t.Helper()
	at := time.Unix(0, 0)
	for _, raw := range everything(t, docs)["customers"] {
		if changed := raw.Lookup("changed_at").Time(); changed.After(at) {
			at = changed
		}
	}
	held := func() time.Time { return at.Add(time.Hour) }
	log, keys := slog.New(slog.DiscardHandler), oldKeys()
	s := store.New(docs, store.Keys{Identity: keys.key(forIdentity), Secrets: keys.key(forSecrets)}, held, held, log)
	for _, check := range []error{s.CheckFingerprint(t.Context(), keys.fingerprint()), s.CheckSchema(t.Context(), "test")} {
		if check != nil {
			t.Fatal(check)
		}
	}
	u, err := jobs.NewUpgrader(t.Context(), s, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	if u.Doing() == "" {
		t.Error("nothing is brought up: the store is not old")
	}
	if err := u.Run(t.Context()); err != nil || u.Doing() != "" {
		t.Fatal(err, u.Doing())
	}
	edge, err := api.New(api.Config{
		Store: s, Marker: unmarked{}, Log: log, Now: held, Wall: held, Metrics: prometheus.NewRegistry(), BaseURL: "http://comeback.test",
		Indexes: indexcache.New(s, 1<<30, held), AdminToken: "admin", Upgrading: u.Doing,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(edge.Handler())
	t.Cleanup(server.Close)
	caller := NewClient(Announcement{URL: server.URL, Token: "admin"}, nil)
	var key struct{ Key string }
	if err := caller.Call(
		t.Context(), http.MethodPost, "/v1/keys", nil, map[string]string{"shop": "harbour-tea", "name": "test"}, &key,
	); err != nil {
		t.Fatal(err)
	}
	caller.Token = key.Key
	return oldService{s, caller, held}
}

// get reads one answer of the API.
func (o oldService) get(t *testing.T, path string) (answer map[string]any) {
	t.Helper()
	if err := o.Call(t.Context(), http.MethodGet, path, nil, nil, &answer); err != nil {
		t.Fatal(path, err)
	}
	return answer
}

// list reads all pages of a list.
func (o oldService) list(t *testing.T, path string) (items []map[string]any) {
	t.Helper()
	for path != "" {
		var page struct {
			Items []map[string]any
			Next  string
		}
		if err := o.Call(t.Context(), http.MethodGet, path, nil, nil, &page); err != nil {
			t.Fatal(path, err)
		}
		items, path = append(items, page.Items...), page.Next
	}
	return items
}

// A store written by an older version is upgraded and gives the same answers as
// before.
func TestStoreOfAnOlderVersionIsUpgraded(t *testing.T) {
	t.Parallel()
	eachOldStore(t, func(t *testing.T, docs documents.Database) {
		s := serveOld(t, docs)
		for path, want := range map[string]int{
			"/v1/orders": 268, "/v1/customers": 111, "/v1/messages": 25, "/v1/suppressions": 1, "/v1/segments": 2,
			"/v1/campaigns": 3, "/v1/connections": 3, "/v1/segments/friends/listings": 1,
		} {
			if got := len(s.list(t, path)); got != want {
				t.Errorf("%s: got %d, want %d", path, got, want)
			}
		}
		order := s.get(t, "/v1/orders/harbour-tea:app:A100074")
		if total, _ := json.Marshal(order["total"]); string(total) != `{"amount":"89.80","currency":"EUR"}` || order["payment_status"] != "paid" {
			t.Errorf("got %s %v, want a paid order of 89.80 EUR", total, order["payment_status"])
		}
		if behind, err := s.Behind(t.Context()); behind || err != nil {
			t.Errorf("got behind %v, %v, want it brought up", behind, err)
		}
	})
}

// The service upgrades an older store by itself.
func TestServiceUpgradesAnOlderStore(t *testing.T) {
	t.Parallel()
	key := oldKeys()
	env := []string{"COMEBACK_DATA=" + oldFolder(t), "COMEBACK_SECRET_KEY=" + hex.EncodeToString(key.master), "COMEBACK_LISTEN=127.0.0.1:0"}
	s, end := started(t, env)
	if !s.upgrade.Wait(t.Context()) {
		t.Fatal("not brought up")
	}
	response, err := http.Get("http://" + s.address + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(body), `"status":"ok"`) {
		t.Errorf("got %s, %v, want it ready", body, err)
	}
	_ = response.Body.Close()
	end()
}

// Privacy requests that an older version received and could not read are
// carried out by this version.
func TestPrivacyRequestsOfOlderVersionsAreCarriedOut(t *testing.T) {
	t.Parallel()
	eachOldStore(t, func(t *testing.T, docs documents.Database) {
		persons := []string{"ann5000005@example.com", "Lee5000005", "High St", "bert6000006@example.com", "Lee6000006"}
		h := &harness{docs: docs}
		if len(left(t, h, persons)) == 0 {
			t.Fatal("the person is not in the store: the test proves nothing")
		}
		s := serveOld(t, docs)
		work := jobs.NewPrivacy(s, slog.New(slog.DiscardHandler))
		read := jobs.NewIngest(s, s.at, slog.New(slog.DiscardHandler))
		if n, err := read.Work(t.Context(), "harbour-tea"); n != 1 || err != nil {
			t.Fatalf("got %d, %v, want the deletion read again", n, err)
		}
		if n, err := work.Work(t.Context(), "harbour-tea"); n != 3 || err != nil {
			t.Fatalf("got %d, %v, want the three requests carried out", n, err)
		}
		if found := left(t, h, persons); len(found) > 0 {
			t.Errorf("left: %s", strings.Join(found, "\n"))
		}
		if total, _ := json.Marshal(s.get(
			t, "/v1/orders/harbour-tea:pages:5000005",
		)["total"]); string(total) != `{"amount":"100.00","currency":"EUR"}` {
			t.Errorf("got %s, want the order's money as it was", total)
		}
		for _, item := range s.list(t, "/v1/privacy-requests") {
			if item["state"] != "done" {
				t.Errorf("got %v, want it done", item)
			}
			if item["kind"] != "export" {
				continue
			}
			data := s.get(t, "/v1/privacy-requests/"+item["id"].(string)+"/export")["data"].(map[string]any)
			if held, _ := json.Marshal(data["customers"]); !strings.Contains(string(held), "zoe.rossi.49@example.com") || data["orders"] == nil {
				t.Errorf("got %s, want what is held of the person", held)
			}
		}
	})
}
