package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"
)

// Server works on notifications: asynq's worker pool calls the Advancer. A
// handler never fails for asynq: failures are states in the database, not asynq
// retries.
type Server struct {
	redis   *Redis
	advance *Advancer
	workers int
	log     *slog.Logger
}

// NewServer makes a server that works on so many notifications at once.
func NewServer(r *Redis, advance *Advancer, workers int, log *slog.Logger) *Server {
	return &Server{redis: r, advance: advance, workers: workers, log: log}
}

// Run serves until ctx ends, then waits up to 30 s for running handlers.
func (s *Server) Run(ctx context.Context) error {
	server := asynq.NewServerFromRedisClient(s.redis.client, asynq.Config{
		Concurrency:              s.workers,
		Queues:                   map[string]int{queueName: 1},
		TaskCheckInterval:        20 * time.Millisecond, // an idle server starts work within 50 ms
		DelayedTaskCheckInterval: time.Minute,           // nothing is ever delayed
		ShutdownTimeout:          30 * time.Second,
		Logger:                   asynqLog{s.log},
		LogLevel:                 asynq.WarnLevel,
	})
	mux := asynq.NewServeMux()
	mux.HandleFunc(advanceTask, s.serve)
	if err := server.Start(mux); err != nil {
		return err
	}
	<-ctx.Done()
	server.Stop()
	server.Shutdown()
	return nil
}

func (s *Server) serve(ctx context.Context, _ *asynq.Task) error {
	shop, err := taskShop(ctx)
	if err != nil {
		s.log.Error("notification", "error", err)
		return nil
	}
	if err := s.advance.Run(ctx, shop); err != nil && ctx.Err() == nil {
		s.log.Error("advance", "shop", shop, "error", err)
	}
	return nil
}
