package api

import (
	"context"

	"github.com/gin-gonic/gin"
)

// quality counts what was odd about a shop's records.
type quality struct{ store qualityStore }

type qualityStore interface {
	Quality(ctx context.Context, shop string) (map[string]int64, error)
	// Flawed lists the ids of records that code was noted of, at most limit.
	Flawed(ctx context.Context, shop, code string, limit int) ([]string, error)
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
	ids, err := h.store.Flawed(c.Request.Context(), shopOf(c), c.Param("code"), pageMost)
	return gin.H{"code": c.Param("code"), "records": listed(ids, same)}, err
}
