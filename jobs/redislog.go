package jobs

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogRedis makes the client of Redis write what it reports, such as a new master, to log.
// By itself it writes text to stderr. It has one log for the whole process, so only main
// calls this.
func LogRedis(log *slog.Logger) { redis.SetLogger(redisLog{log}) }

// redisLog writes the lines of the client of Redis. They have no level: most are about a
// server that does not answer.
type redisLog struct{ log *slog.Logger }

// Printf is what the client calls.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.WarnContext(ctx, "redis", "reports", fmt.Sprintf(format, args...))
}
