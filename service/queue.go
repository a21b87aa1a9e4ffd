package service

import (
	"context"
	"log/slog"
	"time"

	"github.com/alicebob/miniredis/v2"

	"comeback/jobs"
)

// queue is the Redis that notifications go through: the configured one, else an
// embedded one in memory.
type queue struct {
	*jobs.Redis
	embedded *miniredis.Miniredis
}

func openQueue(c Storage, log *slog.Logger) (*queue, error) {
	uri := c.RedisAddr
	q := &queue{}
	if c.RedisAddr == "" {
		var err error
		if q.embedded, err = miniredis.Run(); err != nil {
			return nil, err
		}
		uri = "redis://" + q.embedded.Addr()
	}
	var err error
	if q.Redis, err = jobs.OpenRedis(uri); err != nil {
		return nil, err
	}
	if q.embedded == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		q.Check(ctx, log)
	}
	return q, nil
}

// Run advances the embedded queue's clock, which does not run by itself, until ctx
// ends.
func (q *queue) Run(ctx context.Context) error {
	if q.embedded == nil {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			q.embedded.FastForward(time.Second)
		}
	}
}

// Close closes the connection and the embedded queue.
func (q *queue) Close() error {
	err := q.Redis.Close()
	if q.embedded != nil {
		q.embedded.Close()
	}
	return err
}
