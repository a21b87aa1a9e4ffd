package jobs

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/connectors/history"
)

// Importer imports a file of history into a shop. It reads ahead by one batch and
// stores its position after each batch, so an interrupted import continues. Memory
// does not grow with the file.
type Importer struct {
	store histories
	wall  func() time.Time
}

// NewImporter makes an importer; wall dates leases and the receipt of records.
func NewImporter(s histories, wall func() time.Time) *Importer {
	return &Importer{store: s, wall: wall}
}

// histories is the part of the store that an import needs.
type histories interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	FindImport(ctx context.Context, shop, id string) (i commerce.Import, found bool, err error)
	SaveImport(ctx context.Context, shop string, i commerce.Import) error
	SaveHistory(ctx context.Context, shop, run string, r connectors.Records) (commerce.HistorySaved, error)
	SaveRecords(ctx context.Context, shop string, r connectors.Records) (subjects []string, err error)
	RecomputeAll(ctx context.Context, shop string) (done int, err error)
	MarkDue(ctx context.Context, shop string, at time.Time) error
}

// ImportRequest describes a file and its destination.
type ImportRequest struct {
	Shop       string
	Connection string // slug; the connection of the shop's platform, where there is one
	File       string // name of the file, for people
	Format     string // csv, xlsx or ndjson; csv and xlsx are the same: the file's first bytes show which it is
	Encoding   string // of history.Encodings; "": by the bytes
	Profile    string // of csv: name of a known export; "": by the header
	Columns    string // of csv: field=Column,...; others by the header
	Statuses   string // of csv: word=meaning,... for words of states that are not known
	Dates      string // of csv: dmy or mdy, order of day and month; "": by the cells
	Decimal    string // of csv: comma or point, sign before a fraction; "": by the cells
	Sheet      string // of an xlsx workbook: the name of the sheet; "": the first with rows
	Live       bool   // like webhooks: records make events and start campaigns
	Again      bool   // from the start, even if the file was read before
	Check      bool   // store nothing
}

// Run imports the file and calls progress after every batch. A line that is
// refused is in the report and is no error.
func (m *Importer) Run(ctx context.Context, q ImportRequest, file io.Reader, progress func(ImportReport)) (ImportReport, error) {
	shop, err := m.store.Shop(ctx, q.Shop)
	if err != nil {
		return ImportReport{}, err
	}
	if err := q.Validate(); err != nil {
		return ImportReport{}, err
	}
	r, done, err := openHistory(file, q, shop.Market)
	if err != nil {
		return ImportReport{}, err
	}
	defer done()
	state, progressed, err := m.begin(ctx, q, shop, r.Reader)
	if err != nil {
		return ImportReport{}, err
	}
	report := progressed.Report
	from := history.Resume{Position: history.Position{Offset: state.Offset, Line: state.Line}, End: progressed.End, Skip: progressed.Skip}
	source, err := q.source(shop, r.Reader, from, m.wall())
	if err != nil {
		return ImportReport{}, err
	}
	wasDone, before := state.Done, report.Lines
	if err := m.copy(ctx, q, shop.Location(), source, &state, &report, progress); err != nil {
		return report, err
	}
	report.NothingNew = wasDone && report.Lines == before
	if q.Check {
		return report, nil
	}
	if q.Live { // the running service computes profiles and handles events
		return report, m.store.MarkDue(ctx, q.Shop, m.wall())
	}
	report.Profiles, err = m.store.RecomputeAll(ctx, q.Shop)
	return report, err
}

