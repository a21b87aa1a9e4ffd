package service

import (
	"context"
	"io"

	"comeback/api"
	"comeback/jobs"
)

// imports are those that come by the API, which shows no progress.
type imports struct{ *jobs.Importer }

// Import reads the whole file.
func (i imports) Import(ctx context.Context, q api.ImportRequest, file io.Reader) (report any, err error) {
	return i.Run(ctx, jobs.ImportRequest{
		Shop: q.Shop, Connection: q.Connection, File: q.Name, Format: q.Format, Columns: q.Columns, Dates: q.Dates, Live: q.Live, Again: q.Again,
	}, file, func(jobs.ImportReport) {})
}
