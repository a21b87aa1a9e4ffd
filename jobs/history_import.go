package jobs

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/connectors/history"
)

// Importer imports files of history into shops. It reads ahead by one batch. A file is
// always read from its start, and what is stored already is only compared: so an
// import that stopped is completed by repeating it, also if the file was changed
// meanwhile. Memory does not grow with the file.
type Importer struct {
	store histories
	wall  func() time.Time
}

// NewImporter makes an importer; wall dates imports and the receipt of records.
func NewImporter(s histories, wall func() time.Time) *Importer {
	return &Importer{store: s, wall: wall}
}

// histories is the part of the store that an import needs.
type histories interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	BeginImport(ctx context.Context, shop string, i commerce.Import) (commerce.Import, error)
	SaveImport(ctx context.Context, shop string, i commerce.Import) error
	FinishImportsNow(ctx context.Context, shop string) (finished int, err error)
	SaveHistory(ctx context.Context, shop, run string, r connectors.Records) (commerce.HistorySaved, error)
	SaveLive(ctx context.Context, shop string, r connectors.Records) (commerce.HistorySaved, error)
	RecomputeSome(ctx context.Context, shop string) (done int, err error)
	MarkDue(ctx context.Context, shop string, at time.Time) error
}

// ImportRequest describes a file and its destination.
type ImportRequest struct {
	Shop       string
	Kind       commerce.ImportKind // of the records of a table; "": orders
	Connection string              // slug; the connection of the shop's platform, where there is one
	File       string              // name of the file, for people
	Size       int64               // bytes of the file; 0: not known
	Format     string              // csv, xlsx or ndjson; csv and xlsx are the same: the file's first bytes show which it is
	Encoding   string              // of history.Encodings; "": by the bytes
	Profile    string              // of csv: name of a known export; "": by the header
	Columns    string              // of csv: field=Column,...; others by the header
	Statuses   string              // of csv: word=meaning,... for words of states that are not known
	Dates      string              // of csv: dmy, mdy or ymd, order of the parts; "": by the cells
	Decimal    string              // of csv: comma or point, sign before a fraction; "": by the cells
	Sheet      string              // of an xlsx workbook: the name of the sheet; "": the first with rows
	Custom     bool                // of customers and products: columns without a field become custom fields
	Live       bool                // like webhooks: records make events and start campaigns
	Check      bool                // store nothing
}

// Run imports the file and calls progress after every batch. A line that is
// refused is in the report and is no error. An import that is interrupted returns
// Stopped.
func (m *Importer) Run(ctx context.Context, q ImportRequest, file io.Reader, progress func(ImportReport)) (ImportReport, error) {
	shop, err := m.store.Shop(ctx, q.Shop)
	if err != nil {
		return ImportReport{}, err
	}
	if err := q.Validate(); err != nil {
		return ImportReport{}, err
	}
	raw := &countedFile{from: file}
	r, closed, err := openHistory(raw, q, shop.Market)
	if err != nil {
		return ImportReport{}, err
	}
	defer closed()
	if _, err := r.Peek(1); err != nil {
		return ImportReport{}, unreadable(err)
	}
	at := m.wall().UTC().Truncate(time.Millisecond)
	source, err := q.source(shop, r.Reader, at)
	if err != nil {
		return ImportReport{}, err
	}
	run := &importRun{
		Importer: m, q: q, shop: shop, file: raw, encoding: r.Encoding, readAt: at, report: newImportTally(q, shop), progress: progress,
		unchanged: newIDSet(idsInMemory),
	}
	err = run.all(ctx, source)
	return run.report.shown(), err
}

func unreadable(err error) error {
	if errors.Is(err, io.EOF) {
		return commerce.Errorf(commerce.Invalid, "file: is empty")
	}
	return err
}

