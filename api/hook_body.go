package api

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api/limits"
	"comeback/commerce"
)

// hookBodies reads the bodies of deliveries, which anybody may send: no more at
// once than there is memory for, and no more from an address that proves nothing
// than it may send. Who proved to be a connection's platform lately is read in
// any case: others may share its address.
type hookBodies struct {
	*bounds
	deadline func(time.Duration) time.Time
	proven   *limits.Names // address and connection
}

// read gives the body, and done when it is needed no more.
func (h *hookBodies) read(c *gin.Context) (body []byte, done func(), err error) {
	// The server reads on before it tells a refusal: who holds a body back is not waited for.
	connection := http.NewResponseController(c.Writer)
	_ = connection.SetReadDeadline(h.deadline(refusalWait))
	from, size := addressOf(c), sizeOf(c, maxHook+1)
	if left := h.unproven.Peek(from, kibibytes(size), h.wall()); !left.OK && !h.proven.Has(h.name(c, from)) {
		tell(c, "unproven-kib", left)
		return nil, nil, tooMany("deliveries: too many that prove nothing came from this address; check the secret, and wait %s", left)
	}
	held := bodyShare{bytes: h.bodies, from: from}
	// A platform hangs up by then. Recorders of tests have no deadlines; a server's connection always does.
	begin := func() { _ = connection.SetReadDeadline(h.deadline(hookLimit)) }
	if body, err = held.read(c.Request.Body, c.Request.ContentLength, begin); err != nil {
		held.give()
		h.charge(c, len(body))
		return nil, nil, err
	}
	return body, held.give, nil
}

// judged notes what a delivery proved.
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

// refusalWait is how long a sender is waited for that is refused.
const refusalWait = 250 * time.Millisecond

func kibibytes(size int64) int { return int((size + 1023) >> 10) }

// bodyShare is the part of the budget that one body holds.
type bodyShare struct {
	bytes *limits.Bytes
	from  string
	held  int64
}

func (b *bodyShare) take(n int64) error {
	if !b.bytes.Take(b.from, b.held, n) {
		return commerce.Errorf(commerce.TooMany, "deliveries: too much is being read already, send it again in a moment")
	}
	b.held += n
	return nil
}

func (b *bodyShare) give() { b.bytes.Give(b.from, b.held) }

// read reads a body that says its size into just that, and one that does not in
// steps; begin is called when there is room for it. What was read comes back also
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
