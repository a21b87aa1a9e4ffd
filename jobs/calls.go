package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// Calls makes the calls of steps to the world outside: it posts webhooks and notifies colleagues. A
// receiver may be slow, and must not hold up the work of others. So a worker waits for the answers
// only for a moment; what comes later is stored when it comes.
type Calls struct {
	store   outgoing
	state   enrolments
	cache   *CampaignCache
	facts   *Facts
	poster  Poster
	mail    Channel
	sending *Sending
	meter   CallMeter
	now     func() time.Time
	log     *slog.Logger

	under sync.WaitGroup  // calls under way
	life  context.Context // of their attempts
	cut   context.CancelFunc

	mu     sync.Mutex
	places map[string]int // calls under way, by shop
	taken  int            // of all shops
}

const (
	// mostCalls is how many calls are under way at once, mostOfShop how many of one shop.
	mostCalls, mostOfShop = 64, 16
	// answersIn is how long a worker waits for the answers of its batch.
	answersIn = time.Second
	// mailIn is how long the relay may take for a notification.
	mailIn = 30 * time.Second
	// stopIn is how long calls under way may still take when the process stops.
	stopIn = 11 * time.Second
)

// Poster posts to receivers outside, once. It connects to public addresses only.
type Poster interface {
	Call(ctx context.Context, address, id string, body []byte, keys [][]byte) campaigns.CallAnswer
	Notify(ctx context.Context, n campaigns.Notice, text string) campaigns.CallAnswer
}

// CallMeter counts attempts of calls.
type CallMeter interface {
	Called(kind, result string)
}

type outgoing interface {
	ClaimCalls(ctx context.Context, shop string, paused []string, limit int) ([]campaigns.Call, error)
	NoteCalls(ctx context.Context, shop string, list []campaigns.Call) error
	WakeEnrolments(ctx context.Context, shop string, list []campaigns.Wake) error
	MailedNotices(ctx context.Context, shop string, since time.Time, limit int) (int, error)
	CallSecret(ctx context.Context, shop string) (campaigns.CallSecret, error)
	MarkDue(ctx context.Context, shop string, at time.Time) error
}

// CallsParts are the parts of the stage. Mail is the channel of notifications by mail; nil: there is none, and they
// wait. Now is the clock of due times.
type CallsParts struct {
	Store   outgoing
	State   enrolments
	Cache   *CampaignCache
	Facts   *Facts
	Poster  Poster
	Mail    Channel
	Sending *Sending
	Meter   CallMeter
	Now     func() time.Time
	Log     *slog.Logger
}

// NewCalls makes the stage.
func NewCalls(p CallsParts) *Calls {
	life, cut := context.WithCancel(context.Background())
	return &Calls{
		store: p.Store, state: p.State, cache: p.Cache, facts: p.Facts, poster: p.Poster, mail: p.Mail, sending: p.Sending, meter: p.Meter,
		life: life, cut: cut, now: p.Now, log: p.Log, places: map[string]int{},
	}
}

// Run waits, when ctx has ended, for the calls that are under way. A relay that does not answer a
// notification is left after a time: it is mailed again, under the same Message-ID.
func (w *Calls) Run(ctx context.Context) error {
	<-ctx.Done()
	stopping, end := context.WithTimeout(context.WithoutCancel(ctx), stopIn)
	defer end()
	context.AfterFunc(stopping, w.cut)
	w.under.Wait()
	return nil
}

// Work begins the calls that are due, as many as there are places, and stores what becomes of them. A
// shop without campaigns that call costs nothing.
func (w *Calls) Work(ctx context.Context, shop string) (done int, err error) {
	p, err := w.cache.Of(ctx, shop)
	if err != nil || !p.calls() {
		return 0, err
	}
	places := w.take(shop)
	if places == 0 {
		return 0, nil
	}
	batch, err := w.store.ClaimCalls(ctx, shop, p.Held, places)
	if len(batch) < places {
		w.free(shop, places-len(batch))
	}
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	list, err := w.prepare(ctx, p, batch)
	if err != nil {
		w.free(shop, len(batch))
		return 0, err
	}
	return len(batch), w.begin(ctx, shop, list)
}

// calls reports whether a version of a campaign that is still in use calls the world outside.
func (p *ShopCampaigns) calls() bool {
	for _, versions := range p.versions {
		for _, c := range versions {
			if c.Calls() {
				return true
			}
		}
	}
	return false
}

// take takes the free places of a shop.
func (w *Calls) take(shop string) (places int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	places = max(0, min(mostOfShop-w.places[shop], mostCalls-w.taken))
	w.places[shop] += places
	w.taken += places
	return places
}

