package segments_test

import (
	"compress/gzip"
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"comeback/commerce"
	"comeback/segments"
)

// cdnow is the model published for the CDNOW sample, in weeks and dollars.
var cdnow = segments.Model{
	R: 0.24259288653082337, Alpha: 4.4135313794444215, A: 0.7928864330249538, B: 2.4257549730150014,
	P: 6.248802140271301, Q: 3.744588703804622, V: 15.447750125696112,
}

func near(got, want, within float64) bool { return math.Abs(got-want) <= within }

// The model computes the published values for every customer of the CDNOW sample.
func TestModelEqualsPublishedCustomers(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../../shared/data/cdnow/expected_cdnow_sample_customers.csv.gz")
	if err != nil {
		t.Skip("the data set is not here")
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(unpacked).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		var n [7]float64
		for i, text := range row[1:] {
			if n[i], err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
		b := segments.Buying{Repeats: n[0], Last: n[1], Age: n[2], Mean: n[3]}
		if alive, orders := cdnow.Alive(b), cdnow.Orders(b, 39); !near(alive, n[5], 1e-6) || !near(orders, n[6], 1e-5) {
			t.Fatalf("customer %s: got %v alive and %v orders, want %v and %v", row[0], alive, orders, n[5], n[6])
		}
	}
	if len(rows) != 2358 {
		t.Errorf("got %d customers, want 2,357", len(rows)-1)
	}
}

// The model computes the figures of the papers: those of the customer in the
// BG/NBD note, and of the first in the Gamma-Gamma note.
func TestModelEqualsThePapers(t *testing.T) {
	t.Parallel()
	m := cdnow

	b := segments.Buying{Repeats: 2, Last: 30.43, Age: 38.86, Mean: 22.345}
	if got := m.Orders(b, 39); !near(got, 1.2259104670865837, 1e-9) {
		t.Errorf("got %v orders", got)
	}
	if got := m.Alive(b); !near(got, 0.7266091697007349, 1e-9) {
		t.Errorf("got %v alive", got)
	}
	if got := m.Value(b); !near(got, 24.66, 0.01) {
		t.Errorf("got an order of %v", got)
	}
	if got := m.Value(segments.Buying{}); !near(got, 35.17, 0.01) || m.Alive(segments.Buying{Age: 9}) != 1 {
		t.Errorf("of a customer with one order: got an order of %v", got)
	}
	for _, extreme := range []segments.Buying{{Repeats: 4000, Last: 500, Age: 500.1}, {Repeats: 1, Last: 0.1, Age: 1e6}, {}} {
		for _, a := range []float64{0.5, 1, 3} {
			m.A = a
			if got := m.Orders(extreme, 1000); math.IsNaN(got) || math.IsInf(got, 0) || got < 0 {
				t.Errorf("%+v: got %v orders", extreme, got)
			}
		}
	}
}

// p_alive is a field of customers whose shop has a fitted model.
func TestAliveIsAField(t *testing.T) {
	t.Parallel()
	p := customer(paid(t, "o1", "2026-01-01T12:00:00+08:00", 100), paid(t, "o2", "2026-01-10T12:00:00+08:00", 100),
		paid(t, "o3", "2026-01-10T15:00:00+08:00", 100))
	params := shanghai(t)
	below := parse(t, `{"field": "customer.p_alive", "op": "lt", "value": 0.5}`, segments.Scope{})
	unset := parse(t, `{"field": "p_alive", "op": "unset"}`, segments.Scope{})
	if !segments.Match(unset, &p, nil, params, instant(t, now)) {
		t.Error("set without a model")
	}
	params.Fitted = &segments.Fitted{Model: &cdnow}
	alive := cdnow.Alive(segments.Buying{Repeats: 1, Last: 9, Age: 73})
	if got := segments.Match(below, &p, nil, params, instant(t, now)); got != (alive < 0.5) ||
		segments.Match(unset, &p, nil, params, instant(t, now)) {
		t.Errorf("got %v, want %v", got, alive)
	}
	if segments.Match(unset, &p, nil, params, instant(t, now)) || !segments.Match(unset, &commerce.Profile{}, nil, params, instant(t, now)) {
		t.Error("it is set for a customer without an order")
	}
}
