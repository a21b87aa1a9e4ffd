package segments

// lineTitles are the titles of a chunk's products, by the code of the product, and
// their folded forms.
type lineTitles struct{ titles, folded []string }

// titles are those of the chunk's lines, made on first use.
func (k *lineCategories) titles(c *chunk) *lineTitles {
	if known := k.named.Load(); known != nil {
		return known
	}
	products := &c.lines.texts[lineProduct].dictionary
	t := &lineTitles{titles: make([]string, products.len())}
	for code := uint32(1); code < uint32(products.len()) && k.shop.params.Titles != nil; code++ {
		t.titles[code] = k.shop.params.Titles(products.text(code))
	}
	t.folded = foldedForms(t.titles)
	k.named.Store(t)
	return t
}

// compared is the title of a product in the form in which a test compares it.
func (t *lineTitles) compared(code uint32, folds bool) string {
	if folds {
		return t.folded[code]
	}
	return t.titles[code]
}

func (t *lineTitles) bytes() int {
	size := 0
	for i, title := range t.titles {
		if size += 32; t.folded[i] != title {
			size += len(t.folded[i])
		}
	}
	return size
}
