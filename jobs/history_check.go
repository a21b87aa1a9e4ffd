package jobs

import (
	"context"
	"time"

	"comeback/commerce"
)

// newChecker is an importer that reads a file for a shop and stores nothing.
func NewChecker(shop commerce.Shop, wall func() time.Time) *Importer {
	return NewImporter(checking{shop: shop}, wall)
}

// checking is what a mere check knows: the shop, and no earlier import. It
// stores nothing, so nothing else is asked of it.
type checking struct {
	histories
	shop commerce.Shop
}

func (c checking) Shop(context.Context, string) (commerce.Shop, error) { return c.shop, nil }

func (checking) FindImport(context.Context, string, string) (i commerce.Import, found bool, err error) {
	return i, false, nil
}
