package demo

import (
	"fmt"
	"strings"
	"time"
)

// shopper is a simulated customer.
type shopper struct {
	number      int
	first, last string
	city        string
	consents    bool // to marketing by e-mail
	known       bool // is in the imported history
	lapses      bool // win-back is due within the demo

	lastPaid time.Time
}

func (s *shopper) id() string { return fmt.Sprintf("c%05d", s.number) }
func (s *shopper) email() string {
	return fmt.Sprintf("%s.%s.%d@example.com", strings.ToLower(s.first), strings.ToLower(s.last), s.number)
}

var (
	firstNames = []string{
		"Ada", "Ben", "Carla", "Dan", "Elif", "Finn", "Grace", "Hugo", "Ines", "Jon", "Kira", "Liam", "Mei", "Noah", "Olga",
		"Pia", "Quinn", "Rosa", "Sven", "Tara", "Uma", "Viktor", "Wen", "Yara", "Zoe",
	}
	lastNames = []string{
		"Adler", "Berg", "Costa", "Dahl", "Evans", "Fischer", "Garcia", "Hansen", "Ito", "Jansen", "Kaya", "Lind", "Moreau",
		"Novak", "Olsen", "Petit", "Rossi", "Silva", "Tanaka", "Vogel", "Weber", "Young", "Zhang",
	}
	cities = []string{"Amsterdam", "Berlin", "Copenhagen", "Dublin", "Ghent", "Lisbon", "Madrid", "Milan", "Oslo", "Vienna"}
)

// newShopper makes the shopper with a number. Nine of ten customers in the history
// consent to marketing; new customers have given no answer.
func newShopper(c chances, number int, known bool) *shopper {
	r := c.source("shopper", fmt.Sprint(number))
	return &shopper{
		number: number, first: firstNames[r.IntN(len(firstNames))], last: lastNames[r.IntN(len(lastNames))],
		city: cities[r.IntN(len(cities))], known: known, consents: r.Float64() < 0.9 && known,
	}
}

// ware is a product of the demo's shop. Amounts are cents, tax included.
type ware struct {
	id          int // at WooCommerce
	sku, title  string
	price, cost int64
}

var wares = []ware{
	{101, "TEA-DAR", "Darjeeling First Flush, 100 g", 1490, 560},
	{102, "TEA-SEN", "Sencha Asatsuyu, 100 g", 1290, 470},
	{103, "TEA-ASS", "Assam Breakfast, 250 g", 1690, 610},
	{104, "POT-IRON", "Cast-iron teapot, 0.8 l", 6900, 3100},
	{105, "POT-GLAS", "Glass teapot with warmer", 4450, 1900},
	{106, "CUP-2", "Two stoneware cups", 2800, 1050},
	{107, "TIN-S", "Tea tin, 150 g", 990, 320},
	{108, "SET-GIFT", "Gift set: three teas and a tin", 3900, 1650},
}
