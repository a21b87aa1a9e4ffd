package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/redis/go-redis/v9"

	"comeback/commerce"
)

// Redis is the connection that all notifications go through. The database, not
// Redis, states what is due.
type Redis struct {
	client redis.UniversalClient
}

// OpenRedis connects to an address that ParseRedis reads. Nothing is sent until
// first use.
func OpenRedis(address string) (*Redis, error) {
	a, err := ParseRedis(address)
	if err != nil {
		return nil, err
	}
	return &Redis{client: a.connect()}, nil
}

// Ping checks that Redis answers; Unavailable when it does not.
func (r *Redis) Ping(ctx context.Context) error {
	if err := r.client.Ping(ctx).Err(); err != nil {
		return commerce.Errorf(commerce.Unavailable, "redis: %w", err)
	}
	return nil
}

// Check logs a warning for each Redis setting that can lose notifications:
// eviction of keys, no append-only file. Lost notifications delay work and lose
// none.
func (r *Redis) Check(ctx context.Context, log *slog.Logger) {
	for _, want := range [][2]string{{"maxmemory-policy", "noeviction"}, {"appendonly", "yes"}} {
		got, err := r.client.ConfigGet(ctx, want[0]).Result()
		if err == nil && !strings.EqualFold(got[want[0]], want[1]) {
			log.Warn("redis setting", "setting", want[0], "is", got[want[0]], "want", want[1])
		}
	}
}

// Close ends the connection.
func (r *Redis) Close() error {
	if err := r.client.Close(); err != nil {
		return fmt.Errorf("close redis: %w", err)
	}
	return nil
}
