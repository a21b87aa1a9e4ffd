package jobs

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// A set of ids answers as a map does, also for ids that are in its file.
func TestIDSetAnswersAsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s, model := newIDSet(rapid.IntRange(100, 1200).Draw(r, "limit")), map[string]bool{}
		defer s.close()
		rounds := rapid.SliceOfN(rapid.IntRange(0, 1500), 1, 3).Draw(r, "last id of each round")
		for _, last := range rounds {
			for n := range last {
				id := fmt.Sprint(n)
				known, err := s.add(id)
				if err != nil || known != model[id] {
					r.Fatalf("id %s: got %v (%v), want %v", id, known, err, model[id])
				}
				model[id] = true
			}
		}
	})
}
