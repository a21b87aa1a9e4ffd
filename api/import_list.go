package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// importsStore is the part of the store that shows imports.
type importsStore interface {
	Import(ctx context.Context, shop, id string) (commerce.Import, error)
	ListImports(ctx context.Context, shop, after string, limit int) (list []commerce.Import, next string, err error)
}

// importView is an import, running or ended.
type importView struct {
	ID         string          `json:"id"`
	Connection string          `json:"connection"`
	Name       string          `json:"name"`
	Kind       string          `json:"kind"`
	Format     string          `json:"format"`
	State      string          `json:"state"`
	Reason     string          `json:"reason,omitempty"`
	Size       *int64          `json:"size"`
	Bytes      int64           `json:"bytes"`
	Lines      int64           `json:"lines"`
	Records    int64           `json:"records"`
	Rate       float64         `json:"lines_per_second"`
	Left       *int64          `json:"seconds_left"`
	StartedAt  *time.Time      `json:"started_at"`
	UpdatedAt  *time.Time      `json:"updated_at"`
	EndedAt    *time.Time      `json:"ended_at"`
	Report     json.RawMessage `json:"report,omitempty"`
}

// list shows the imports of a shop, the newest first, without reports.
func (h *imports) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListImports(c.Request.Context(), importShop(c), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, func(i commerce.Import) importView { return showImport(i, h.wall()) }), nil
}

// get shows one import with its report so far. Those of older releases have none.
func (h *imports) get(c *gin.Context) (any, error) {
	i, err := h.store.Import(c.Request.Context(), importShop(c), c.Param("import"))
	if err != nil {
		return nil, err
	}
	v := showImport(i, h.wall())
	if json.Valid(i.Result) {
		v.Report = i.Result
	}
	return v, nil
}

func showImport(i commerce.Import, wall time.Time) importView {
	v := importView{
		ID: i.ID, Connection: i.Connection, Name: i.Name, Kind: string(i.Kind), Format: i.Format, State: string(i.StateAt(wall)),
		Reason: i.Reason, Bytes: i.Bytes, Lines: max(i.Lines, i.Line), Records: i.Records,
		StartedAt: when(i.StartedAt), UpdatedAt: when(i.At), EndedAt: when(i.EndedAt),
	}
	if v.Kind == "" {
		v.Kind = string(commerce.ImportOrders)
	}
	if i.Size > 0 {
		v.Size = &i.Size
	}
	took := i.At.Sub(i.StartedAt).Seconds()
	if i.StartedAt.IsZero() || took <= 0 {
		return v
	}
	v.Rate = float64(int64(float64(i.Lines)/took*10)) / 10
	if i.Size > i.Bytes && i.Bytes > 0 && v.State == string(commerce.ImportRunning) {
		left := int64(took * float64(i.Size-i.Bytes) / float64(i.Bytes))
		v.Left = &left
	}
	return v
}
