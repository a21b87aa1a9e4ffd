//go:build fault

package service

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"comeback/campaigns"
	"comeback/campaigns/channels/email"
	"comeback/commerce"
	"comeback/failpoint"
)

// killedAt is what is stored and what the relay has, when the program was killed at a
// point, and when the next one has finished.
type killedAt struct {
	point      failpoint.Point
	deliveries commerce.DeliveryState // of the order
	orders     int
	entered    int
	message    campaigns.MessageState // "" for none
	relay      int                    // mails that the relay took
	hold       end
	resend     end
}

// end is the last state of the message, and the mails that the relay took. Two mails have
// one Message-ID.
type end struct {
	state campaigns.MessageState
	relay int
}

// pointCases are all points. An enrolment is stored twice: when the order enters, and when
// its step is due. In doubt are those between the mark and the result.
func pointCases() []killedAt {
	once := end{campaigns.Sent, 1}
	const unread, read = commerce.Unread, commerce.Read
	return []killedAt{
		{failpoint.BeforeAnswer, unread, 0, 0, "", 0, once, once},
		{failpoint.BeforeEvents, commerce.Reading, 1, 0, "", 0, once, once},
		{failpoint.BeforeProfiles, read, 1, 0, "", 0, once, once},
		{failpoint.BeforeClean, read, 1, 0, "", 0, once, once},
		{failpoint.BeforeHandled, read, 1, 1, "", 0, once, once},
		{failpoint.BeforeEnrolment, read, 1, 0, "", 0, once, once},
		{failpoint.BeforeEnrolment + ":2", read, 1, 1, campaigns.Planned, 0, once, once},
		{failpoint.BeforeClaim, read, 1, 1, campaigns.Planned, 0, once, once},
		{failpoint.AfterClaim, read, 1, 1, campaigns.Claimed, 0, once, once},
		{failpoint.AfterFacts, read, 1, 1, campaigns.Claimed, 0, once, once},
		{failpoint.BeforeHandingOver, read, 1, 1, campaigns.Claimed, 0, once, once},
		{failpoint.AfterHandingOver, read, 1, 1, campaigns.HandingOver, 0, end{campaigns.Uncertain, 0}, once},
		{failpoint.BeforeData, read, 1, 1, campaigns.HandingOver, 0, end{campaigns.Uncertain, 0}, once},
		{failpoint.AfterDot, read, 1, 1, campaigns.HandingOver, 1, end{campaigns.Uncertain, 1}, end{campaigns.Sent, 2}},
		{failpoint.AfterReply, read, 1, 1, campaigns.HandingOver, 1, end{campaigns.Uncertain, 1}, end{campaigns.Sent, 2}},
		{failpoint.BeforeResult, read, 1, 1, campaigns.HandingOver, 1, end{campaigns.Uncertain, 1}, end{campaigns.Sent, 2}},
		{failpoint.AfterResult, read, 1, 1, campaigns.Sent, 1, once, once},
	}
}

// A program that is killed at any step between an order and its mail leaves exactly what
// that step says. The next one finishes it: no order and no mail is lost, and none is sent
// twice but where the outcome was unknown and the campaign says so.
func TestKilledAtAnyStepTheNextProcessFinishes(t *testing.T) {
	t.Parallel()
	binary := buildFaulty(t)
	for _, c := range pointCases() {
		for policy, want := range map[campaigns.OnUncertain]end{campaigns.Hold: c.hold, campaigns.Resend: c.resend} {
			eachStorage(t, fmt.Sprintf("%s/%s", c.point, policy), func(t *testing.T, at storageAt) {
				r := scriptRelay(t)
				prepareFaulty(t, at.storage, policy)
				dieAt(t, binary, at, r, c.point)
				w := revived(t, at.storage, r)
				w.expects(t, "after the kill", c.deliveries, c.orders, c.entered, end{c.message, c.relay})
				w.finishes(t)
				w.expects(t, "in the end", commerce.Read, 1, 1, want)
				if n := len(r.took()); n > 1 {
					t.Errorf("got %d Message-IDs, want one for all copies", n)
				}
			})
		}
	}
}

// buildFaulty builds the program that dies at a point.
func buildFaulty(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "comeback")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "fault", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// storageAt is where a program has its data, and the settings that say so.
type storageAt struct {
	storage Storage
	env     []string
}

