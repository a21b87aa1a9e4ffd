package api_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// fakeStore stores the API's documents in maps by id.
type fakeStore struct {
	knobs
	mu           sync.Mutex
	lookups      int
	streams      []campaigns.Stream
	shops        map[string]commerce.Shop
	connections  map[string]commerce.Connection
	secrets      map[string][][]byte
	deliveries   map[string]commerce.Delivery
	imports      map[string]commerce.Import
	keys         map[string]commerce.APIKey
	replies      map[string]commerce.Reply
	orders       map[string]commerce.Order
	checkouts    map[string]commerce.Checkout
	customers    map[string]commerce.Customer
	products     map[string]commerce.Product
	events       []commerce.Event
	touches      []campaigns.Touch
	batches      int
	slow         func() // called by each write of touches; nil: at once
	definitions  map[string]campaigns.Definition
	messages     map[string]campaigns.Message
	conversions  map[string]campaigns.Conversion
	runs         map[string]campaigns.Run
	enrolments   map[string]campaigns.Enrolment
	suppressions map[string]commerce.Suppression
	privacy      map[string]commerce.PrivacyRequest
	segments     segmentFakes
}

func newFakeStore() *fakeStore {
	return &fakeStore{
		shops: map[string]commerce.Shop{}, connections: map[string]commerce.Connection{}, secrets: map[string][][]byte{},
		deliveries: map[string]commerce.Delivery{}, imports: map[string]commerce.Import{},
		keys: map[string]commerce.APIKey{}, replies: map[string]commerce.Reply{},
		orders: map[string]commerce.Order{}, checkouts: map[string]commerce.Checkout{},
		customers: map[string]commerce.Customer{}, products: map[string]commerce.Product{},
		definitions: map[string]campaigns.Definition{}, messages: map[string]campaigns.Message{},
		conversions: map[string]campaigns.Conversion{}, runs: map[string]campaigns.Run{}, enrolments: map[string]campaigns.Enrolment{},
		suppressions: map[string]commerce.Suppression{}, privacy: map[string]commerce.PrivacyRequest{}, segments: newSegmentFakes(),
	}
}

