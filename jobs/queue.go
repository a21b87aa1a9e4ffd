package jobs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hibiken/asynq"

	"comeback/commerce"
)

// advanceTask is the one kind of task: work on a shop. Its id is
// Key("advance", shop, slot, wall second) and its payload is empty.
const advanceTask = "advance"

// queueName is the one queue: fairness between shops is the dispatcher's, and a
// task is over within quantum.
const queueName = "comeback"

// Queue notifies workers of shops with work due. A notification is always for
// now: nothing is scheduled in Redis, so its whole-second times and lost
// schedules cannot matter.
type Queue struct {
	client *asynq.Client
	wall   func() time.Time
}

// NewQueue makes a queue over r; wall is the clock of task ids.
func NewQueue(r *Redis, wall func() time.Time) *Queue {
	return &Queue{client: asynq.NewClientFromRedisClient(r.client), wall: wall}
}

// Enqueue asks for workers on a shop, one a slot. A second notification of the
// same second is no error. An id that an archived or orphaned task still has is
// free again with the next second.
func (q *Queue) Enqueue(ctx context.Context, shop string, slots int) error {
	second := strconv.FormatInt(q.wall().Unix(), 10)
	for slot := range slots {
		id := commerce.Key(advanceTask, shop, strconv.Itoa(slot), second)
		_, err := q.client.EnqueueContext(ctx, asynq.NewTask(advanceTask, nil),
			asynq.TaskID(id), asynq.Queue(queueName), asynq.MaxRetry(0), asynq.Retention(0), asynq.Timeout(10*time.Minute))
		if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
			return fmt.Errorf("notify for %s: %w", shop, err)
		}
	}
	return nil
}

// taskShop is the shop that a task is for.
func taskShop(ctx context.Context) (string, error) {
	id, _ := asynq.GetTaskID(ctx)
	parts, err := commerce.SplitKey(id)
	if err != nil || len(parts) != 4 {
		return "", commerce.Errorf(commerce.Invalid, "task id %q: not one of ours", id)
	}
	return parts[1], nil
}
