package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// linkReader reads the links of mails for clicks. Clicks on one shop's mails that come
// while a read is under way share the next one. So do those that come within linksGathered,
// where a read has just ended: many clicks cost few reads, and a click alone does not wait.
//
// What was read is kept for linksKept, because scanners follow all links of a mail within
// seconds. Links are fixed when the mail is rendered, and only an erasure removes them. So
// a link may lead on for linksKept after an erasure.
type linkReader struct {
	store linkStore
	wall  func() time.Time
	mu    sync.Mutex
	next  map[string]*linkRead // by shop, while a read of it is under way
	known *recent[string, knownLinks]
	ended time.Time // the last read
}

type knownLinks struct {
	campaigns.MessageLinks
	readAt time.Time
}

type linkStore interface {
	// MessageLinks reads the links of those of the messages that are stored.
	MessageLinks(ctx context.Context, shop string, ids []string) ([]campaigns.MessageLinks, error)
}

// linkRead is one read for several clicks.
type linkRead struct {
	ids   []string
	done  chan struct{} // closed when found and err are set
	found map[string]campaigns.MessageLinks
	err   error
}

func newLinkReader(store linkStore, wall func() time.Time) *linkReader {
	return &linkReader{store: store, wall: wall, next: map[string]*linkRead{}, known: newRecent[string, knownLinks](linksKnown)}
}

const (
	linksAtOnce   = 500 // messages of one query
	linksGathered = time.Millisecond
	linksKept     = 5 * time.Second
	linksKnown    = 2048 // messages whose links are kept
)

// message is what a click needs of a message. A link that a browser must not follow is empty.
func (r *linkReader) message(ctx context.Context, shop, id string) (campaigns.MessageLinks, error) {
	now := r.wall()
	r.mu.Lock()
	if m, found := r.known.get(id); found && now.Sub(m.readAt).Abs() < linksKept {
		r.mu.Unlock()
		return m.MessageLinks, nil
	}
	read := r.join(ctx, shop, id)
	r.mu.Unlock()
	select {
	case <-read.done:
	case <-ctx.Done():
		return campaigns.MessageLinks{}, ctx.Err()
	}
	m, found := read.found[id]
	if read.err == nil && !found {
		return m, commerce.Errorf(commerce.NotFound, "link: its message is not stored")
	}
	return m, read.err
}

// join adds a message to the shop's next read, and begins reading where no read is under
// way. The caller has locked r.
func (r *linkReader) join(ctx context.Context, shop, id string) *linkRead {
	read, reading := r.next[shop]
	if !reading {
		read = newLinkRead()
		r.next[shop] = read
		go r.run(context.WithoutCancel(ctx), shop) // of all that join: it does not end with the first
	}
	read.ids = append(read.ids, id)
	return read
}

func newLinkRead() *linkRead {
	return &linkRead{done: make(chan struct{}), found: map[string]campaigns.MessageLinks{}}
}

// run reads for the clicks that wait, until none waits.
func (r *linkReader) run(ctx context.Context, shop string) {
	for r.waits(shop) {
		if r.busy() {
			gathering, cancel := context.WithTimeout(ctx, linksGathered)
			<-gathering.Done()
			cancel()
		}
		read := r.take(shop)
		read.err = r.read(ctx, shop, read)
		close(read.done)
	}
}

// waits reports whether a click waits. Without any, the next one begins reading.
func (r *linkReader) waits(shop string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.next[shop].ids) > 0 {
		return true
	}
	delete(r.next, shop)
	return false
}

// busy reports whether a read has just ended, so that other clicks are about to come.
func (r *linkReader) busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wall().Sub(r.ended).Abs() < linksGathered
}

func (r *linkReader) take(shop string) *linkRead {
	r.mu.Lock()
	defer r.mu.Unlock()
	read := r.next[shop]
	r.next[shop] = newLinkRead()
	return read
}

func (r *linkReader) read(ctx context.Context, shop string, read *linkRead) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	began := r.wall()
	slices.Sort(read.ids)
	for ids := range slices.Chunk(slices.Compact(read.ids), linksAtOnce) {
		list, err := r.store.MessageLinks(ctx, shop, ids)
		if err != nil {
			return err
		}
		r.keep(read, list, began)
	}
	return nil
}

func (r *linkReader) keep(read *linkRead, list []campaigns.MessageLinks, at time.Time) {
	for _, m := range list {
		for i, l := range m.Links {
			m.Links[i].URL = followed(l.URL)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = r.wall()
	for _, m := range list {
		read.found[m.Message] = m
		r.known.put(m.Message, knownLinks{m, at})
	}
}