// read finds a document by id, within the shop its id starts with.
func read[T any](f *fakeStore, ctx context.Context, from map[string]T, shop, id string) (T, error) {
	var none T
	if err := f.fail(ctx); err != nil {
		return none, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	doc, ok := from[id]
	if !ok || id != shop && !strings.HasPrefix(id, shop+":") {
		return none, commerce.Errorf(commerce.NotFound, "%q: not found in this shop", id)
	}
	return doc, nil
}

// add stores a document unless its id is taken.
func add[T any](f *fakeStore, ctx context.Context, to map[string]T, id string, doc T) (bool, error) {
	if err := f.fail(ctx); err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, taken := to[id]; taken {
		return false, nil
	}
	to[id] = doc
	return true, nil
}

// list pages through a shop's documents by id; a cursor is the last id.
func list[T any](f *fakeStore, ctx context.Context, from map[string]T, shop, after string, limit int) (page []T, next string, err error) {
	if err := f.fail(ctx); err != nil {
		return nil, "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for id := range from {
		if (shop == "" || strings.HasPrefix(id, shop+":")) && id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if len(ids) > limit {
		ids, next = ids[:limit], ids[limit-1]
	}
	for _, id := range ids {
		page = append(page, from[id])
	}
	return page, next, nil
}

func (f *fakeStore) Ping(ctx context.Context) error { return f.fail(ctx) }

func (f *fakeStore) Shop(ctx context.Context, id string) (commerce.Shop, error) {
	return read(f, ctx, f.shops, id, id)
}

func (f *fakeStore) AddShop(ctx context.Context, s commerce.Shop) error {
	first, err := add(f, ctx, f.shops, s.ID, s)
	if err == nil && !first {
		err = commerce.Errorf(commerce.Conflict, "shop %q: the id is taken", s.ID)
	}
	return err
}

func (f *fakeStore) ListShops(ctx context.Context, after string, limit int) ([]commerce.Shop, string, error) {
	return list(f, ctx, f.shops, "", after, limit)
}

func (f *fakeStore) SaveShop(_ context.Context, s commerce.Shop) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.Rev++
	f.shops[s.ID] = s
	return nil
}

func (f *fakeStore) Connection(ctx context.Context, shop, slug string) (commerce.Connection, error) {
	f.mu.Lock()
	f.lookups++
	f.mu.Unlock()
	return read(f, ctx, f.connections, shop, commerce.Key(shop, slug))
}

func (f *fakeStore) Connections(ctx context.Context, shop string) ([]commerce.Connection, error) {
	all, _, err := list(f, ctx, f.connections, shop, "", 1000)
	return all, err
}

func (f *fakeStore) AddReceptions(ctx context.Context, list []commerce.Reception) ([]commerce.Reception, error) {
	return list, f.fail(ctx)
}

func (f *fakeStore) Reception(ctx context.Context, _, _ string) (commerce.Reception, error) {
	return commerce.Reception{}, f.fail(ctx)
}

func (f *fakeStore) LearnAlias(ctx context.Context, _, _, _ string) (bool, error) {
	return false, f.fail(ctx)
}

func (f *fakeStore) Secrets(c commerce.Connection) ([][]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.secrets[c.ID], nil
}

func (f *fakeStore) AddConnection(ctx context.Context, shop string, c commerce.Connection, secret []byte) (commerce.Connection, error) {
	c.ID, c.Shop = commerce.Key(shop, c.Slug), shop
	first, err := add(f, ctx, f.connections, c.ID, c)
	if err == nil && !first {
		err = commerce.Errorf(commerce.Conflict, "connection %q: the name is taken in this shop", c.Slug)
	}
	f.secrets[c.ID] = [][]byte{secret}
	return c, err
}

func (f *fakeStore) RotateSecret(ctx context.Context, shop, slug string, secret []byte) error {
	c, err := f.Connection(ctx, shop, slug)
	if err == nil {
		f.secrets[c.ID] = [][]byte{secret, f.secrets[c.ID][0]}
	}
	return err
}

func (f *fakeStore) SaveConnection(ctx context.Context, shop string, c commerce.Connection, secret []byte) error {
	before, err := f.Connection(ctx, shop, c.Slug)
	if err != nil {
		return err
	}
	if before.Rev != c.Rev {
		return commerce.Errorf(commerce.Conflict, "connection %q: changed meanwhile", c.Slug)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Rev++
	f.connections[c.ID] = c
	if len(secret) > 0 {
		f.secrets[c.ID] = [][]byte{secret, f.secrets[c.ID][0]}
	}
	return nil
}

func (f *fakeStore) UnknownMethods(context.Context, string, int) ([]commerce.UnknownMethod, error) {
	return nil, nil
}

func (f *fakeStore) RemoveConnection(ctx context.Context, shop, slug string) error {
	c, err := f.Connection(ctx, shop, slug)
	delete(f.connections, c.ID)
	return err
}

// connect gives a shop a connection with a secret.
func (f *fakeStore) connect(shop, slug, platform, secret string) {
	_, err := f.AddConnection(context.Background(), shop, commerce.Connection{Slug: slug, Platform: platform}, []byte(secret))
	if err != nil {
		panic(err)
	}
}

func (f *fakeStore) AddDelivery(ctx context.Context, _ string, d commerce.Delivery) (bool, error) {
	return add(f, ctx, f.deliveries, d.ID, d)
}

func (f *fakeStore) Delivery(ctx context.Context, shop, id string) (commerce.Delivery, error) {
	return read(f, ctx, f.deliveries, shop, id)
}

func (f *fakeStore) ListDeliveries(
	ctx context.Context, shop string, state commerce.DeliveryState, after string, limit int,
) ([]commerce.Delivery, string, error) {
	all, next, err := list(f, ctx, f.deliveries, shop, after, limit)
	return slices.DeleteFunc(all, func(d commerce.Delivery) bool { return state != "" && d.State != state }), next, err
}

func (f *fakeStore) Import(ctx context.Context, shop, id string) (commerce.Import, error) {
	return read(f, ctx, f.imports, shop, id)
}

func (f *fakeStore) ListImports(ctx context.Context, shop, after string, limit int) ([]commerce.Import, string, error) {
	return list(f, ctx, f.imports, shop, after, limit)
}

func (f *fakeStore) ReplayDelivery(ctx context.Context, shop, id string) error {
	d, err := f.Delivery(ctx, shop, id)
	if err == nil && d.State != commerce.Quarantined {
		err = commerce.Errorf(commerce.Conflict, "delivery %q is %s", id, d.State)
	}
	return err
}

func (f *fakeStore) APIKey(ctx context.Context, shop, id string) (commerce.APIKey, error) {
	f.mu.Lock()
	f.lookups++
	f.mu.Unlock()
	return read(f, ctx, f.keys, shop, commerce.Key(shop, id))
}

func (f *fakeStore) APIKeys(ctx context.Context, shop string) ([]commerce.APIKey, error) {
	all, _, err := list(f, ctx, f.keys, shop, "", 1000)
	return all, err
}

func (f *fakeStore) AddAPIKey(ctx context.Context, _ string, k commerce.APIKey) error {
	_, err := add(f, ctx, f.keys, k.ID, k)
	return err
}

func (f *fakeStore) changeKey(ctx context.Context, shop, id string, change func(*commerce.APIKey)) error {
	k, err := f.APIKey(ctx, shop, id)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&k)
	f.keys[k.ID] = k
	return nil
}

func (f *fakeStore) RevokeAPIKey(ctx context.Context, shop, id string, at time.Time) error {
	return f.changeKey(ctx, shop, id, func(k *commerce.APIKey) { k.RevokedAt = at })
}

func (f *fakeStore) UsedAPIKey(ctx context.Context, shop, id string, at time.Time) error {
	return f.changeKey(ctx, shop, id, func(k *commerce.APIKey) { k.LastUsedAt = at })
}

func (f *fakeStore) ReserveReply(
	ctx context.Context, shop string, r commerce.Reply, stale, expired time.Time,
) (commerce.Reply, bool, error) {
	kept, err := read(f, ctx, f.replies, shop, r.ID)
	over := kept.At.Before(expired) || kept.Status == 0 && kept.At.Before(stale)
	if err == nil && !over {
		return kept, false, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replies[r.ID] = r
	return r, true, nil
}

func (f *fakeStore) SaveReply(_ context.Context, _ string, r commerce.Reply) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replies[r.ID] = r
	return nil
}

func (f *fakeStore) DropReply(_ context.Context, _ string, r commerce.Reply) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.replies, r.ID)
	return nil
}

