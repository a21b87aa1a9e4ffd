package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"comeback/commerce/clocktest"
)

// deadlines is an answer whose connection notes its deadlines.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error  { d.read = at; return nil }
func (d *deadlines) SetWriteDeadline(at time.Time) error { d.write = at; return nil }

// A sender may be silent for half a minute at most; once the file is whole no
// deadline is left that could end the request while profiles are computed.
func TestImportWaitsForProfiles(t *testing.T) {
	t.Parallel()
	now := clocktest.Now(t)
	d := &deadlines{ResponseRecorder: httptest.NewRecorder(), write: now}
	r := &patientReader{
		body: strings.NewReader("id"), connection: http.NewResponseController(d),
		deadline: func(d time.Duration) time.Time { return now.Add(d) },
	}
	if _, err := r.Read(make([]byte, 2)); err != nil || !d.read.Equal(now.Add(silence)) {
		t.Errorf("while the file comes: got read deadline %v, %v; want %v", d.read, err, now.Add(silence))
	}
	if _, err := r.Read(make([]byte, 2)); err != io.EOF || !d.read.IsZero() || !d.write.IsZero() {
		t.Errorf("after its end: got deadlines %v and %v, %v; want none", d.read, d.write, err)
	}
}
