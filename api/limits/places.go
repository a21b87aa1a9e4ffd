package limits

import (
	"context"
	"sync"

	"comeback/commerce"
)

// Places limits the work in progress, in all and for each caller. So a slow
// caller delays its own work and that of no other caller.
type Places struct {
	each  int
	total chan struct{}
	mu    sync.Mutex
	rooms map[string]*room // callers with work in progress or waiting
}

// room is one caller's places.
type room struct {
	places chan struct{}
	guests int // in progress or waiting
}

// NewPlaces makes so many places, and so many of them for each caller.
func NewPlaces(total, each int) *Places {
	return &Places{each: each, total: make(chan struct{}, total), rooms: map[string]*room{}}
}

// Enter waits for a place; leave returns it. A caller waits for its own share
// first, and uses no common place meanwhile.
func (p *Places) Enter(ctx context.Context, who string) (leave func(), err error) {
	own := p.room(who)
	if err := enter(ctx, own.places); err != nil {
		p.left(who, own)
		return nil, err
	}
	if err := enter(ctx, p.total); err != nil {
		<-own.places
		p.left(who, own)
		return nil, err
	}
	return func() {
		<-p.total
		<-own.places
		p.left(who, own)
	}, nil
}

func enter(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return commerce.Errorf(commerce.Unavailable, "%d of these calls are already in progress, try again in a moment", cap(places))
	}
}

func (p *Places) room(who string) *room {
	p.mu.Lock()
	defer p.mu.Unlock()
	own := p.rooms[who]
	if own == nil {
		own = &room{places: make(chan struct{}, p.each)}
		p.rooms[who] = own
	}
	own.guests++
	return own
}

func (p *Places) left(who string, own *room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own.guests--; own.guests == 0 {
		delete(p.rooms, who)
	}
}
