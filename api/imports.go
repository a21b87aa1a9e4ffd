package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// Importer brings a file of history into a shop, as a stream.
type Importer interface {
	Import(ctx context.Context, q ImportRequest, file io.Reader) (report any, err error)
}

// ImportRequest says what a file is and where it goes. What a field may say is
// the importer's to check.
type ImportRequest struct {
	Shop, Connection, Format, Columns, Dates, Name string
	Live, Again                                    bool
}

// imports take files through the running service, which alone may open the
// embedded database.
type imports struct {
	importer Importer
	deadline func(time.Duration) time.Time
}

// silence is how long a sender may send nothing.
const silence = 30 * time.Second

// add reads the file from the body, however long it takes, and answers when its
// profiles are computed.
func (h *imports) add(c *gin.Context) (any, error) {
	if h.importer == nil {
		return nil, commerce.Errorf(commerce.Unsupported, "imports: this process takes none")
	}
	a, err := ask(c, "connection", "format", "map", "dates", "name", "live", "again")
	if err != nil {
		return nil, err
	}
	q := ImportRequest{
		Shop: c.Param("shop"), Connection: a.query.Get("connection"), Format: a.query.Get("format"),
		Columns: a.query.Get("map"), Dates: a.query.Get("dates"), Name: a.query.Get("name"),
	}
	for name, into := range map[string]*bool{"live": &q.Live, "again": &q.Again} {
		if text := a.query.Get(name); text != "" {
			if *into, err = strconv.ParseBool(text); err != nil {
				return nil, commerce.Errorf(commerce.Invalid, "query: %s: write true or false", name)
			}
		}
	}
	body := &patientReader{body: c.Request.Body, connection: http.NewResponseController(c.Writer), deadline: h.deadline}
	report, err := h.importer.Import(c.Request.Context(), q, body)
	_ = body.connection.SetWriteDeadline(h.deadline(silence))
	if err != nil {
		return nil, err
	}
	return gin.H{"report": report}, nil
}

// patientReader waits for its sender as long as something comes. After the last
// byte nothing is waited for: a deadline that passed while profiles are still
// computed would end the request, for the server reads on to see whether its
// client is still there.
type patientReader struct {
	body       io.Reader
	connection *http.ResponseController
	deadline   func(time.Duration) time.Time
}

func (r *patientReader) Read(p []byte) (int, error) {
	// Recorders of tests have no deadlines; a server's connection always does.
	_ = r.connection.SetReadDeadline(r.deadline(silence))
	_ = r.connection.SetWriteDeadline(time.Time{})
	n, err := r.body.Read(p)
	if err != nil {
		_ = r.connection.SetReadDeadline(time.Time{})
	}
	return n, err
}
