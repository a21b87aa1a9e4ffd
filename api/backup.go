package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// backups streams copies of the embedded database. Only the service can make one,
// because only one process may open the database.
type backups struct {
	write    func(ctx context.Context, w io.Writer) error // nil: this process makes none
	deadline func(time.Duration) time.Time
}

// get answers with a tar file, without a time limit. The request's context ends when
// the caller leaves.
func (h *backups) get(c *gin.Context) {
	if err := plain(c); err != nil {
		refuse(c, err)
		return
	}
	if h.write == nil {
		refuse(c, commerce.Errorf(commerce.Unsupported, "backup: this process makes no backups"))
		return
	}
	connection := http.NewResponseController(c.Writer)
	_ = connection.SetWriteDeadline(time.Time{}) // the copy is made before the first byte
	body := &backupBody{to: c.Writer, connection: connection, deadline: h.deadline}
	switch err := h.write(c.Request.Context(), body); {
	case err == nil:
	case !body.begun:
		_ = connection.SetWriteDeadline(h.deadline(silence))
		refuse(c, err)
	default:
		_ = c.Error(err)            // shown in the request's log line
		panic(http.ErrAbortHandler) // an incomplete file must not look complete
	}
}

// backupBody sends the headers with the first byte, so that an error before it has an
// answer of its own.
type backupBody struct {
	to         gin.ResponseWriter
	connection *http.ResponseController
	deadline   func(time.Duration) time.Time
	begun      bool
}

func (b *backupBody) Write(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		b.to.Header().Set("Content-Type", "application/x-tar")
		b.to.Header().Set("Content-Disposition", `attachment; filename="comeback.tar"`)
		b.to.Header().Set("Cache-Control", "no-store")
	}
	_ = b.connection.SetWriteDeadline(b.deadline(silence)) // recorders in tests have no deadlines
	return b.to.Write(p)
}
