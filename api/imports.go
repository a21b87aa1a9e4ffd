package api

import (
	"bytes"
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
	Shop, Connection, Format, Name                       string
	Encoding, Profile, Columns, Statuses, Dates, Decimal string
	Sheet                                                string
	Live, Again                                          bool
}

// imports accept files through the running service, because only one process
// may open the embedded database.
type imports struct {
	importer Importer
	deadline func(time.Duration) time.Time
	turns    *limits.Places
}

// silence is the longest time without any byte from the sender.
const silence = 30 * time.Second

// add reads the file from the body, without a time limit, and answers when its
// profiles are computed.
func (h *imports) add(c *gin.Context) (any, error) {
	if h.importer == nil {
		return nil, commerce.Errorf(commerce.Unsupported, "imports: this process does not accept imports")
	}
	a, err := ask(c, "connection", "format", "encoding", "profile", "map", "status", "dates", "decimal", "sheet", "name", "live", "again")
	if err != nil {
		return nil, err
	}
	q := ImportRequest{
		Shop: c.Param("shop"), Connection: a.query.Get("connection"), Format: a.query.Get("format"),
		Encoding: a.query.Get("encoding"), Profile: a.query.Get("profile"), Columns: a.query.Get("map"), Statuses: a.query.Get("status"),
		Dates: a.query.Get("dates"), Decimal: a.query.Get("decimal"), Sheet: a.query.Get("sheet"), Name: a.query.Get("name"),
	}
	for name, into := range map[string]*bool{"live": &q.Live, "again": &q.Again} {
		if text := a.query.Get(name); text != "" {
			if *into, err = strconv.ParseBool(text); err != nil {
				return nil, commerce.Errorf(commerce.Invalid, "query: %s: write true or false", name)
			}
		}
	}
	leave, err := h.turns.Enter(c.Request.Context(), q.Shop)
	if err != nil {
		return nil, err
	}
	defer leave()
	body := &patientReader{body: c.Request.Body, connection: http.NewResponseController(c.Writer), deadline: h.deadline}
	ctx, done := body.outlived(c.Request.Context())
	defer done()
	report, err := h.importer.Import(ctx, q, begun(body))
	_ = body.connection.SetWriteDeadline(h.deadline(silence))
	if err != nil {
		return nil, err
	}
	return gin.H{"report": report}, nil
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
}

func (r *patientReader) Read(p []byte) (int, error) {
	r.reading.Lock()
	defer r.reading.Unlock()
	patience := min(silence, silence+time.Duration(r.came/pace)*time.Second-r.waited)
	began := r.deadline(0)
	// Recorders in tests have no deadlines; a server's connection has.
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
// received is still stored.
func (r *patientReader) outlived(request context.Context) (ctx context.Context, done func()) {
	ctx, end := context.WithCancel(context.WithoutCancel(request))
	stop := context.AfterFunc(request, func() {
		r.reading.Lock() // the request ends during the failing read
		defer r.reading.Unlock()
		if !r.broken {
			end()
		}
	})
	return ctx, func() {
		stop()
		end()
	}
}