// Validate checks everything but the shop; the error is Invalid and names the
// field.
func (q ImportRequest) Validate() error {
	switch {
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
	return q.options(commerce.Shop{}).Check()
}

func (q ImportRequest) options(shop commerce.Shop) history.Options {
	return history.Options{
		Shop: shop, Connection: q.Connection, Profile: q.Profile, Columns: q.Columns, Statuses: q.Statuses, Dates: q.Dates, Decimal: q.Decimal,
	}
}

// begin returns the state of an earlier import of this file, else a new one.
func (m *Importer) begin(
	ctx context.Context, q ImportRequest, shop commerce.Shop, r *bufio.Reader,
) (commerce.Import, importProgress, error) {
	p := importProgress{Report: ImportReport{File: q.File, Currency: shop.Currency, Months: map[string]*MonthTotals{}, Checked: q.Check}}
	head, err := r.Peek(history.PeekBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return commerce.Import{}, p, commerce.Errorf(commerce.Invalid, "file: %w", err)
	}
	if len(head) == 0 {
		return commerce.Import{}, p, commerce.Errorf(commerce.Invalid, "file: is empty")
	}
	// Identified by its first bytes, not by its name: exports often have the same name.
	sum := sha256.Sum256([]byte(strings.Join([]string{
		q.Format + q.Sheet, q.Columns, q.Dates, q.Encoding, q.Profile, q.Statuses, q.Decimal, string(head),
	}, "\x00")))
	id := commerce.ImportID(q.Shop, q.Connection, hex.EncodeToString(sum[:12]))
	state, found, err := m.store.FindImport(ctx, q.Shop, id)
	if err != nil || !found || q.Again || q.Check {
		return commerce.Import{ID: id, Connection: q.Connection, Name: q.File}, p, err
	}
	if len(state.Report) > 0 {
		if err := json.Unmarshal(state.Report, &p); err != nil {
			return state, p, commerce.Errorf(commerce.Internal, "import %s: its stored report cannot be read: %w", id, err)
		}
	}
	p.Report.File, p.Report.ResumedAt = q.File, state.Line
	return state, p, nil
}

// importProgress is stored with an import beside its position.
type importProgress struct {
	Report ImportReport `json:"report"`
	End    int64        `json:"end"`
	Skip   []string     `json:"skip"`
}

// historySource reads a file batch by batch; Next returns io.EOF after the last.
type historySource interface {
	Next() (history.Batch, error)
}

func (q ImportRequest) source(shop commerce.Shop, r *bufio.Reader, from history.Resume, at time.Time) (historySource, error) {
	if q.Format == "ndjson" {
		return history.NewNDJSON(r, q.Shop, q.Connection, from.Position, at)
	}
	return history.NewCSV(r, q.options(shop), from)
}

// copy stores the batches of source, while source reads ahead. It stores the records
// read before an error of the file, then returns the error.
func (m *Importer) copy(
	ctx context.Context, q ImportRequest, zone *time.Location, source historySource, state *commerce.Import, report *ImportReport,
	progress func(ImportReport),
) error {
	group, both := errgroup.WithContext(ctx)
	batches := make(chan history.Batch, 1)
	var broken error
	group.Go(func() error {
		defer close(batches)
		broken = readAhead(both, source, batches)
		return nil
	})
	group.Go(func() error {
		for b := range batches {
			report.add(b, zone)
			if err := m.save(both, q, b, state, report); err != nil {
				return err
			}
			progress(*report)
		}
		return nil
	})
	if err := cmp.Or(group.Wait(), broken); err != nil || q.Check {
		return err
	}
	state.Done = true
	return m.store.SaveImport(ctx, q.Shop, *state)
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

func (m *Importer) save(ctx context.Context, q ImportRequest, b history.Batch, state *commerce.Import, report *ImportReport) error {
	if q.Check {
		return nil
	}
	if q.Live {
		if _, err := m.store.SaveRecords(ctx, q.Shop, b.Records); err != nil {
			return err
		}
	} else {
		saved, err := m.store.SaveHistory(ctx, q.Shop, state.ID, b.Records)
		if err != nil {
			return err
		}
		report.NewOrders += saved.NewOrders
		report.NewRefunds += saved.NewRefunds
		report.Differing += len(saved.Differing)
		report.DifferingIDs = append(report.DifferingIDs, saved.Differing...)
		report.DifferingIDs = report.DifferingIDs[:min(len(report.DifferingIDs), shown)]
	}
	totals, err := json.Marshal(importProgress{*report, b.Until.End, b.Until.Skip})
	if err != nil {
		return err
	}
	state.Offset, state.Line, state.Report = b.Until.Offset, b.Until.Line, totals
	return m.store.SaveImport(ctx, q.Shop, *state)
}
