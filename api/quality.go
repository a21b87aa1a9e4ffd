package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// quality counts the data-quality codes of a shop's records.
type quality struct{ store qualityStore }

type qualityStore interface {
	Quality(ctx context.Context, shop string) (map[string]int64, error)
	// Flawed returns records with a data-quality code, at most limit.
	Flawed(ctx context.Context, shop, code string, limit int) ([]commerce.Oddity, error)
	UnknownMethods(ctx context.Context, shop string, limit int) ([]commerce.UnknownMethod, error)
}

func (h *quality) counts(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	counts, err := h.store.Quality(c.Request.Context(), shopOf(c))
	return gin.H{"counts": counts}, err
}

func (h *quality) records(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	list, err := h.store.Flawed(c.Request.Context(), shopOf(c), c.Param("code"), pageMost)
	if err != nil {
		return nil, err
	}
	reasons := map[string]string{}
	for _, o := range list {
		if o.Why != "" {
			reasons[o.Record] = o.Why
		}
	}
	answer := gin.H{"code": c.Param("code"), "records": listed(list, func(o commerce.Oddity) string { return o.Record }), "reasons": reasons}
	if c.Param("code") == commerce.FlawUnknownMethod {
		unknown, err := h.store.UnknownMethods(c.Request.Context(), shopOf(c), pageMost)
		answer["methods"] = listed(unknown, func(m commerce.UnknownMethod) methodView { return methodView(m) })
		return answer, err
	}
	return answer, nil
}

// methodView is a payment method missing in the table of its connection.
type methodView struct {
	Connection string `json:"connection"`
	Name       string `json:"payment_method"`
	Order      string `json:"order"` // its first order
}
