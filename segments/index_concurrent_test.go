package segments

import (
	"comeback/strictjson"
	"fmt"
	"sync"
	"testing"
)

// How many people move how often, among how many cities.
const (
	movers = 300
	moves  = 120
	cities = 3
)

// move is the rows of all customers in the city of a revision.
func move(rev int64) (rows []*Row) {
	for n := range int64(movers) {
		r := &Row{N: n, ID: fmt.Sprint("s1:woo:", n), Rev: rev}
		r.Attributes.City = fmt.Sprint("city", rev%cities)
		rows = append(rows, r)
	}
	return rows
}

// inCities are the conditions for the customers of each city.
func inCities(t *testing.T) (list []Condition) {
	t.Helper()
	for i := range cities {
		node, _ := strictjson.Read(fmt.Appendf(nil, `{"field": "customer.city", "op": "is", "value": "city%d"}`, i))
		c, problems := Parse(node, Scope{})
		if strictjson.Refused(problems) {
			t.Fatal(problems)
		}
		list = append(list, c)
	}
	return list
}

// A reader is never blocked by changes, and sees all of a change or nothing of
// it. Every change moves all customers from one city to another at once, so each
// sweep must find all of them in one city.
func TestReadersSeeWholeChanges(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	ix, list := NewIndex(p), inCities(t)
	ix.rows = 64
	if err := ix.Build(stream(move(0))); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			sets := []*Bitmap{{}, {}, {}}
			for {
				select {
				case <-done:
					return
				default:
				}
				ix.Sweep(list, now, sets)
				counts := [cities]int{sets[0].Count(), sets[1].Count(), sets[2].Count()}
				if max(counts[0], counts[1], counts[2]) != movers || counts[0]+counts[1]+counts[2] != movers {
					t.Errorf("got %v people in the cities, want all %d in one", counts, movers)
					return
				}
			}
		})
	}
	for rev := int64(1); rev <= moves; rev++ {
		if err := ix.Apply(move(rev)); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()

	t.Run("also while a writer is at work", func(t *testing.T) {
		ix.writing.Lock()
		defer ix.writing.Unlock()
		if got := ix.Count(list[moves%cities], now); got != movers {
			t.Fatalf("got %d, want %d", got, movers)
		}
	})
}
