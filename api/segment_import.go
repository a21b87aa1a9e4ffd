package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api/limits"
	"comeback/commerce"
	"comeback/connectors/history"
	"comeback/segments"
)

// segmentImport adds many customers to a list, named by id, e-mail or phone.
type segmentImport struct {
	store    importStore
	now      func() time.Time
	deadline func(time.Duration) time.Time
	turns    *limits.Places
}

type importStore interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	Segment(ctx context.Context, shop, slug string) (segments.Stored, segments.Definition, error)
	SaveListed(ctx context.Context, shop string, list []segments.Listed) (changed int, err error)
	// CustomersNamed finds customers by id or identity, after merges: ID and N
	// only. Unknown ones are left out.
	CustomersNamed(
		ctx context.Context, shop string, ids []string, identities []commerce.Identity,
	) (byID map[string]commerce.Customer, byIdentity map[commerce.Identity]commerce.Customer, err error)
}

const (
	maxPeople   = 32 << 20 // bytes of an import
	peopleLimit = 10 * time.Minute
	peopleBatch = 500 // lines looked up at once
	oddlyMost   = 100 // odd lines in the report
)

// peopleReport is the result of an import. Odd contains the first lines that
// name no customer or are invalid.
type peopleReport struct {
	Segment string    `json:"segment"`
	Lines   int       `json:"lines"`
	Found   int       `json:"found"`
	Changed int       `json:"changed"` // customers whose listing changed
	Unknown int       `json:"unknown"` // lines that name no customer of the shop
	Refused int       `json:"refused"` // invalid lines
	Odd     []oddLine `json:"odd"`
}

type oddLine struct {
	Line int    `json:"line"`
	Why  string `json:"why"`
}

// add answers POST /v1/segments/:segment/import.
func (h *segmentImport) add(c *gin.Context) (any, error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), peopleLimit)
	defer cancel()
	a, err := parameters(c, "as", "reason", "encoding")
	if err != nil {
		return nil, err
	}
	as, err := oneOf(a, "as", "included", "excluded")
	if err != nil {
		return nil, err
	}
	reason := a.query.Get("reason")
	if err := checkText("/reason", reason, 0, 500); err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "query: %w", err)
	}
	if err := history.CheckEncoding(a.query.Get("encoding")); err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "query: %w", err)
	}
	kept, _, err := h.store.Segment(ctx, shopOf(c), c.Param("segment"))
	if err != nil {
		return nil, err
	}
	shop, err := h.store.Shop(ctx, shopOf(c))
	if err != nil {
		return nil, err
	}
	leave, err := h.turns.Enter(ctx, shopOf(c))
	if err != nil {
		return nil, err
	}
	defer leave()
	body := &patientReader{
		body: http.MaxBytesReader(c.Writer, c.Request.Body, maxPeople), connection: http.NewResponseController(c.Writer),
		deadline: h.deadline,
	}
	mark := segments.Listed{Segment: kept.Segment, Included: as != "excluded", Reason: reason, By: c.GetString(keyKey), At: stored(h.now())}
	if mark.Reason == "" {
		mark.Reason = "import"
	}
	ctx, done := body.outlived(ctx, nil)
	defer done()
	report, err := h.read(ctx, mark, listFile{c.ContentType(), a.query.Get("encoding"), shop, body})
	_ = body.connection.SetWriteDeadline(h.deadline(silence))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, commerce.Errorf(
			commerce.TooLarge, "body: larger than %d bytes, send it in parts: repeating an import changes nothing", large.Limit,
		)
	}
	return report, err
}

// read adds the people of a file, batch by batch. An import that breaks off has
// added those before, and may be repeated as a whole.
func (h *segmentImport) read(ctx context.Context, mark segments.Listed, file listFile) (*peopleReport, error) {
	lines, err := peopleOf(file)
	if err != nil {
		return nil, err
	}
	report := &peopleReport{Segment: mark.Segment, Odd: []oddLine{}}
	for batch := range inBatches(lines.all(), peopleBatch) {
		if err := h.list(ctx, file.shop.ID, mark, batch, report); err != nil {
			return nil, err
		}
	}
	return report, lines.err
}

// list finds the people of a batch and adds them.
func (h *segmentImport) list(ctx context.Context, shop string, mark segments.Listed, batch []personLine, report *peopleReport) error {
	var ids []string
	var identities []commerce.Identity
	for _, p := range batch {
		if p.id != "" {
			ids = append(ids, p.id)
		}
		identities = append(identities, p.identities...)
	}
	byID, byIdentity, err := h.store.CustomersNamed(ctx, shop, ids, identities)
	if err != nil {
		return err
	}
	var list []segments.Listed
	for _, p := range batch {
		report.Lines++
		who, found := p.among(byID, byIdentity)
		switch {
		case p.why != "":
			report.Refused++
			report.add(p.line, p.why)
		case !found:
			report.Unknown++
			report.add(p.line, "names no customer of the shop")
		default:
			report.Found++
			mark.Customer, mark.N = who.ID, who.N
			list = append(list, mark)
		}
	}
	if len(list) == 0 {
		return nil
	}
	changed, err := h.store.SaveListed(ctx, shop, list)
	report.Changed += changed
	return err
}

func (r *peopleReport) add(line int, why string) {
	if len(r.Odd) < oddlyMost {
		r.Odd = append(r.Odd, oddLine{line, why})
	}
}
