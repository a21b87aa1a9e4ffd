package service

import (
	"context"
	"log/slog"
	"time"

	"github.com/alicebob/miniredis/v2"

	"comeback/jobs"
)

// queue is the Redis that notifications go through: the configured one, or an
// embedded one that holds nothing worth keeping.
type queue struct {
	*jobs.Redis
	embedded *miniredis.Miniredis
}

func openQueue(c Storage, log *slog.Logger) (*queue, error) {
	uri := c.redisURI()
	d := &queue{}
	if c.RedisAddr == "" {
		var err error
		if d.embedded, err = miniredis.Run(); err != nil {
			return nil, err
		}
		uri = "redis://" + d.embedded.Addr()
	}
	var err error
	if d.Redis, err = jobs.OpenRedis(uri); err != nil {
		return nil, err
	}
	if d.embedded == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		d.Check(ctx, log)
	}
	return d, nil
}

// Run moves the embedded queue's clock, which does not move by itself, until
// ctx ends.
func (d *queue) Run(ctx context.Context) error {
	if d.embedded == nil {
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
			d.embedded.FastForward(time.Second)
		}
	}
}

// Close ends the connection, and the embedded queue.
func (d *queue) Close() error {
	err := d.Redis.Close()
	if d.embedded != nil {
		d.embedded.Close()
	}
	return err
}