// Validate checks everything but the shop; the error is Invalid and names the
// field.
func (q ImportRequest) Validate() error {
	table := q.kind() != commerce.ImportOrders
	switch {
	case table && q.Kind != commerce.ImportCustomers && q.Kind != commerce.ImportProducts:
		return commerce.Errorf(commerce.Invalid, "kind %q: write orders, customers or products", commerce.Clip(string(q.Kind), 40))
	case table && q.Format == "ndjson":
		return commerce.Errorf(commerce.Invalid, "kind %s: ndjson contains records of every kind; leave the kind out", q.Kind)
	case table && q.Live:
		return commerce.Errorf(commerce.Invalid, "live: leave it out, a file of %s starts no campaign", q.Kind)
	case table && q.Statuses != "", !table && q.Custom:
		return commerce.Errorf(commerce.Invalid, "status is for orders, custom for customers and products: leave the other one out")
	case !commerce.Slug(q.Connection):
		return commerce.Errorf(commerce.Invalid, "connection %q: write %s", q.Connection, commerce.SlugRule)
	case q.Format != "csv" && q.Format != "xlsx" && q.Format != "ndjson":
		return commerce.Errorf(commerce.Invalid, "format %q: write csv, xlsx or ndjson", q.Format)
	case q.Format == "ndjson" && q.Profile+q.Columns+q.Statuses+q.Dates+q.Decimal+q.Sheet != "":
		return commerce.Errorf(commerce.Invalid, "profile, map, status, dates, decimal and sheet: leave them out, they are for csv and xlsx only")
	}
	if err := history.CheckEncoding(q.Encoding); err != nil {
		return err
	}
	if table {
		return nil
	}
	return q.options(commerce.Shop{}).Check()
}

// kind is the kind of the records.
func (q ImportRequest) kind() commerce.ImportKind {
	return cmp.Or(q.Kind, commerce.ImportOrders)
}

func (q ImportRequest) options(shop commerce.Shop) history.Options {
	return history.Options{
		Shop: shop, Connection: q.Connection, Profile: q.Profile, Columns: q.Columns, Statuses: q.Statuses, Dates: q.Dates, Decimal: q.Decimal,
	}
}

// historySource reads a file batch by batch; Next returns io.EOF after the last.
type historySource interface {
	Next() (history.Batch, error)
}

// guesser is a source that decides from the file how to read it.
type guesser interface{ Guess() history.Guess }

// previewer is a source that shows the first orders as it understood them.
type previewer interface{ Preview() []history.Preview }

func (q ImportRequest) source(shop commerce.Shop, r *bufio.Reader, at time.Time) (historySource, error) {
	list := history.ListOptions{
		Shop: shop, Connection: q.Connection, Name: q.File, Profile: q.Profile, Columns: q.Columns, Dates: q.Dates, Decimal: q.Decimal,
		Custom: q.Custom, ReadAt: at,
	}
	switch {
	case q.kind() == commerce.ImportCustomers:
		return history.NewCustomers(r, list)
	case q.kind() == commerce.ImportProducts:
		return history.NewProducts(r, list)
	case q.Format == "ndjson":
		return history.NewNDJSON(r, q.Shop, q.Connection, at), nil
	}
	return history.NewCSV(r, q.options(shop))
}

// copy stores the batches of source, while source reads ahead. It stores the records
// read before an error of the file, then returns the error.
func (run *importRun) copy(ctx context.Context, source historySource) error {
	group, both := errgroup.WithContext(ctx)
	batches := make(chan history.Batch) // one is read while one is stored
	var broken error
	group.Go(func() error {
		defer close(batches)
		broken = readAhead(both, source, batches)
		return nil
	})
	group.Go(func() error {
		for b := range batches {
			if err := run.save(both, b); err != nil {
				return err
			}
			run.progress(run.report.shown())
		}
		return nil
	})
	return cmp.Or(group.Wait(), broken)
}

func readAhead(ctx context.Context, source historySource, batches chan<- history.Batch) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := source.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
