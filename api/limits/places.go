package limits

import (
	"context"
	"sync"

	"comeback/commerce"
)

// Places bounds what runs at once: in all, and of each caller, so that one who
// is slow keeps its own work waiting and nobody else's.
type Places struct {
	each  int
	total chan struct{}
	mu    sync.Mutex
	rooms map[string]*room // of callers who are in or wait
}

// room is one caller's places.
type room struct {
	places chan struct{}
	guests int // in, or waiting
}

// NewPlaces makes so many places, and so many of them for each caller.
func NewPlaces(total, each int) *Places {
	return &Places{each: each, total: make(chan struct{}, total), rooms: map[string]*room{}}
}

// Enter waits for a place; leave gives it back. Who waits for a place of its own
// holds none of the others'.
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
		return commerce.Errorf(commerce.Unavailable, "%d of these run already, ask again in a moment", cap(places))
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
