package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api/limits"
	"comeback/commerce"
)

// Importer imports a file of history into a shop, as a stream.
type Importer interface {
	Import(ctx context.Context, q ImportRequest, file io.Reader) (report any, err error)
}

// ImportRequest describes a file and its destination. The importer checks the
// fields.
type ImportRequest struct {
	Shop, Kind, Connection, Format, Name                 string
	Encoding, Profile, Columns, Statuses, Dates, Decimal string
	Sheet                                                string
	Live, Check, Custom                                  bool
	Size                                                 int64 // of the body; 0: not known
}

// imports accept files through the running service, because only one process
// may open the embedded database. They also show the imports of a shop.
type imports struct {
	importer Importer
	store    importsStore
	wall     func() time.Time
	deadline func(time.Duration) time.Time
	waiting  *limits.Places
	turns    *limits.Places
	stopping <-chan struct{}
}

// silence is the longest time without any byte from the sender.
const silence = 30 * time.Second

// add reads the file from the body, without a time limit, and answers when its
// profiles are computed.
func (h *imports) add(c *gin.Context) (any, error) {
	if h.importer == nil {
		return nil, commerce.Errorf(commerce.Unsupported, "imports: this process does not accept imports")
	}
	q, err := askImport(c)
	if err != nil {
		return nil, err
	}
	wait, err := h.waiting.Enter(c.Request.Context(), q.Shop)
	if err != nil {
		return nil, err
	}
	defer wait()
	body := &patientReader{body: c.Request.Body, connection: http.NewResponseController(c.Writer), deadline: h.deadline}
	ctx, done := body.outlived(c.Request.Context(), h.stopping)
	defer done()
	file := begun(body) // before the wait: the server then notices that the sender of a small file left
	leave, err := h.turns.Enter(ctx, q.Shop)
	if err != nil {
		return nil, h.ended(err)
	}
	defer leave()
	report, err := h.importer.Import(ctx, q, file)
	_ = body.connection.SetWriteDeadline(h.deadline(silence))
	if err != nil {
		return nil, err
	}
	return gin.H{"report": report}, nil
}

// ended is the error of an import that could not begin.
func (h *imports) ended(err error) error {
	select {
	case <-h.stopping:
		return commerce.Errorf(commerce.Unavailable, "import: the process stops, nothing of the file is stored; run it again")
	default:
		return err
	}
}

// importShop is the shop of a shop key, or the one that an installation key names.
func importShop(c *gin.Context) string { return cmp.Or(shopOf(c), c.Param("shop")) }

// askImport reads the query of an import.
func askImport(c *gin.Context) (q ImportRequest, err error) {
	a, err := parameters(c, "kind", "connection", "format", "encoding", "profile", "map", "status", "dates", "decimal", "sheet", "name",
		"custom", "live", "check")
	if err != nil {
		return q, err
	}
	q = ImportRequest{
		Shop: importShop(c), Kind: a.query.Get("kind"), Connection: a.query.Get("connection"), Format: a.query.Get("format"),
		Encoding: a.query.Get("encoding"), Profile: a.query.Get("profile"), Columns: a.query.Get("map"), Statuses: a.query.Get("status"),
		Dates: a.query.Get("dates"), Decimal: a.query.Get("decimal"), Sheet: a.query.Get("sheet"), Name: a.query.Get("name"),
		Size: max(0, c.Request.ContentLength),
	}
	for name, into := range map[string]*bool{"custom": &q.Custom, "live": &q.Live, "check": &q.Check} {
		if text := a.query.Get(name); text != "" {
			if *into, err = strconv.ParseBool(text); err != nil {
				return q, commerce.Errorf(commerce.Invalid, "query: %s: write true or false", name)
			}
		}
	}
	return q, nil
}

// whole is how much of a file is read before the import begins. A smaller file
// is complete by then, so its sender is known to be connected.
const whole = 1 << 20

// begun is a body whose first part is read.
func begun(body io.Reader) io.Reader {
	var first bytes.Buffer
	_, err := io.CopyN(&first, body, whole)
	if err == nil {
		return io.MultiReader(&first, body)
	}
	if errors.Is(err, io.EOF) {
		return &first
	}
	return io.MultiReader(&first, failing{err})
}

// failing is a body that cannot be read further.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// pace is the number of bytes a second that a sender must reach, over all the
// time spent waiting for it. A slower sender would occupy a place forever.
const pace = 1 << 10

// patientReader waits for its sender as long as bytes arrive. After the last
// byte there is no deadline. An expired deadline would end the request while
// profiles are computed, because the server continues to read to detect a
// closed connection.
type patientReader struct {
	body       io.Reader
	connection *http.ResponseController
	deadline   func(time.Duration) time.Time
	came       int64
	waited     time.Duration

	reading sync.Mutex
	broken  bool // the body cannot be read to its end

	halting sync.Mutex
	stopped bool // the process ends: no further byte is awaited
}

func (r *patientReader) Read(p []byte) (int, error) {
	r.reading.Lock()
	defer r.reading.Unlock()
	patience := min(silence, silence+time.Duration(r.came/pace)*time.Second-r.waited)
	began := r.deadline(0)
	// Recorders in tests have no deadlines; a server's connection has.
	if r.halted() {
		patience = 0
	}
	_ = r.connection.SetReadDeadline(r.deadline(patience))
	_ = r.connection.SetWriteDeadline(time.Time{})
	n, err := r.body.Read(p)
	r.came, r.waited = r.came+int64(n), r.waited+r.deadline(0).Sub(began)
	if errors.Is(err, io.EOF) {
		_ = r.connection.SetReadDeadline(time.Time{})
		return n, err
	}
	r.broken = err != nil
	return n, brokenOff(err)
}

// brokenOff is the sender's error for a body that could not be read to its end.
func brokenOff(err error) error {
	const remedy = "repeat the import: what is stored stays, and nothing is stored twice"
	var late net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &late) && late.Timeout():
		return commerce.Errorf(
			commerce.Invalid, "body: comes too slowly; send at least %d bytes a second, and %s", pace, remedy,
		)
	}
	return commerce.Errorf(commerce.Invalid, "body: broke off (%w); %s", err, remedy)
}

// outlived is the context for work with the body. It ends with the request,
// unless the server ended the request because the body broke off. Then the part
// received is still stored. It also ends when the process stops: the sender then gets
// an answer, and need not wait for the connection to break.
func (r *patientReader) outlived(request context.Context, stopping <-chan struct{}) (ctx context.Context, done func()) {
	ctx, end := context.WithCancel(context.WithoutCancel(request))
	stop := context.AfterFunc(request, func() {
		r.reading.Lock() // the request ends during the failing read
		defer r.reading.Unlock()
		if !r.broken {
			end()
		}
	})
	go func() {
		select {
		case <-stopping:
			end()
			r.halt()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		stop()
		end()
	}
}

// halt ends a read that waits for the sender.
func (r *patientReader) halt() {
	r.halting.Lock()
	defer r.halting.Unlock()
	r.stopped = true
	_ = r.connection.SetReadDeadline(r.deadline(0))
}

func (r *patientReader) halted() bool {
	r.halting.Lock()
	defer r.halting.Unlock()
	return r.stopped
}
