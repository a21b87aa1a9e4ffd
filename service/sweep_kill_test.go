package service

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"comeback/api"
	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// sweptTags is how many tags there are, a segment each.
const sweptTags = 12

// A service that is killed again and again while it sweeps and its customers
// change has the right members in the end. It has emitted each entry and exit
// once: no customer enters twice or leaves without being a member, and the
// events add up to the members.
func TestKilledWhileSweepingEmitsOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for half a minute")
	}
	t.Parallel()
	binary, data, r := buildService(t), t.TempDir(), scriptRelay(t)
	random := rand.New(rand.NewPCG(9, 9))
	key := prepareSwept(t, data)
	pending, given := 0, map[string][]string{}
	for round := range sweptKilled() {
		pending += changeSwept(t, data, round, random, given)
		began := time.Now()
		command := child(t, binary, data, r)
		swept := random.IntN(sweptTags + 1)
		awaitAnswer(t, 3*time.Minute, func() bool { return sweptSince(t, data, key, began) >= swept })
		ok(t, command.Process.Kill())
		_ = command.Wait()
	}
	command := child(t, binary, data, r)
	awaitAnswer(t, 3*time.Minute, func() bool { return sweptWhole(t, data, key, given) })
	ok(t, command.Process.Signal(os.Interrupt))
	_ = command.Wait()
	events := judgeSwept(t, data)
	t.Logf("%d events, %d changes found pending after a kill", events, pending)
}

// sweptSize is the size of a segment as the service shows it.
type sweptSize struct {
	Segment string
	Size    int
	SizeAt  time.Time `json:"size_at"`
}

// sizesOf are the sizes of all segments; none while the service does not
// answer.
func sizesOf(t *testing.T, data, key string) (list []sweptSize) {
	t.Helper()
	service := running(data, key)
	if service == nil {
		return nil
	}
	var page struct{ Items []sweptSize }
	_ = service.Call(t.Context(), "GET", "/v1/segments", url.Values{"limit": {"100"}}, nil, &page)
	return page.Items
}

// sweptSince counts the segments with a change found since a time; -1 while the
// service does not answer.
func sweptSince(t *testing.T, data, key string, began time.Time) int {
	t.Helper()
	list := sizesOf(t, data, key)
	if list == nil {
		return -1
	}
	return len(slices.DeleteFunc(list, func(s sweptSize) bool { return s.SizeAt.Before(began) }))
}

// sweptWhole reports whether every customer has the last tags, is in as many
// segments as the timeline shows, and every segment has the size of its tag.
func sweptWhole(t *testing.T, data, key string, given map[string][]string) bool {
	t.Helper()
	tagged := map[string]int{}
	for _, tags := range given {
		for _, tag := range tags {
			tagged[tag]++
		}
	}
	sizes := sizesOf(t, data, key)
	if len(sizes) != sweptTags || slices.ContainsFunc(sizes, func(s sweptSize) bool { return s.Size != tagged[s.Segment] }) {
		return false
	}
	service := running(data, key)
	for _, c := range pages[sweptCustomer](t, service, "/v1/customers") {
		tags := given[c.Attributes.Email]
		slices.SortFunc(c.Attributes.Tags, byNumber)
		if !slices.Equal(tags, c.Attributes.Tags) || inSegments(t, service, c.ID) != len(tags) {
			return false
		}
	}
	return true
}

