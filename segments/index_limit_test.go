package segments

import (
	"math/rand/v2"
	"strings"
	"testing"

	"comeback/commerce"
)

// An index rejects rows soon after they exceed its limit, and the error names the
// setting to raise. The content of the index is unchanged.
func TestIndexRejectsRowsOverItsLimit(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	d := dice{rand.New(rand.NewPCG(1, 1))}
	rows := customers(d, 4000)
	free := NewIndex(p)
	free.rows = 64
	if err := free.Build(stream(rows)); err != nil {
		t.Fatal(err)
	}
	whole := free.Memory()
	t.Run("a build stops early", func(t *testing.T) {
		t.Parallel()
		ix := NewIndex(p)
		ix.rows = 64
		ix.Limit(whole / 10)
		read := 0
		isTooLarge(t, ix.Build(func(yield func(*Row, error) bool) {
			for _, r := range rows {
				if read++; !yield(r, nil) {
					return
				}
			}
		}))
		if read > len(rows)/5 || ix.Len() != 0 {
			t.Fatalf("read %d of %d rows and has %d customers, want a tenth and a little, and none", read, len(rows), ix.Len())
		}
	})
	t.Run("changes that do not fit leave the index as it was", func(t *testing.T) {
		t.Parallel()
		ix := NewIndex(p)
		ix.rows = 64
		if err := ix.Build(stream(rows[:2000])); err != nil {
			t.Fatal(err)
		}
		before := ix.Count(nil, now)
		ix.Limit(ix.Memory() + whole/20)
		isTooLarge(t, ix.Apply(append([]*Row{{N: rows[0].N, Rev: 2, Gone: true}}, rows[2000:]...)))
		if got := ix.Count(nil, now); got != before {
			t.Fatalf("got %d customers, want %d as before", got, before)
		}
	})
	t.Run("deletions always fit", func(t *testing.T) {
		t.Parallel()
		ix := NewIndex(p)
		if err := ix.Build(stream(rows[:100])); err != nil {
			t.Fatal(err)
		}
		ix.Limit(1)
		if err := ix.Apply([]*Row{{N: rows[0].N, Rev: 2, Gone: true}}); err != nil || ix.Len() != 99 {
			t.Fatalf("got %v and %d customers, want 99", err, ix.Len())
		}
	})
}

func isTooLarge(t *testing.T, err error) {
	t.Helper()
	if commerce.CodeOf(err) != commerce.TooLarge || !strings.Contains(err.Error(), "COMEBACK_SEGMENT_MEMORY") {
		t.Fatalf("got %v, want too_large and the setting", err)
	}
}
