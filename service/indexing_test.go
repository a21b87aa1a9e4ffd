package service

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"comeback/commerce"
	"comeback/commerce/clocktest"
)

// slowBuild is a MongoDB server that takes long for the indexes of messages: until
// free. It shows how far it is, as MongoDB does.
type slowBuild struct {
	begun, free chan struct{}
	once        sync.Once
	database    string
}

func (b *slowBuild) answers(command bson.Raw) any {
	elements, err := command.Elements()
	if err != nil {
		return nil
	}
	switch first := elements[0]; first.Key() {
	case "createIndexes":
		if first.Value().StringValue() == "messages" {
			b.once.Do(func() { close(b.begun) })
			<-b.free
		}
	case "currentOp":
		op := bson.D{
			{Key: "type", Value: "op"}, {Key: "desc", Value: "IndexBuildsCoordinatorMongod-0"}, {Key: "op", Value: "none"},
			{Key: "ns", Value: b.database + ".messages"},
			{Key: "msg", Value: "Index Build: scanning collection Index Build: 41000/100000 41%"},
			{Key: "progress", Value: bson.D{{Key: "done", Value: int64(41000)}, {Key: "total", Value: int64(100000)}}},
		}
		foreign := bson.D{
			{Key: "ns", Value: "shop.messages"}, {Key: "progress", Value: bson.D{{Key: "done", Value: 1}, {Key: "total", Value: 2}}},
		}
		return bson.D{{Key: "inprog", Value: bson.A{op, foreign}}, {Key: "ok", Value: 1.0}}
	}
	return nil
}

// readyz is the answer of GET /readyz.
type readyz struct{ Status, Indexing string }

func askReady(t *testing.T, s *Instance) (r readyz) {
	t.Helper()
	response, err := http.Get("http://" + s.Address() + "/readyz")
	ok(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ok(t, err)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("/readyz: got %d %s, want 200: webhooks are accepted", response.StatusCode, body)
	}
	ok(t, json.Unmarshal(body, &r))
	return r
}

// serverIndexes are the names of the indexes of a collection on the server.
func serverIndexes(t *testing.T, coll *mongo.Collection) (names []string) {
	t.Helper()
	specs, err := coll.Indexes().ListSpecifications(t.Context())
	ok(t, err)
	for _, s := range specs {
		names = append(names, s.Name)
	}
	return names
}

// acceptsWebhooks sends two webhooks of a new shop.
func acceptsWebhooks(t *testing.T, s *Instance) {
	t.Helper()
	ok(t, s.db.AddShop(t.Context(), commerce.Shop{ID: "s", Currency: "EUR", Zone: "UTC", CreatedAt: clocktest.Now(t)}))
	_, err := s.db.AddConnection(t.Context(), "s", commerce.Connection{Slug: "woocommerce", Platform: "woocommerce"}, []byte(hookSecret))
	ok(t, err)
	hook := &harness{url: "http://" + s.Address(), clock: &heldClock{at: time.Now()}}
	for _, id := range []int{1, 2} {
		order := delivery{platform: "woocommerce", topic: "order.created", body: fmt.Appendf(nil, `{"id": %d}`, id)}
		status, err := hook.send(t.Context(), order)
		if ok(t, err); status != http.StatusOK {
			t.Errorf("a webhook during the build: got %d, want 200", status)
		}
	}
}

// While MongoDB builds an index for long, the service accepts webhooks, and /readyz of
// every process names the index and shows how far it is. Work waits, so that it does
// not read all documents again and again. Then the indexes of the older version go, and
// the webhook is read.
func TestIndexesAreBuiltWhileWebhooksAreAccepted(t *testing.T) {
	t.Parallel()
	proxy, env := behindProxy(t, 11)
	uri, _ := strings.CutPrefix(env[0], "COMEBACK_MONGO_URI=")
	slow := &slowBuild{begun: make(chan struct{}), free: make(chan struct{}), database: uri[strings.LastIndex(uri, "/")+1:]}
	slow.database, _, _ = strings.Cut(slow.database, "?")
	proxy.answers = slow.answers
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	ok(t, err)
	defer func() { _ = client.Disconnect(t.Context()) }()
	messages := client.Database(slow.database).Collection("messages")
	orders := client.Database(slow.database).Collection("orders")
	old := bson.D{{Key: "shop", Value: 1}, {Key: "pending", Value: 1}, {Key: "_id", Value: 1}}
	_, err = orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: old, Options: options.Index().SetName("by_pending")})
	ok(t, err)

	s, end := started(t, env)
	defer end()
	<-slow.begun
	other, endOther := started(t, append(env, "COMEBACK_ROLE=api"))
	defer endOther()
	for name, process := range map[string]*Instance{"the building process": s, "another": other} {
		await(t, time.Minute, func() bool {
			r := askReady(t, process)
			return r.Status == "indexing" && strings.Contains(r.Indexing, "messages: ") && strings.Contains(r.Indexing, "by_due") &&
				strings.HasSuffix(r.Indexing, " (messages 41 %)")
		})
		t.Log(name, askReady(t, process))
	}
	acceptsWebhooks(t, s)
	counts, _ := proxy.reset()
	for command := range counts {
		if strings.HasSuffix(command, ` "orders"`) && !strings.Contains(command, "Indexes") {
			t.Errorf("a worker looks for work before the indexes are there: %s", command)
		}
	}
	if slices.Contains(serverIndexes(t, messages), "by_due") {
		t.Error("the index is there: the test proves nothing")
	}
	close(slow.free)
	for _, process := range []*Instance{s, other} {
		await(t, time.Minute, func() bool { return askReady(t, process) == readyz{Status: "ok"} })
	}
	if names := serverIndexes(t, orders); slices.Contains(names, "by_pending") || !slices.Contains(names, "by_unfinished") {
		t.Errorf("got the indexes %v of orders, want by_unfinished in place of by_pending", names)
	}
	await(t, time.Minute, func() bool {
		unread, err := s.db.Deliveries(t.Context(), "s", commerce.Unread, nil, 1)
		return err == nil && len(unread) == 0
	})
}

// A server refuses a search that names an index which is not there. The sweeps find
// unfinished work all the same.
func TestUnfinishedWorkIsFoundWithoutItsIndex(t *testing.T) {
	t.Parallel()
	proxy, env := behindProxy(t, 11)
	refused := 0
	proxy.answers = func(command bson.Raw) any {
		if _, err := command.LookupErr("hint"); err != nil || command.Index(0).Key() != "aggregate" {
			return nil
		}
		refused++
		return bson.D{
			{Key: "ok", Value: 0.0}, {Key: "code", Value: 2}, {Key: "codeName", Value: "BadValue"},
			{Key: "errmsg", Value: "planner returned error :: caused by :: hint provided does not correspond to an existing index"},
		}
	}
	config, err := LoadConfig(env)
	ok(t, err)
	db, err := OpenDatabase(t.Context(), config.Storage, ownProcess(), slog.New(slog.DiscardHandler))
	ok(t, err)
	defer func() { ok(t, db.Close()) }()
	_, err = db.docs.Insert(t.Context(), "deliveries", commerce.Delivery{ID: "s:c:1", Shop: "s", State: commerce.Unread})
	ok(t, err)
	u, err := db.Unfinished(t.Context())
	if ok(t, err); refused == 0 || !slices.Equal(u.Work, []string{"s"}) {
		t.Errorf("got %+v after %d refusals, want the shop with the delivery", u, refused)
	}
}
