package jobs

import (
	"context"
	"errors"

	"github.com/hibiken/asynq"
)

// Quiet tells whether no bell waits for an answer and none is being answered.
func (r *Redis) Quiet(_ context.Context) (bool, error) {
	info, err := asynq.NewInspectorFromRedisClient(r.client).GetQueueInfo(queueName)
	if errors.Is(err, asynq.ErrQueueNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return info.Pending+info.Active == 0, nil
}
