package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/connectors/history"
)

// importRun is one import while it runs.
type importRun struct {
	*Importer
	q        ImportRequest
	shop     commerce.Shop
	file     *countedFile
	encoding func() string // of the file, as far as it was read
	readAt   time.Time     // of records without a time
	job      commerce.Import
	report   *importTally
	progress func(ImportReport)

	// unchanged are the orders that the file did not change: if the file contains one
	// again, it is not counted twice. Orders that it changed carry the time of this
	// import.
	unchanged *idSet
}

// Stopped reports that an import was interrupted. What is stored stays, and the same
// file completes it.
type Stopped struct{ Line int }

// Error names the line and the remedy.
func (s Stopped) Error() string {
	return fmt.Sprintf("stopped at line %d, run it again to continue; what is stored stays, and nothing is stored twice", s.Line)
}

// all imports the file, and stores how that ended.
func (run *importRun) all(ctx context.Context, source historySource) error {
	defer run.unchanged.close()
	if err := run.begin(ctx); err != nil {
		return err
	}
	run.decided(source)
	err := run.copy(ctx, source)
	if err == nil {
		err = run.profiles(ctx)
	}
	run.decided(source)
	if ctx.Err() != nil {
		err = Stopped{run.report.Lines}
	}
	return errors.Join(err, run.end(context.WithoutCancel(ctx), err))
}

func (run *importRun) begin(ctx context.Context) error {
	run.job = commerce.Import{
		Connection: run.q.Connection, Name: run.q.File, Kind: run.q.kind(), Format: run.q.Format, Size: run.q.Size,
		StartedAt: run.wall().UTC().Truncate(time.Millisecond), State: commerce.ImportRunning,
	}
	if run.q.Check {
		return nil
	}
	if _, err := run.store.FinishImportsNow(ctx, run.q.Shop); err != nil {
		return err
	}
	job, err := run.store.BeginImport(ctx, run.q.Shop, run.job)
	run.job, run.report.Import = job, job.ID
	return err
}

// decided stores in the report how the file is read.
func (run *importRun) decided(source historySource) {
	if g, ok := source.(guesser); ok {
		guess := g.Guess()
		guess.Encoding = run.encoding()
		run.report.Guessed = &guess
	}
	if p, ok := source.(previewer); ok && run.q.Check {
		run.report.Preview = p.Preview()
	}
}

func (run *importRun) end(ctx context.Context, err error) error {
	run.job.State = commerce.ImportDone
	if err != nil {
		run.job.State, run.job.Reason = commerce.ImportFailed, commerce.Clip(err.Error(), 500)
	}
	if errors.As(err, &Stopped{}) || err != nil && run.file.failed() {
		run.job.State = commerce.ImportStopped
	}
	return run.note(ctx)
}

// note stores how far the import is.
func (run *importRun) note(ctx context.Context) error {
	if run.q.Check {
		return nil
	}
	result, err := json.Marshal(run.report.shown())
	if err != nil {
		return err
	}
	run.job.Bytes, run.job.Lines, run.job.Records, run.job.Result = run.file.bytes(), int64(run.report.Lines), int64(run.records()), result
	return run.store.SaveImport(ctx, run.q.Shop, run.job)
}

// profiles computes the profiles of all customers that the file names. For a live
// import the running service does that, and handles the events.
func (run *importRun) profiles(ctx context.Context) error {
	if run.q.Check {
		return nil
	}
	if run.q.Live {
		return run.store.MarkDue(ctx, run.q.Shop, run.wall())
	}
	for {
		done, err := run.store.RecomputeSome(ctx, run.q.Shop)
		if err != nil || done == 0 {
			return err
		}
		run.report.Profiles += done
		run.progress(run.report.shown())
		if err := run.note(ctx); err != nil {
			return err
		}
	}
}

func (run *importRun) save(ctx context.Context, b history.Batch) error {
	saved, err := run.keep(ctx, b.Records)
	if err != nil {
		return err
	}
	run.report.read(b) // only now: a line counts once it is stored
	for _, o := range saved.Orders {
		again, err := run.counted(o)
		if err != nil {
			return err
		}
		run.report.saved(o, again)
	}
	run.report.people(saved)
	for _, r := range saved.Refunds {
		run.report.savedRefund(r, r.Before.ID != "" && r.Before.Received.Equal(run.job.StartedAt))
	}
	return run.note(ctx)
}

func (run *importRun) keep(ctx context.Context, r connectors.Records) (commerce.HistorySaved, error) {
	switch {
	case run.q.Check:
		return asRead(run.shop, r), nil
	case run.q.Live:
		return run.store.SaveLive(ctx, run.q.Shop, r)
	}
	received(r, run.readAt, run.job.StartedAt)
	return run.store.SaveHistory(ctx, run.q.Shop, run.job.ID, r)
}

// records are those of the file's kind.
func (run *importRun) records() int {
	switch run.q.kind() {
	case commerce.ImportCustomers:
		return run.report.Customers
	case commerce.ImportProducts:
		return run.report.Products
	}
	return run.report.Orders
}

// received sets the receipt of all records: of two imports the later one counts. It
// is also the time of what has none of its own, which the reader dated readAt.
func received(r connectors.Records, readAt, at time.Time) {
	undated := func(t *time.Time) {
		if t.Equal(readAt) {
			*t = at
		}
	}
	for i := range r.Orders {
		r.Orders[i].Received = at
	}
	for i := range r.LooseRefunds {
		r.LooseRefunds[i].Received = at
	}
	for i := range r.Checkouts {
		r.Checkouts[i].Received = at
	}
	for i := range r.Customers {
		r.Customers[i].Received = at
		undated(&r.Customers[i].Version)
		for k := range r.Customers[i].Consents {
			undated(&r.Customers[i].Consents[k].At)
		}
	}
	for i := range r.Suppressions {
		undated(&r.Suppressions[i].At)
	}
	for i := range r.Products {
		r.Products[i].Received = at
		undated(&r.Products[i].Version)
	}
}

// counted reports whether the file contained the order before.
func (run *importRun) counted(o commerce.SavedOrder) (bool, error) {
	switch {
	case o.Before.ID == "":
		return false, nil
	case o.Before.Past.Import.Equal(run.job.StartedAt):
		return true, nil
	}
	return run.unchanged.add(o.Before.ID)
}

// asRead is what a check reports: the records as they would be stored in an empty shop.
func asRead(shop commerce.Shop, r connectors.Records) commerce.HistorySaved {
	var all commerce.HistorySaved
	for _, in := range r.Orders {
		in.Imported = true
		o := commerce.Merge(commerce.Order{}, in)
		o.Fact = commerce.FactOf(o, shop.Currency)
		if len(o.Buyer.Identities(o.Connection)) > 0 {
			o.Customer = o.ID // somebody
		}
		all.Orders = append(all.Orders, commerce.SavedOrder{After: o})
	}
	for _, f := range r.LooseRefunds {
		all.Refunds = append(all.Refunds, commerce.SavedRefund{After: f})
	}
	return all
}

// countedFile counts the bytes of a file and remembers whether it broke off.
type countedFile struct {
	from io.Reader
	mu   sync.Mutex
	n    int64
	err  error
}

// Read reads and counts.
func (f *countedFile) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

func (f *countedFile) bytes() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func (f *countedFile) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil
}