// byNumber orders tags as they were given: t2 before t10.
func byNumber(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

type sweptCustomer struct {
	ID         string
	Attributes struct {
		Email string
		Tags  []string
	}
}

// inSegments counts the segments that a customer's timeline shows as entered
// and not left.
func inSegments(t *testing.T, service *Client, customer string) (in int) {
	t.Helper()
	for _, moment := range pages[struct{ Kind commerce.EventKind }](t, service, "/v1/customers/"+customer+"/timeline") {
		switch moment.Kind {
		case commerce.SegmentEntered:
			in++
		case commerce.SegmentLeft:
			in--
		}
	}
	return in
}

// prepareSwept makes a shop with a segment for each tag, and returns a shop key.
func prepareSwept(t *testing.T, data string) (text string) {
	t.Helper()
	s := openStore(t, data, time.Now)
	defer s.Close()
	ok(t, s.AddShop(t.Context(), commerce.Shop{
		ID: "s", Name: "Tea", Market: commerce.West, Zone: "UTC", Currency: "EUR", Language: "en", CreatedAt: time.Now(),
	}))
	for tag := range sweptTags {
		file := fmt.Sprintf(
			`{"schema": 1, "id": "t%d", "name": "Tag", "backfill": true, "condition": {"field": "customer.tags", "op": "has", "value": "t%d"}}`,
			tag, tag,
		)
		segment, problems := segments.ReadSegment([]byte(file), nil)
		if segment == nil {
			t.Fatal(problems)
		}
		_, err := s.CreateSegment(t.Context(), "s", segment)
		ok(t, err)
	}
	key, text := api.NewKey("s", "test", time.Now())
	ok(t, s.AddAPIKey(t.Context(), "s", key))
	return text
}

// changeSwept gives every customer other tags, which it records by e-mail. It
// counts the changes of segments that the killed process stored and did not
// emit.
func changeSwept(t *testing.T, data string, round int, random *rand.Rand, given map[string][]string) (pending int) {
	t.Helper()
	s := openStore(t, data, time.Now)
	defer s.Close()
	list, err := s.Memberships(t.Context(), "s")
	ok(t, err)
	for _, m := range list {
		if !m.Emitted {
			pending++
		}
	}
	var saving sync.WaitGroup
	for n := range sweptPeople() {
		r := commerce.CustomerRecord{
			Connection: "c", External: fmt.Sprint(n), Email: modelEmail(n), Verified: true,
			Version: time.Now().Add(time.Duration(round)*time.Hour - 4*24*time.Hour), TagsKnown: true,
		}
		for tag := range sweptTags {
			if random.IntN(2) == 0 {
				r.Attributes.Tags = append(r.Attributes.Tags, fmt.Sprint("t", tag))
			}
		}
		given[r.Email] = r.Attributes.Tags
		saving.Go(func() {
			if _, err := s.SaveRecord(t.Context(), "s", r); err != nil {
				t.Error(err)
			}
		})
	}
	saving.Wait()
	ok(t, s.MarkDue(t.Context(), "s", time.Now()))
	return pending
}

// judgeSwept compares each customer's tags with the stored members and the
// emitted events, and counts the events.
func judgeSwept(t *testing.T, data string) (told int) {
	t.Helper()
	s := openStore(t, data, time.Now)
	defer s.Close()
	ctx := t.Context()
	list, err := s.Memberships(ctx, "s")
	if ok(t, err); slices.ContainsFunc(list, func(m segments.Membership) bool { return !m.Emitted }) {
		t.Errorf("a change is stored and not emitted: %+v", list)
	}
	customers := all(t, "n", func(after *documents.Cursor) ([]commerce.Customer, error) { return s.Customers(ctx, "s", after, 500) })
	if len(customers) != sweptPeople() {
		t.Errorf("got %d customers, want %d", len(customers), sweptPeople())
	}
	in := map[string]map[string]bool{} // customer and segment, by events
	for _, c := range customers {
		events, err := s.CustomerEvents(ctx, "s", c.ID, time.Time{}, 10_000)
		ok(t, err)
		events = slices.DeleteFunc(events, func(e commerce.Event) bool {
			return e.Kind != commerce.SegmentEntered && e.Kind != commerce.SegmentLeft
		})
		in[c.ID] = added(t, c.ID, events)
		told += len(events)
	}
	for tag := range sweptTags {
		slug := fmt.Sprint("t", tag)
		_, members, err := s.MembersOf(ctx, "s", slug)
		ok(t, err)
		for _, c := range customers {
			is := slices.Contains(c.Attributes.Tags, slug)
			if members.Has(c.N) != is || in[c.ID][slug] != is {
				t.Errorf("%s has tag %s: %t; stored as a member: %t, by events: %t", c.ID, slug, is, members.Has(c.N), in[c.ID][slug])
			}
		}
	}
	return told
}

// added adds up a customer's events by version.
func added(t *testing.T, customer string, events []commerce.Event) map[string]bool {
	t.Helper()
	version := func(e commerce.Event) (string, int) {
		parts, err := commerce.SplitKey(e.Cause)
		ok(t, err)
		n, err := strconv.Atoi(parts[1])
		ok(t, err)
		return parts[0], n
	}
	slices.SortFunc(events, func(a, b commerce.Event) int {
		_, x := version(a)
		_, y := version(b)
		return cmp.Compare(x, y)
	})
	in := map[string]bool{}
	for _, e := range events {
		slug, n := version(e)
		if entered := e.Kind == commerce.SegmentEntered; in[slug] == entered {
			t.Errorf("%s: %s %s in version %d, being in: %t", customer, e.Kind, slug, n, in[slug])
		}
		in[slug] = e.Kind == commerce.SegmentEntered
	}
	return in
}
