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

// queue is the one queue: fairness between shops is the dispatcher's, and a
// task is over within quantum.
const queue = "comeback"

// Bell rings for shops with work due. Ringing is always for now: nothing is
// ever scheduled in Redis, so its whole-second times and lost schedules cannot
// matter.
type Bell struct {
	client *asynq.Client
	wall   func() time.Time
}

// NewBell makes a bell over r; wall is the clock of task ids.
func NewBell(r *Redis, wall func() time.Time) *Bell {
	return &Bell{client: asynq.NewClientFromRedisClient(r.client), wall: wall}
}

// Ring asks for workers on a shop, as many as slots. A bell that is rung
// already this second is no error. An id that an archived or orphaned task
// holds is free again with the next second.
func (b *Bell) Ring(ctx context.Context, shop string, slots int) error {
	second := strconv.FormatInt(b.wall().Unix(), 10)
	for slot := range slots {
		id := commerce.Key(advanceTask, shop, strconv.Itoa(slot), second)
		_, err := b.client.EnqueueContext(ctx, asynq.NewTask(advanceTask, nil),
			asynq.TaskID(id), asynq.Queue(queue), asynq.MaxRetry(0), asynq.Retention(0), asynq.Timeout(10*time.Minute))
		if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
			return fmt.Errorf("ring for %s: %w", shop, err)
		}
	}
	return nil
}

// rungShop is the shop a task was rung for.
func rungShop(ctx context.Context) (string, error) {
	id, _ := asynq.GetTaskID(ctx)
	parts, err := commerce.SplitKey(id)
	if err != nil || len(parts) != 4 {
		return "", commerce.Errorf(commerce.Invalid, "task id %q: not one of ours", id)
	}
	return parts[1], nil
}
