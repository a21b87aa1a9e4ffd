package service

import (
	"context"
	"errors"
	"io"

	"comeback/api"
	"comeback/commerce"
	"comeback/jobs"
)

// importer runs the imports of the API, which shows no progress.
type importer struct{ *jobs.Importer }

// Import reads the whole file and returns the report of the import.
func (i importer) Import(ctx context.Context, q api.ImportRequest, file io.Reader) (report any, err error) {
	done, err := i.Run(ctx, jobs.ImportRequest{
		Kind: commerce.ImportKind(q.Kind), Size: q.Size, Custom: q.Custom, Check: q.Check,
		Shop: q.Shop, Connection: q.Connection, File: q.Name, Format: q.Format, Encoding: q.Encoding, Profile: q.Profile,
		Columns: q.Columns, Statuses: q.Statuses, Dates: q.Dates, Decimal: q.Decimal, Sheet: q.Sheet, Live: q.Live,
	}, file, func(jobs.ImportReport) {})
	if stopped := (jobs.Stopped{}); errors.As(err, &stopped) {
		err = commerce.Errorf(commerce.Unavailable, "import: %w", err)
	}
	return done, err
}