func (f *fakeStore) Order(ctx context.Context, shop, id string) (commerce.Order, error) {
	return read(f, ctx, f.orders, shop, id)
}

func (f *fakeStore) ListOrders(
	ctx context.Context, shop string, x commerce.OrderFilter, after string, limit int,
) ([]commerce.Order, string, error) {
	all, next, err := list(f, ctx, f.orders, shop, after, limit)
	return slices.DeleteFunc(all, func(o commerce.Order) bool { return x.Customer != "" && o.Customer != x.Customer }), next, err
}

func (f *fakeStore) Checkout(ctx context.Context, shop, id string) (commerce.Checkout, error) {
	return read(f, ctx, f.checkouts, shop, id)
}

func (f *fakeStore) ListCheckouts(ctx context.Context, shop, customer, after string, limit int) ([]commerce.Checkout, string, error) {
	all, next, err := list(f, ctx, f.checkouts, shop, after, limit)
	return slices.DeleteFunc(all, func(c commerce.Checkout) bool { return customer != "" && c.Customer != customer }), next, err
}

func (f *fakeStore) Customer(ctx context.Context, shop, id string) (commerce.Customer, error) {
	return read(f, ctx, f.customers, shop, id)
}

func (f *fakeStore) ListCustomers(
	ctx context.Context, shop string, _ commerce.CustomerFilter, after string, limit int,
) ([]commerce.Customer, string, error) {
	return list(f, ctx, f.customers, shop, after, limit)
}

func (f *fakeStore) Aliases(ctx context.Context, shop, id string) ([]commerce.Customer, error) {
	all, _, err := list(f, ctx, f.customers, shop, "", 1000)
	return slices.DeleteFunc(all, func(c commerce.Customer) bool { return c.MergedInto != id }), err
}

func (f *fakeStore) CustomerEvents(_ context.Context, _, customer string, after time.Time, limit int) ([]commerce.Event, error) {
	return since(f.events, after, limit, func(e commerce.Event) (string, time.Time) { return e.Customer, e.At }, customer), nil
}

func (f *fakeStore) CustomerTouches(_ context.Context, _, customer string, after time.Time, limit int) ([]campaigns.Touch, error) {
	return since(f.touches, after, limit, func(t campaigns.Touch) (string, time.Time) { return t.Customer, t.At }, customer), nil
}

func since[T any](all []T, after time.Time, limit int, of func(T) (string, time.Time), customer string) []T {
	var found []T
	for _, item := range all {
		if who, at := of(item); who == customer && at.After(after) && len(found) < limit {
			found = append(found, item)
		}
	}
	return found
}

