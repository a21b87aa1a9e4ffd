package api

import (
	"context"
	"iter"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// crowd is the customers that match a condition, and the parameters used.
type crowd struct {
	condition  segments.Condition
	params     segments.Params
	at         time.Time
	size, base int
	members    *segments.Bitmap // by number; nil: the shop has no index
}

// crowd evaluates the condition in the shop's index, or in the store for a shop
// too large for an index.
func (j *judge) crowd(ctx context.Context, shop string, condition segments.Condition) (crowd, error) {
	found := crowd{condition: condition, at: j.now()}
	held, err := j.open(ctx, shop)
	if commerce.CodeOf(err) == commerce.TooLarge {
		return found, j.count(ctx, shop, &found)
	}
	if err != nil {
		return found, err
	}
	defer held.Close()
	found.members = &segments.Bitmap{}
	held.Index.Members(condition, found.at, found.members)
	found.params, found.base, found.size = held.Params, held.Index.Len(), found.members.Count()
	return found, nil
}

// count counts the customers of a crowd in the store.
func (j *judge) count(ctx context.Context, shop string, found *crowd) (err error) {
	leave, err := j.heavy.Enter(ctx, shop)
	if err != nil {
		return err
	}
	defer leave()
	if found.params, err = j.storedParams(ctx, shop); err != nil {
		return err
	}
	base, err := j.crowds.CountMatching(ctx, shop, nil, found.params)
	if err != nil {
		return err
	}
	size, err := j.crowds.CountMatching(ctx, shop, found.condition, found.params)
	found.base, found.size = int(base), int(size)
	return err
}

// page reads the customers of a crowd with numbers above after, at most limit.
// last is the number before the next page, 0 without one.
func (h *segmentQuestions) page(
	ctx context.Context, shop string, found crowd, after int64, limit int,
) (list []commerce.Customer, last int64, err error) {
	if found.members == nil {
		return h.crowds.ListMatching(ctx, shop, found.condition, found.params, after, limit)
	}
	var numbers []int64
	for n := range found.members.All() {
		if n <= after {
			continue
		}
		if len(numbers) == limit {
			last = numbers[limit-1]
			break
		}
		numbers = append(numbers, n)
	}
	list, err = h.people.CustomersNumbered(ctx, shop, numbers)
	return list, last, err
}

// batches reads all customers of a crowd, by number.
func (h *segmentQuestions) batches(ctx context.Context, shop string, found crowd) iter.Seq2[[]commerce.Customer, error] {
	return func(yield func([]commerce.Customer, error) bool) {
		if found.members == nil {
			h.pages(ctx, shop, found, yield)
			return
		}
		for numbers := range inBatches(found.members.All(), exportBatch) {
			list, err := h.people.CustomersNumbered(ctx, shop, numbers)
			if !yield(list, err) || err != nil {
				return
			}
		}
	}
}

func (h *segmentQuestions) pages(ctx context.Context, shop string, found crowd, yield func([]commerce.Customer, error) bool) {
	for after, more := int64(0), true; more; more = after > 0 {
		list, next, err := h.page(ctx, shop, found, after, exportBatch)
		if !yield(list, err) || err != nil {
			return
		}
		after = next
	}
}
