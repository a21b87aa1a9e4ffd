package service

import (
	"context"
	"log/slog"
	"time"

	"github.com/alicebob/miniredis/v2"

	"comeback/jobs"
)

// doorbell is the Redis that bells go through: the configured one, or an
// embedded one that holds nothing worth keeping.
type doorbell struct {
	*jobs.Redis
	embedded *miniredis.Miniredis
}

func openDoorbell(c Storage, log *slog.Logger) (*doorbell, error) {
	uri := c.redisURI()
	d := &doorbell{}
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

// Run moves the embedded doorbell's clock, which does not move by itself, until
// ctx ends.
func (d *doorbell) Run(ctx context.Context) error {
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

// Close ends the connection, and the embedded doorbell.
func (d *doorbell) Close() error {
	err := d.Redis.Close()
	if d.embedded != nil {
		d.embedded.Close()
	}
	return err
}
