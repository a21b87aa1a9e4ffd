package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// A search for a merged customer finds the survivor, whether that one is asked for too or not.
// An erased customer is not found.
func TestMergedCustomersAreReadAsTheSurvivor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		for id, into := range map[string]string{"a": "s:b", "b": "s:c", "c": "", "d": "", "gone": "", "lost": "s:gone"} {
			c := commerce.Customer{ID: "s:" + id, Shop: "s", MergedInto: into}
			if id == "gone" {
				c.GoneAt = noon
			}
			_, err := docs.Insert(t.Context(), "customers", c)
			must(t, err)
		}
		for _, test := range []struct {
			asked []string
			want  map[string]string
		}{
			{[]string{"s:a"}, map[string]string{"s:a": "s:c"}},
			{[]string{"s:a", "s:b", "s:c"}, map[string]string{"s:a": "s:c", "s:b": "s:c", "s:c": "s:c"}},
			{[]string{"s:c", "s:d", "s:none", "s:gone"}, map[string]string{"s:c": "s:c", "s:d": "s:d"}},
			{[]string{"s:d", "s:lost", "s:d"}, map[string]string{"s:d": "s:d"}},
		} {
			found, err := s.CustomersByID(t.Context(), "s", test.asked)
			must(t, err)
			got := map[string]string{}
			for id := range found {
				got[id] = found[id].ID
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("asked for %v: %s", test.asked, diff)
			}
		}
	})
}
