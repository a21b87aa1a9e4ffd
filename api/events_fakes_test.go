package api_test

import (
	"context"

	"comeback/commerce"
)

// ReportEvents stores nothing: each report is answered as stored.
func (f *fakeStore) ReportEvents(ctx context.Context, _ string, list []commerce.Report) ([]commerce.Reported, error) {
	answers := make([]commerce.Reported, len(list))
	for i := range list {
		answers[i].State = commerce.ReportStored
	}
	return answers, f.fail(ctx)
}