func (w *Calls) free(shop string, places int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken -= places
	if w.places[shop] -= places; w.places[shop] == 0 {
		delete(w.places, shop)
	}
}

// calling is one call on its way.
type calling struct {
	call  campaigns.Call
	ended bool // it is not made: the call is as it is to be stored
	step  campaigns.Step
	facts campaigns.Facts
	body  []byte   // of a webhook
	keys  [][]byte // that sign it
	text  string   // of a notification
}

// begin makes the calls, some at once, and stores those that are over within a moment. The others go on.
func (w *Calls) begin(ctx context.Context, shop string, list []*calling) error {
	over := make(chan campaigns.Call, len(list))
	for _, c := range list {
		w.under.Go(func() {
			defer w.free(shop, 1)
			k := c.call
			if !c.ended {
				k = w.attempt(w.life, c) // what a receiver has is stored also at shutdown
			}
			over <- k
		})
	}
	most, end := context.WithTimeout(ctx, answersIn)
	defer end()
	var now []campaigns.Call
	for len(now) < len(list) {
		select {
		case k := <-over:
			now = append(now, k)
			continue
		case <-most.Done():
		}
		break
	}
	err := w.note(ctx, shop, now)
	if late := len(list) - len(now); late > 0 {
		w.under.Go(func() { w.noteLate(context.WithoutCancel(ctx), shop, over, late) })
	}
	return err
}

// noteLate stores the calls of a batch that took longer, each as soon as it is over.
func (w *Calls) noteLate(ctx context.Context, shop string, over <-chan campaigns.Call, n int) {
	for range n {
		k := <-over
		err := w.note(ctx, shop, []campaigns.Call{k})
		if err = errors.Join(err, w.store.MarkDue(ctx, shop, w.now())); err != nil { // it is made again when its lease is over
			w.log.Warn("calls", "shop", shop, "error", err)
		}
	}
}

// note stores what became of calls. Of those that ended, first that, then their enrolments are woken, and
// last it is stored that they were. A process that dies in between leaves them due.
func (w *Calls) note(ctx context.Context, shop string, list []campaigns.Call) error {
	if len(list) == 0 {
		return nil
	}
	var wakes []campaigns.Wake
	var woken []campaigns.Call
	for i, k := range list {
		wake, waits := k.Wakes()
		if !k.Ended() {
			continue
		}
		if !waits {
			list[i].DueAt = time.Time{}
			continue
		}
		list[i].DueAt = w.now()
		wakes, woken = append(wakes, wake), append(woken, list[i])
	}
	if err := w.store.NoteCalls(ctx, shop, list); err != nil || len(woken) == 0 {
		return err
	}
	if err := w.store.WakeEnrolments(ctx, shop, wakes); err != nil {
		return err
	}
	for i := range woken {
		woken[i].DueAt = time.Time{}
	}
	return w.store.NoteCalls(ctx, shop, woken)
}

// attempt makes a call once.
func (w *Calls) attempt(ctx context.Context, c *calling) campaigns.Call {
	var answer campaigns.CallAnswer
	switch c.call.Kind {
	case campaigns.CallWebhook:
		answer = w.poster.Call(ctx, c.step.Webhook.URL, c.call.WebhookID(), c.body, c.keys)
	case campaigns.CallRobot:
		answer = w.poster.Notify(ctx, *c.step.Notify, c.text)
	default:
		answer = w.mailNotice(ctx, c)
	}
	w.meter.Called(string(c.call.Kind), resultOf(answer))
	if !answer.Done && answer.Waits == 0 {
		w.log.Debug("call not taken", "shop", c.call.Shop, "campaign", c.call.Campaign, "step", c.call.Step, "kind", c.call.Kind,
			"status", answer.Status, "reason", answer.Reason)
	}
	return c.call.After(answer, w.now())
}

func resultOf(a campaigns.CallAnswer) string {
	switch {
	case a.Waits > 0:
		return "waits"
	case a.Done:
		return "done"
	case a.Final:
		return "refused"
	}
	return "unanswered"
}

// notices are the checked texts of a batch, each once.
type notices map[string]*mail.Notice

func (n notices) of(text, language string) (*mail.Notice, error) {
	if known := n[text]; known != nil {
		return known, nil
	}
	compiled, problems := mail.CompileNotice(text, language)
	if compiled == nil {
		return nil, commerce.Errorf(commerce.Invalid, "text: %s", problems[0])
	}
	n[text] = compiled
	return compiled, nil
}
