package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

type products struct{ store productStore }

type productStore interface {
	Product(ctx context.Context, shop, id string) (commerce.Product, error)
	ListProducts(ctx context.Context, shop, after string, limit int) (list []commerce.Product, next string, err error)
}

type productView struct {
	ID         string      `json:"id"`
	Connection string      `json:"connection"`
	External   string      `json:"external_id"`
	Title      string      `json:"title"`
	Categories [][]string  `json:"categories"`
	Brand      string      `json:"brand"`
	Tags       []string    `json:"tags"`
	SKU        string      `json:"sku"`
	Price      *amountView `json:"price"`
	UnitCost   *amountView `json:"unit_cost"`
	Stock      *int64      `json:"stock"`
	URL        string      `json:"url"`
	Image      string      `json:"image"`
	Quality    []string    `json:"quality"`
	UpdatedAt  *time.Time  `json:"updated_at"`
	DeletedAt  *time.Time  `json:"deleted_at"`
}

func showProduct(p commerce.Product) productView {
	return productView{
		ID: p.ID, Connection: p.Connection, External: p.External, Title: p.Title, Categories: listed(p.Categories, same), Brand: p.Brand,
		Tags: listed(p.Tags, same), SKU: p.SKU, Price: amount(p.Price), UnitCost: amount(p.UnitCost), Stock: p.Stock, URL: p.URL, Image: p.Image,
		Quality: listed(p.Quality, same), UpdatedAt: when(p.Version), DeletedAt: deletedAt(p),
	}
}

func (h *products) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListProducts(c.Request.Context(), shopOf(c), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showProduct), nil
}

func (h *products) get(c *gin.Context) (any, error) {
	p, err := h.store.Product(c.Request.Context(), shopOf(c), c.Param("product"))
	if err != nil {
		return nil, err
	}
	return showProduct(p), nil
}

// deletedAt is when a product was deleted; null if it was restored since.
func deletedAt(p commerce.Product) *time.Time {
	if !p.DeletedNow() {
		return nil
	}
	return when(p.DeletedAt)
}
