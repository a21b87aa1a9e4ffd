package main

import (
	"context"
	"io"

	"comeback/api"
)

// imports are those that come by the API, which shows no progress.
type imports struct{ *importer }

// Import reads the whole file.
func (i imports) Import(ctx context.Context, q api.ImportRequest, file io.Reader) (report any, err error) {
	return i.run(ctx, importRequest{
		Shop: q.Shop, Connection: q.Connection, File: q.Name, Format: q.Format, Columns: q.Columns, Dates: q.Dates, Live: q.Live, Again: q.Again,
	}, file, func(importReport) {})
}
