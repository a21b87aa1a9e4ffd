package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// idempotency makes a repeated POST safe. Requests with one Idempotency-Key are
// executed once, and get the same answer for 24 hours. Only successful answers
// are stored; after a refusal the caller may try again.
type idempotency struct {
	store idempotencyStore
	wall  func() time.Time
}

type idempotencyStore interface {
	// ReserveReply reserves r.ID. If it is reserved already, kept is that
	// reservation or its answer. Reservations without an answer from before
	// stale, and all from before expired, are replaced.
	ReserveReply(ctx context.Context, shop string, r commerce.Reply, stale, expired time.Time) (kept commerce.Reply, mine bool, err error)
	SaveReply(ctx context.Context, shop string, r commerce.Reply) error
	DropReply(ctx context.Context, shop string, r commerce.Reply) error
}

const (
	replyKept  = 24 * time.Hour
	replyStale = time.Minute // longer than a request's deadline: its process has died
)

func (i *idempotency) once(c *gin.Context) {
	key := c.GetHeader("Idempotency-Key")
	if key == "" || c.Request.Method != http.MethodPost {
		c.Next()
		return
	}
	if len(key) > 255 {
		refuse(c, commerce.Errorf(commerce.Invalid, "Idempotency-Key: longer than 255 characters"))
		return
	}
	body, err := rawBody(c)
	if err != nil {
		refuse(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	c.Request.ContentLength = int64(len(body))
	shop := shopOf(c)
	if shop == "" {
		shop = commerce.Installation
	}
	i.reserve(c, shop, i.reply(c, shop, key, body))
}

// reply is the reservation of a request: its method, path, query and body.
func (i *idempotency) reply(c *gin.Context, shop, key string, body []byte) commerce.Reply {
	name := sha256.Sum256([]byte(key))
	target := c.Request.URL.Path
	if c.Request.URL.RawQuery != "" {
		target += "?" + c.Request.URL.RawQuery
	}
	request := sha256.Sum256(slices.Concat([]byte(c.Request.Method+"\n"+target+"\n"), body))
	return commerce.Reply{
		ID: commerce.Key(shop, hex.EncodeToString(name[:])), Shop: shop, Request: request[:], Body: []byte{},
		Holder: requestID(c), At: i.wall(),
	}
}

func (i *idempotency) reserve(c *gin.Context, shop string, r commerce.Reply) {
	kept, mine, err := i.store.ReserveReply(c.Request.Context(), shop, r, r.At.Add(-replyStale), r.At.Add(-replyKept))
	switch {
	case err != nil:
		refuse(c, err)
	case mine:
		i.do(c, shop, r)
	case kept.Status == 0:
		refuse(c, commerce.Errorf(commerce.Conflict, "Idempotency-Key: the same request is still in progress, send it again in a moment"))
	case !bytes.Equal(kept.Request, r.Request):
		refuse(c, commerce.Errorf(commerce.Unsupported, "Idempotency-Key: was used for another request, write a new key"))
	default:
		c.Header("Idempotent-Replayed", "true")
		c.Data(kept.Status, "application/json; charset=utf-8", kept.Body)
		c.Abort()
	}
}

// do executes the request and stores its answer. The caller gets the answer
// even if it could not be stored, because the request is done.
func (i *idempotency) do(c *gin.Context, shop string, r commerce.Reply) {
	copied := &copyingWriter{ResponseWriter: c.Writer}
	c.Writer = copied
	c.Next()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), pingLimit)
	defer cancel()
	keep := i.store.DropReply
	if r.Status = copied.Status(); r.Status < http.StatusMultipleChoices {
		r.Body, keep = copied.body.Bytes(), i.store.SaveReply
	}
	if err := keep(ctx, shop, r); err != nil {
		_ = c.Error(err) // shown in the request's log line
	}
}

// copyingWriter copies the answer.
type copyingWriter struct {
	gin.ResponseWriter
	body bytes.Buffer
}

func (w *copyingWriter) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

func (w *copyingWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }
