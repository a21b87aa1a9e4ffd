package store

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"comeback/segments"
)

// A set of customers is read back as it was stored.
func TestBitmapsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set := &segments.Bitmap{}
		for _, n := range rapid.SliceOf(rapid.Int64Range(0, 300_000)).Draw(t, "numbers") {
			set.Add(n)
		}
		from := rapid.Int64Range(0, 200_000).Draw(t, "from")
		for n := range rapid.Int64Range(0, 9000).Draw(t, "run") {
			set.Add(from + n)
		}
		packed, err := packBitmap(set)
		if err != nil {
			t.Fatal(err)
		}
		again, err := unpackBitmap(packed)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(slices.Collect(again.All()), slices.Collect(set.All())) {
			t.Errorf("got %d numbers, want %d", again.Count(), set.Count())
		}
	})
}

// The pages of a stored set are its numbers, each once and in order. A damaged set is an error.
func TestBitmapsAreReadInPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set := &segments.Bitmap{}
		for _, n := range rapid.SliceOf(rapid.Int64Range(0, 300_000)).Draw(t, "numbers") {
			set.Add(n)
		}
		packed, err := packBitmap(set)
		if err != nil {
			t.Fatal(err)
		}
		var all []int64
		for after, limit := int64(-1), rapid.IntRange(1, 20).Draw(t, "limit"); ; after = all[len(all)-1] {
			page, err := bitmapBehind(packed, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, page...); len(page) < limit {
				break
			}
		}
		if !slices.Equal(all, slices.Collect(set.All())) {
			t.Errorf("got %d numbers, want %d", len(all), set.Count())
		}
		if _, err := bitmapBehind([]byte{1, 2, 3}, 0, 1); err == nil {
			t.Error("a damaged set: got no error")
		}
	})
}

// The stored size of a set out of a million customers, and its time, by the
// share of members.
func BenchmarkBitmaps(b *testing.B) {
	for name, share := range map[string]float64{"all": 1, "half": 0.5, "percent": 0.01, "few": 0.0001} {
		b.Run(name, func(b *testing.B) {
			random, set := rand.New(rand.NewPCG(1, 1)), &segments.Bitmap{}
			for n := range int64(1_000_000) {
				if random.Float64() < share {
					set.Add(n)
				}
			}
			size := 0
			for b.Loop() {
				packed, err := packBitmap(set)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := unpackBitmap(packed); err != nil {
					b.Fatal(err)
				}
				size = len(packed)
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

// Any stored bytes are read as a set or as an error, never as a panic.
func FuzzUnpackBitmap(f *testing.F) {
	for _, numbers := range [][]int64{nil, {1}, {1, 2, 3, 70_000}} {
		set := &segments.Bitmap{}
		for _, n := range numbers {
			set.Add(n)
		}
		packed, err := packBitmap(set)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := unpackBitmap(data)
		if err != nil {
			return
		}
		packed, err := packBitmap(set)
		if err != nil {
			t.Fatal(err)
		}
		again, err := unpackBitmap(packed)
		if err != nil || !slices.Equal(slices.Collect(again.All()), slices.Collect(set.All())) {
			t.Errorf("got another set, %v", err)
		}
	})
}