// eachStorage runs a test on a new embedded database, and on a new one of MongoDB where a
// server is named.
func eachStorage(t *testing.T, name string, run func(t *testing.T, at storageAt)) {
	t.Run(name+"/embedded", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		run(t, storageAt{Storage{Data: data}, []string{"COMEBACK_DATA=" + data}})
	})
	t.Run(name+"/mongodb", func(t *testing.T) {
		t.Parallel()
		uri, secret := mongoDatabase(t).String(), strings.Repeat("ab", 32)
		queue, err := miniredis.Run()
		ok(t, err)
		t.Cleanup(queue.Close)
		run(t, storageAt{Storage{MongoURI: uri, SecretKey: secret}, []string{
			"COMEBACK_MONGO_URI=" + uri, "COMEBACK_SECRET_KEY=" + secret, "COMEBACK_REDIS_ADDR=" + queue.Addr(),
			"COMEBACK_PUBLIC_URL=http://127.0.0.1",
		}})
	})
}

// dieAt runs the program, sends it an unpaid order, and waits until it dies at the point.
func dieAt(t *testing.T, binary string, at storageAt, r *scriptedRelay, point failpoint.Point) {
	t.Helper()
	address := freeAddress(t)
	program := exec.Command(binary, "serve")
	program.Env = append(append(append(os.Environ(), at.env...), r.settings()...),
		"COMEBACK_LISTEN="+address, "COMEBACK_LOG_LEVEL=error", "COMEBACK_SMTP_CONNECTIONS=1", failpoint.Setting+"="+string(point))
	var log bytes.Buffer
	program.Stderr = &log
	ok(t, program.Start())
	t.Cleanup(func() { _ = program.Process.Kill() })
	died := make(chan error, 1)
	go func() { died <- program.Wait() }()
	now := time.Now()
	order := unpaidOrder(1, now)
	over := time.After(2 * time.Minute)
	for status := 0; ; {
		if status != http.StatusOK {
			status, _ = postHook(t, address, order, now)
		}
		select {
		case <-died:
			return
		case <-over:
			t.Fatalf("the program does not come to %s: %s", point, log.Bytes())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// revivedWorld is the worker of the next process, on a clock that the test steps.
type revivedWorld struct{ *sendingWorld }

func revived(t *testing.T, at Storage, r *scriptedRelay) revivedWorld {
	t.Helper()
	clock := &heldClock{at: time.Now()}
	db, err := OpenDatabase(t.Context(), at, Process{Now: clock.now, Wall: clock.now, Deadline: machineDeadline, Log: os.Stderr},
		slog.New(slog.NewTextHandler(io.Discard, nil)))
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	w := &sendingWorld{harness: &harness{Store: db.Store, docs: db.docs, clock: clock}, relay: r, log: &lines{}, shops: []string{"s"}}
	w.join(t, func(s *email.Settings) { s.Connections = 1 })
	return revivedWorld{w}
}

// finishes lets the worker and its sweeps go on until nothing waits.
func (w revivedWorld) finishes(t *testing.T) {
	t.Helper()
	for range 15 { // minutes
		w.work(t, time.Minute)
		ok(t, w.workers[0].sweep.Round(t.Context()))
	}
}

func (w revivedWorld) expects(t *testing.T, when string, deliveries commerce.DeliveryState, orders, entered int, message end) {
	t.Helper()
	ctx := t.Context()
	stored, err := w.Deliveries(ctx, "s", "", nil, 10)
	ok(t, err)
	if len(stored) != 1 || stored[0].State != deliveries {
		t.Errorf("%s: got deliveries %+v, want one that is %s", when, stored, deliveries)
	}
	got, _, err := w.ListOrders(ctx, "s", commerce.OrderFilter{}, "", 10)
	ok(t, err)
	entries, err := w.Enrolments(ctx, "s", "killed", nil, 10)
	ok(t, err)
	if len(got) != orders || len(entries) != entered {
		t.Errorf("%s: got %d orders and %d enrolments, want %d and %d", when, len(got), len(entries), orders, entered)
	}
	messages, err := w.Messages(ctx, "s", "", "", "", nil, 10)
	ok(t, err)
	state := campaigns.MessageState("")
	if len(messages) == 1 {
		state = messages[0].State
	}
	if len(messages) > 1 || state != message.state || w.relay.caught() != message.relay {
		t.Errorf("%s: got %d messages, %q, %d at the relay; want %q, %d", when, len(messages), state, w.relay.caught(), message.state,
			message.relay)
	}
}
