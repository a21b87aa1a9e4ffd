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

// advanceTask is the only kind of task: work on a shop. Its id is
// Key("advance", shop, slot, wall second) and its payload is empty.
const advanceTask = "advance"

// queueName names the only queue: the dispatcher is fair to all shops, and a task
// ends within quantum.
const queueName = "comeback"

// Queue notifies workers of shops with work due. A notification always asks for
// work now. Nothing is scheduled in Redis, so neither its whole-second times nor a
// lost schedule matters.
type Queue struct {
	client *asynq.Client
	wall   func() time.Time
}

// NewQueue makes a queue over r; task ids take their second from wall.
func NewQueue(r *Redis, wall func() time.Time) *Queue {
	return &Queue{client: asynq.NewClientFromRedisClient(r.client), wall: wall}
}

// Enqueue asks for workers on a shop, one for each slot. A second notification
// within the same second is no error. An archived task, or the task of a dead
// worker, blocks its id for this second only.
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

// Idle reports whether no notification waits in the queue and no worker runs one.
func (r *Redis) Idle(_ context.Context) (bool, error) {
	info, err := asynq.NewInspectorFromRedisClient(r.client).GetQueueInfo(queueName)
	if errors.Is(err, asynq.ErrQueueNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return info.Pending+info.Active == 0, nil
}

// taskShop reads the shop out of a task's id.
func taskShop(ctx context.Context) (string, error) {
	id, _ := asynq.GetTaskID(ctx)
	parts, err := commerce.SplitKey(id)
	if err != nil || len(parts) != 4 {
		return "", commerce.Errorf(commerce.Invalid, "task id %q: is not Key(advance, shop, slot, second)", id)
	}
	return parts[1], nil
}
