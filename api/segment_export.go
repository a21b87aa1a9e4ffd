package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api/limits"
	"comeback/commerce"
)

// segmentExport writes all members of a segment as CSV, as a stream.
type segmentExport struct {
	*segmentQuestions
	deadline func(time.Duration) time.Time
	turns    *limits.Places
}

const (
	exportLimit = 15 * time.Minute
	exportBatch = 500 // customers read at once
)

// exportColumns is the header line. Amounts are in units of the currency: payments
// less refunds.
var exportColumns = []string{
	"id", "number", "email", "phone", "first_name", "last_name", "country", "region", "city", "language", "member_level", "tags",
	"orders", "net", "currency", "last_order_at",
}

// exportRow is a member as a line. Our own numbers stay numbers; only foreign
// texts could be formulas.
func exportRow(c commerce.Customer, currency string) []string {
	a, f := c.Attributes, c.History.Figures
	last := ""
	if !f.LastAt.IsZero() {
		last = f.LastAt.UTC().Format(time.RFC3339)
	}
	return []string{
		c.ID, strconv.FormatInt(c.N, 10), a.Email, a.Phone, a.FirstName, a.LastName, a.Country, a.Region, a.City, a.Language, a.MemberLevel,
		strings.Join(a.Tags, ", "), strconv.FormatInt(f.Count, 10), commerce.Money{Minor: f.Net, Currency: currency}.String(), currency, last,
	}
}

// write answers GET /v1/segments/:segment/members.csv.
func (h *segmentExport) write(c *gin.Context) {
	found, leave, err := h.begin(c)
	if err != nil {
		refuse(c, err)
		return
	}
	defer leave()
	header := c.Writer.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="`+c.Param("segment")+`.csv"`)
	header.Set("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeout(c.Request.Context(), exportLimit)
	defer cancel()
	if err := h.stream(ctx, c, found); err != nil {
		_ = c.Error(err)            // shown in the request's log line
		panic(http.ErrAbortHandler) // an incomplete file must not look complete
	}
}

// begin waits for a place and finds the members.
func (h *segmentExport) begin(c *gin.Context) (found crowd, leave func(), err error) {
	if err := plain(c); err != nil {
		return found, nil, err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), deadline)
	defer cancel()
	condition, err := h.member(ctx, shopOf(c), c.Param("segment"))
	if err != nil {
		return found, nil, err
	}
	if leave, err = h.turns.Enter(ctx, shopOf(c)); err != nil {
		return found, nil, err
	}
	if found, err = h.crowd(ctx, shopOf(c), condition); err != nil {
		leave()
	}
	return found, leave, err
}

func (h *segmentExport) stream(ctx context.Context, c *gin.Context, found crowd) error {
	connection := http.NewResponseController(c.Writer)
	rows := appendRow([]byte(byteOrderMark), exportColumns)
	for batch, err := range h.batches(ctx, shopOf(c), found) {
		if err != nil {
			return err
		}
		for _, who := range batch {
			rows = appendRow(rows, exportRow(who, found.params.Currency))
		}
		// Recorders in tests have no deadlines; a server's connection has.
		_ = connection.SetWriteDeadline(h.deadline(silence))
		if _, err := c.Writer.Write(rows); err != nil {
			return err
		}
		rows = rows[:0]
	}
	_ = connection.SetWriteDeadline(h.deadline(silence))
	_, err := c.Writer.Write(rows)
	return err
}