func (f *fakeStore) Product(ctx context.Context, shop, id string) (commerce.Product, error) {
	return read(f, ctx, f.products, shop, id)
}

func (f *fakeStore) ListProducts(ctx context.Context, shop, after string, limit int) ([]commerce.Product, string, error) {
	return list(f, ctx, f.products, shop, after, limit)
}

func (f *fakeStore) PutCampaign(ctx context.Context, shop string, c *campaigns.Campaign) (campaigns.Definition, bool, error) {
	known, _ := f.Versions(ctx, shop, c.ID)
	if len(known) > 0 && known[0].Hash == c.Hash {
		return known[0], false, nil
	}
	next := *c
	next.Version = len(known) + 1
	d := campaigns.NewDefinition(shop, &next, time.Unix(0, 0))
	_, err := add(f, ctx, f.definitions, d.ID, d)
	return d, true, err
}

func (f *fakeStore) Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error) {
	all, _, err := list(f, ctx, f.definitions, commerce.Key(shop, slug), "", 1000)
	slices.Reverse(all)
	return all, err
}

func (f *fakeStore) Definition(ctx context.Context, shop, slug string, version int) (campaigns.Definition, error) {
	return read(f, ctx, f.definitions, shop, commerce.Key(shop, slug, strconv.Itoa(version)))
}

func (f *fakeStore) Campaigns(ctx context.Context, shop string) ([]campaigns.Definition, error) {
	all, _, err := list(f, ctx, f.definitions, shop, "", 1000)
	return all, err
}

// move sets the state of a campaign's newest version, or of the one named.
func (f *fakeStore) move(ctx context.Context, shop, slug string, version int, to campaigns.CampaignState) error {
	all, err := f.Versions(ctx, shop, slug)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return commerce.Errorf(commerce.NotFound, "campaign: not found in this shop")
	}
	d := all[0]
	if version > 0 {
		d = all[len(all)-version]
	}
	d.State = to
	f.definitions[d.ID] = d
	return nil
}

func (f *fakeStore) ActivateCampaign(ctx context.Context, shop, slug string, version int) error {
	return f.move(ctx, shop, slug, version, campaigns.Active)
}

func (f *fakeStore) MigrateCampaign(ctx context.Context, shop, slug string, version int, _ []commerce.KV) error {
	return f.move(ctx, shop, slug, version, campaigns.Active)
}

func (f *fakeStore) UnderWay(context.Context, string, string) ([]campaigns.UnderWay, error) {
	return nil, nil
}

func (f *fakeStore) PauseCampaign(ctx context.Context, shop, slug string) error {
	return f.move(ctx, shop, slug, 0, campaigns.Paused)
}

func (f *fakeStore) ResumeCampaign(ctx context.Context, shop, slug string) error {
	return f.move(ctx, shop, slug, 0, campaigns.Active)
}

func (f *fakeStore) ArchiveCampaign(ctx context.Context, shop, slug string) error {
	return f.move(ctx, shop, slug, 0, campaigns.Archived)
}

func (f *fakeStore) Message(ctx context.Context, shop, id string) (campaigns.Message, error) {
	return read(f, ctx, f.messages, shop, id)
}

func (f *fakeStore) ListMessages(
	ctx context.Context, shop, campaign, customer string, state campaigns.MessageState, after string, limit int,
) ([]campaigns.Message, string, error) {
	all, next, err := list(f, ctx, f.messages, shop, after, limit)
	return slices.DeleteFunc(all, func(m campaigns.Message) bool {
		return campaign != "" && m.Campaign != campaign || customer != "" && m.Customer != customer || state != "" && m.State != state
	}), next, err
}

func (f *fakeStore) Enrolment(ctx context.Context, shop, id string) (campaigns.Enrolment, error) {
	e, err := read(f, ctx, f.enrolments, shop, id)
	if commerce.CodeOf(err) == commerce.NotFound {
		err = nil
	}
	return e, err
}

func (f *fakeStore) ListEnrolments(ctx context.Context, shop, campaign, after string, limit int) ([]campaigns.Enrolment, string, error) {
	return list(f, ctx, f.enrolments, commerce.Key(shop, campaign), after, limit)
}

func (f *fakeStore) ListConversions(
	ctx context.Context, shop, campaign, after string, limit int,
) ([]campaigns.Conversion, string, error) {
	all, next, err := list(f, ctx, f.conversions, shop, after, limit)
	return slices.DeleteFunc(all, func(c campaigns.Conversion) bool { return c.Campaign != campaign }), next, err
}

