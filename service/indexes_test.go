package service

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/store/documents"
)

// haltedDocs is a database in which reading many customers halts at the first.
type haltedDocs struct {
	documents.Database
	begun, free chan struct{}
	once        sync.Once
}

func (d *haltedDocs) Find(ctx context.Context, coll string, q documents.Query, each func(bson.Raw) error) error {
	if coll != "customers" || len(q.Fields) == 0 {
		return d.Database.Find(ctx, coll, q, each)
	}
	return d.Database.Find(ctx, coll, q, func(raw bson.Raw) error {
		d.once.Do(func() { close(d.begun) })
		<-d.free
		return each(raw)
	})
}

// A count whose time ends while the customers are still being read into memory says so:
// what is read, how far it is, and when to ask again. Reading goes on meanwhile.
func TestCountDuringTheFirstReadingSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	eachDocuments(t, func(t *testing.T, docs documents.Database) {
		halted := &haltedDocs{Database: docs, begun: make(chan struct{}), free: make(chan struct{})}
		h := newHarness(t, halted, clocktest.Now(t))
		key := h.shopKey(t)
		for i := range 3 {
			_, err := h.SaveRecord(t.Context(), "s", commerce.CustomerRecord{
				Connection: "generic", External: fmt.Sprint(i), Email: fmt.Sprintf("c%d@example.com", i), Verified: true, Version: h.at(),
			})
			ok(t, err)
		}
		const all = `{"field": "customer.email", "op": "set"}`
		ctx, end := context.WithCancel(t.Context())
		go func() {
			<-halted.begun
			end() // as the time limit of a request does
		}()
		request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/segments/count", strings.NewReader(all))
		request.Header.Set("Authorization", "Bearer "+key)
		answer := httptest.NewRecorder()
		h.edge.ServeHTTP(answer, request)
		seconds, err := strconv.Atoi(answer.Header().Get("Retry-After"))
		far := regexp.MustCompile(`are being read into memory, which is done once after a start: [0-3] of about \d+ so far; ask again in \d+ s`)
		if answer.Code != http.StatusServiceUnavailable || err != nil || seconds < 1 || seconds > 60 || !far.MatchString(answer.Body.String()) {
			t.Errorf("got %d, Retry-After %d, %s", answer.Code, seconds, answer.Body)
		}
		close(halted.free)
		await(t, time.Minute, func() bool {
			again := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/segments/count", strings.NewReader(all))
			again.Header.Set("Authorization", "Bearer "+key)
			answer := httptest.NewRecorder()
			h.edge.ServeHTTP(answer, again)
			return answer.Code == http.StatusOK && strings.Contains(answer.Body.String(), `"base":3`)
		})
	})
}

// After a start the shops in use are read into memory before anybody asks.
func TestShopsInUseAreReadIntoMemoryAtTheStart(t *testing.T) {
	t.Parallel()
	env := []string{"COMEBACK_DATA=" + t.TempDir(), "COMEBACK_LISTEN=127.0.0.1:0"}
	s, end := started(t, env)
	for shop, campaigns := range map[string]int64{"used": 1, "idle": 0} {
		ok(t, s.db.AddShop(t.Context(), commerce.Shop{ID: shop, Currency: "EUR", Zone: "UTC", CampaignsRev: campaigns, CreatedAt: time.Now()}))
		_, err := s.db.SaveRecord(t.Context(), shop, commerce.CustomerRecord{
			Connection: "generic", External: "1", Email: "c@example.com", Verified: true, Version: time.Now(),
		})
		ok(t, err)
	}
	end()
	s, end = started(t, env)
	defer end()
	await(t, time.Minute, func() bool { return s.indexes.Memory() > 0 })
	if held := s.indexes.Current("idle"); held != nil {
		held.Close()
		t.Error("a shop without segments and campaigns was read too")
	}
}
