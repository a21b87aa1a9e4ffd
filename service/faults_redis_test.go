package service

import (
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// ownRedis is a Redis of one test, which may do to it what it likes.
type ownRedis struct {
	address string
	client  *redis.Client
	server  *exec.Cmd
	failing atomic.Bool

	mu sync.Mutex // one fault at a time
}

// newOwnRedis starts a Redis. Without the program the test is skipped, but not in the gate.
func newOwnRedis(t *testing.T) *ownRedis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("COMEBACK_TEST_SERVICES") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	r := &ownRedis{address: freeAddress(t)}
	_, port, _ := net.SplitHostPort(r.address)
	r.server = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir(),
		"--maxmemory-policy", "noeviction")
	ok(t, r.server.Start())
	r.client = redis.NewClient(&redis.Options{Addr: r.address, ReadTimeout: time.Minute})
	t.Cleanup(func() {
		_ = r.client.Close()
		_ = r.server.Process.Kill()
		_ = r.server.Wait()
	})
	await(t, time.Minute, func() bool { return r.client.Ping(t.Context()).Err() == nil })
	return r
}

// fails makes Redis fail for a while.
func (r *ownRedis) fails(t *testing.T, begin func() error, d time.Duration, end func() error) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	ok(t, begin())
	r.failing.Store(true)
	<-time.After(d)
	r.failing.Store(false)
	ok(t, end())
}

// away lets Redis answer nothing for a while.
func (r *ownRedis) away(t *testing.T, d time.Duration) {
	t.Helper()
	r.fails(t, func() error { return r.server.Process.Signal(syscall.SIGSTOP) }, d,
		func() error { return r.server.Process.Signal(syscall.SIGCONT) })
}

// full lets Redis refuse to store anything for a while.
func (r *ownRedis) full(t *testing.T, d time.Duration) {
	t.Helper()
	most := func(bytes string) func() error {
		return func() error { return r.client.ConfigSet(t.Context(), "maxmemory", bytes).Err() }
	}
	r.fails(t, most("1"), d, most("0"))
}

// forgets empties Redis.
func (r *ownRedis) forgets(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	ok(t, r.client.FlushAll(t.Context()).Err())
}

// losesLeases deletes the leases of running tasks: Redis never gives such a task to another
// worker.
func (r *ownRedis) losesLeases(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	leases, err := r.client.Keys(t.Context(), "asynq:*:lease").Result()
	if ok(t, err); len(leases) > 0 {
		ok(t, r.client.Del(t.Context(), leases...).Err())
	}
}
