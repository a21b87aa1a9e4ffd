package jobs_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"comeback/jobs"
)

// redisServer starts a Redis with some settings on a free port until the test ends.
func redisServer(t *testing.T, settings ...string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = l.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "redis.conf")
	text := "bind 127.0.0.1\nsave \"\"\ndir " + dir + "\nport " + port + "\n" + strings.Join(settings, "\n") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	arguments := []string{file}
	if strings.Contains(text, "sentinel ") {
		arguments = append(arguments, "--sentinel")
	}
	server := exec.Command("redis-server", arguments...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	return address
}

// needRedisServer skips a test where no redis-server is installed, except in the gate.
func needRedisServer(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err == nil {
		return
	}
	if os.Getenv("COMEBACK_TEST_SERVICES") == "required" {
		t.Fatal("redis-server is not installed, and COMEBACK_TEST_SERVICES=required")
	}
	t.Skip("redis-server is not installed")
}

// within waits until a call succeeds.
func within(t *testing.T, what string, call func(context.Context) error) {
	t.Helper()
	var err error
	for over := time.Now().Add(30 * time.Second); time.Now().Before(over); {
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		err = call(ctx)
		stop()
		if err == nil {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Fatalf("%s: %v", what, err)
}

// notifies checks that a notification by that address starts work.
func notifies(t *testing.T, address string) {
	t.Helper()
	r := openRedis(t, address)
	within(t, address, r.Ping)
	c := newClock()
	b := newDueWork(c.now)
	served := make(chan string, 10)
	serve(t, r, b, c, 1, func(_ context.Context, shop string) (int, error) {
		n := b.take(shop)
		if n > 0 {
			served <- shop
		}
		return n, nil
	})
	b.add("s", 1)
	within(t, "notify", func(ctx context.Context) error { return jobs.NewQueue(r, c.now).Enqueue(ctx, "s", 1) })
	await(t, "the work", served)
}

// Sentinels name the server that notifications go through.
func TestSentinelsNameTheRedis(t *testing.T) {
	needRedisServer(t)
	t.Parallel()
	server := redisServer(t, "requirepass secret")
	_, port, _ := net.SplitHostPort(server)
	sentinel := redisServer(t, "sentinel monitor shop 127.0.0.1 "+port+" 1", "sentinel auth-pass shop secret")
	notifies(t, "redis-sentinel://:secret@"+sentinel+"?master=shop")
}

// Notifications go through a cluster of Redis servers.
func TestClusterOfRedisServers(t *testing.T) {
	needRedisServer(t)
	t.Parallel()
	nodes := make([]string, 3)
	for i := range nodes {
		nodes[i] = redisServer(t, "cluster-enabled yes", fmt.Sprintf("cluster-port %d", freePort(t)))
		node := redis.NewClient(&redis.Options{Addr: nodes[i]})
		within(t, nodes[i], func(ctx context.Context) error { return node.Ping(ctx).Err() })
		_ = node.Close()
	}
	arguments := append([]string{"--cluster", "create"}, nodes...)
	arguments = append(arguments, "--cluster-replicas", "0", "--cluster-yes")
	if out, err := exec.CommandContext(t.Context(), "redis-cli", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("make the cluster: %v: %s", err, out)
	}
	notifies(t, "redis-cluster://"+strings.Join(nodes, ","))
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// A wrong address is refused with the remedy, and without its password.
func TestAddressOfRedisIsChecked(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"redis":                                  "host:port",
		"http://u:secret@r:6379":                 "a URI of redis",
		"redis://u:secret@r:6379/x":              "redis://host:port/database",
		"redis://u:se%cret@r:6379":               "redis://host:port/database",
		"redis-sentinel://:secret@a:1,b:2":       "?master=NAME",
		"redis-sentinel://:secret@a:1/x?master=": "number of the database",
		"redis-sentinel://a,b?master=m":          "host:port",
		"redis-cluster://u:secret@a:1,b:2/3":     "no databases",
		"redis-cluster://:secret@a:1?master=m":   "master: no setting of redis-cluster",
		"redis-cluster://:secret@a:1?tls=maybe":  "?tls=true",
		"redis-cluster://:se%cret@a:1":           "%-escapes",
	} {
		if _, err := jobs.ParseRedis(address); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "cret") {
			t.Errorf("%s: got %v, want %q and no password", address, err, want)
		}
	}
	for _, address := range []string{
		"r:6379", "redis://r:6379/3", "redis://r", "rediss://u:p@r:6380", "unix:///run/redis.sock",
		"redis-sentinel://a:1,b:2/4?master=m&tls=true", "redis-cluster://u:p%40@a:1,[::1]:2",
	} {
		if _, err := jobs.ParseRedis(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