func (f *fakeStore) ListRuns(ctx context.Context, shop, campaign, after string, limit int) ([]campaigns.Run, string, error) {
	return list(f, ctx, f.runs, commerce.Key(shop, campaign), after, limit)
}

func (f *fakeStore) Address(a commerce.Address) commerce.AddressHash {
	return commerce.HashAddress([]byte("k"), a)
}

func (f *fakeStore) Suppress(ctx context.Context, shop string, x commerce.Suppression) error {
	x.Shop, x.ID = shop, commerce.SuppressionID(shop, x.Address, x.Scope, x.Reason)
	_, err := add(f, ctx, f.suppressions, x.ID, x)
	return err
}

func (f *fakeStore) SuppressAddress(
	ctx context.Context, shop string, a commerce.Address, x commerce.Suppression,
) (commerce.Suppression, error) {
	x.Address = f.Address(a)
	return x, f.Suppress(ctx, shop, x)
}

func (f *fakeStore) Unsuppress(_ context.Context, shop string, a commerce.Address, scope commerce.SuppressionScope) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.suppressions)
	maps.DeleteFunc(f.suppressions, func(_ string, x commerce.Suppression) bool {
		return x.Shop == shop && x.Address == f.Address(a) && x.Scope == scope
	})
	return len(f.suppressions) < before, nil
}

func (f *fakeStore) ListSuppressions(ctx context.Context, shop, after string, limit int) ([]commerce.Suppression, string, error) {
	return list(f, ctx, f.suppressions, shop, after, limit)
}

func (f *fakeStore) Quality(context.Context, string) (map[string]int64, error) {
	return map[string]int64{"no_customer": 2}, nil
}

func (f *fakeStore) Flawed(_ context.Context, shop, code string, _ int) ([]commerce.Oddity, error) {
	return []commerce.Oddity{{Record: shop + ":" + code, Why: "odd"}}, nil
}

func (f *fakeStore) SplitCustomer(ctx context.Context, shop, id string) ([]commerce.Customer, error) {
	c, err := f.Customer(ctx, shop, id)
	return []commerce.Customer{c}, err
}

func (f *fakeStore) Tally(_ context.Context, shop commerce.Shop, c *campaigns.Campaign, from, to time.Time) (campaigns.Tally, error) {
	return campaigns.Tally{
		Campaign: c.ID, From: from, To: to, Currency: shop.Currency, MessagePrice: 1000,
		Treated: campaigns.ArmTally{Entered: 4, Ripe: 4, Converted: 2}, Holdout: campaigns.ArmTally{Entered: 1, Ripe: 1},
		Steps: []campaigns.StepTally{
			{Step: "first", Sent: 4, Delivered: 4, Opened: 2, Clicked: 1, MachineOpened: 1, Converted: 1, Revenue: 5000, Margin: 5000},
		},
	}, nil
}

func (f *fakeStore) MessageLinks(ctx context.Context, _ string, ids []string) (list []campaigns.MessageLinks, err error) {
	if err := f.fail(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if m, found := f.messages[id]; found {
			list = append(list, campaigns.MessageLinks{Message: id, Order: m.Order, Links: slices.Clone(m.Links)})
		}
	}
	return list, nil
}

func (f *fakeStore) KeepTouches(ctx context.Context, groups []campaigns.TouchGroup) error {
	if err := f.fail(ctx); err != nil {
		return err
	}
	if f.slow != nil {
		f.slow()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, g := range groups {
		f.touches = append(f.touches, g.Touches...)
		f.batches++
	}
	return nil
}

func (f *fakeStore) Streams(ctx context.Context, shop string) (list []campaigns.Stream, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.streams {
		if s.Shop == shop {
			list = append(list, s)
		}
	}
	return list, nil
}

func (f *fakeStore) DueMessages(context.Context, string, int) (int, time.Time, error) {
	return 0, time.Time{}, nil
}

func (f *fakeStore) DueShops(context.Context, time.Time, int) ([]commerce.Due, error) {
	return nil, nil
}

func (f *fakeStore) StreamsByID(context.Context, string, []string) (map[string]campaigns.Stream, error) {
	return nil, nil
}

func (f *fakeStore) WaitingByDomain(context.Context, string) (map[string]int64, error) {
	return map[string]int64{}, nil
}

func (f *fakeStore) ShopsWaiting(context.Context) ([]string, error) { return nil, nil }

func (f *fakeStore) RestrictedDomains(context.Context, string) ([]campaigns.Stream, error) {
	return nil, nil
}
