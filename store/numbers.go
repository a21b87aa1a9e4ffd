package store

import (
	"context"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// numberBlock is how many customer numbers a process takes at once; unused ones
// are gaps.
const numberBlock = 64

// numbers gives customers their permanent numbers from blocks taken by
// compare-and-set.
type numbers struct {
	mu     sync.Mutex
	blocks map[string]block
}

type block struct{ next, end int64 }

// number takes the next free customer number of the shop, from 1.
func (s *Store) number(ctx context.Context, shop string) (int64, error) {
	s.numbers.mu.Lock()
	defer s.numbers.mu.Unlock()
	b := s.numbers.blocks[shop]
	if b.next == b.end {
		var err error
		if b, err = s.takeBlock(ctx, shop); err != nil {
			return 0, err
		}
	}
	n := b.next
	b.next++
	if s.numbers.blocks == nil {
		s.numbers.blocks = map[string]block{}
	}
	s.numbers.blocks[shop] = b
	return n, nil
}

func (s *Store) takeBlock(ctx context.Context, shop string) (block, error) {
	type counter struct {
		ID   string `bson:"_id"`
		Shop string `bson:"shop"`
		Next int64  `bson:"next"`
	}
	id := commerce.Key(shop, "customers")
	for {
		c, found, err := get[counter](ctx, s, colNumbers, shop, id)
		if err != nil {
			return block{}, err
		}
		if !found {
			if _, err := s.docs.Insert(ctx, colNumbers, counter{ID: id, Shop: shop, Next: 1}); err != nil {
				return block{}, err
			}
			continue
		}
		end := c.Next + numberBlock
		took, err := s.docs.Update(ctx, colNumbers, byID(shop, id, bson.E{Key: "next", Value: c.Next}),
			bson.D{set(bson.E{Key: "next", Value: end})})
		if err != nil || took {
			return block{c.Next, end}, err
		}
	}
}
