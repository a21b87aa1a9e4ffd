package api

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api/limits"
	"comeback/commerce"
)

// hookBodies reads the bodies of deliveries, which any client may send. It
// limits the memory of all bodies, and the bytes of each address without a
// valid signature. A connection with a recent valid signature is not limited,
// because others may share its address.
type hookBodies struct {
	*bounds
	deadline func(time.Duration) time.Time
	proven   *limits.Names // address and connection
}

// read returns the body, and done, which the handler calls when the body is no
// longer needed.
func (h *hookBodies) read(c *gin.Context) (body []byte, done func(), err error) {
	// Before a refusal the server reads the rest of the body. It does not wait for a slow sender.
	connection := http.NewResponseController(c.Writer)
	_ = connection.SetReadDeadline(h.deadline(refusalWait))
	from, size := addressOf(c), sizeOf(c, maxHook+1)
	if left := h.unproven.Peek(from, kibibytes(size), h.wall()); !left.OK && !h.proven.Has(h.name(c, from)) {
		writeLimits(c, "unproven-kib", left)
		return nil, nil, tooMany("deliveries: too many without a valid signature from this address; check the secret, and wait %s", left)
	}
	held := bodyShare{bytes: h.bodies, from: from}
	// A platform closes the connection by then. Recorders in tests have no deadlines; a server's connection has.
	begin := func() { _ = connection.SetReadDeadline(h.deadline(hookLimit)) }
	if body, err = held.read(c.Request.Body, c.Request.ContentLength, begin); err != nil {
		held.give()
		h.charge(c, len(body))
		return nil, nil, err
	}
	return body, held.give, nil
}

// judged notes whether a delivery had a valid signature.
func (h *hookBodies) judged(c *gin.Context, proved bool, size int) {
	if proved {
		h.proven.Add(h.name(c, addressOf(c)))
		return
	}
	h.charge(c, size)
}

func (h *hookBodies) charge(c *gin.Context, size int) {
	h.unproven.Charge(addressOf(c), kibibytes(int64(size)), h.wall())
}

// name is an address and the connection it sends to, of bounded length.
func (h *hookBodies) name(c *gin.Context, from string) string {
	id := c.Param("connection")
	if len(id) > connectionID {
		return ""
	}
	return from + " " + c.Param("platform") + "/" + id
}

// refusalWait is how long the server waits for the body of a refused delivery.
const refusalWait = 250 * time.Millisecond

func kibibytes(size int64) int { return int((size + 1023) >> 10) }

// bodyShare is the part of the budget that one body uses.
type bodyShare struct {
	bytes *limits.Bytes
	from  string
	held  int64
}

func (b *bodyShare) take(n int64) error {
	if !b.bytes.Take(b.from, b.held, n) {
		return commerce.Errorf(commerce.TooMany, "deliveries: too many are being read already, send it again in a moment")
	}
	b.held += n
	return nil
}

func (b *bodyShare) give() { b.bytes.Give(b.from, b.held) }

// read reads a body: with a Content-Length at once, else in steps. begin is
// called when there is room for it. The bytes read so far are also returned
// with an error.
func (b *bodyShare) read(body io.Reader, size int64, begin func()) ([]byte, error) {
	if size > maxHook {
		return nil, commerce.Errorf(commerce.TooLarge, "body: larger than %d bytes", maxHook)
	}
	if size >= 0 {
		if err := b.take(size); err != nil {
			return nil, err
		}
		begin()
		data := make([]byte, size)
		n, err := io.ReadFull(body, data)
		return data[:n], unreadBody(err)
	}
	var data []byte
	begin()
	for step := int64(32 << 10); ; step = min(2*step, 1<<20) {
		if err := b.take(step); err != nil {
			return data, err
		}
		part := make([]byte, step)
		n, err := io.ReadFull(body, part)
		data = append(data, part[:n]...)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return data, nil
		}
		if err != nil {
			return data, unreadBody(err)
		}
	}
}
