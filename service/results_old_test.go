package service

import (
	"testing"

	"comeback/store/documents"
)

// Results of a store that an older version wrote count its records.
func TestResultsOfAnOlderStoreCountItsRecords(t *testing.T) {
	t.Parallel()
	eachOldStore(t, func(t *testing.T, docs documents.Database) {
		s := serveOld(t, docs)
		for _, campaign := range s.list(t, "/v1/campaigns") {
			slug := campaign["campaign"].(string)
			var sent float64
			for _, m := range s.list(t, "/v1/messages?campaign="+slug) {
				if m["sent_at"] != nil {
					sent++
				}
			}
			entered, credited := len(s.list(t, "/v1/campaigns/"+slug+"/enrolments")), len(s.list(t, "/v1/campaigns/"+slug+"/conversions"))
			got := s.get(t, "/v1/campaigns/"+slug+"/results")
			total := got["total"].(map[string]any)
			if got["entered"] != float64(entered) || total["sent"] != sent || total["converted"] != float64(credited) {
				t.Errorf(
					"%s: got %v entered, %v sent, %v converted, want %d, %v and %d", slug, got["entered"], total["sent"], total["converted"],
					entered, sent, credited,
				)
			}
		}
	})
}
