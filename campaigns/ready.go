package campaigns

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"

	"comeback/commerce"
)

//go:embed ready/*.json
var readyFiles embed.FS

// readyNames are the ready campaigns, in the order a shop would switch them on.
var readyNames = []string{"unpaid-reminder", "thirty-day-follow-up", "win-back"}

// ReadyCampaign is a campaign that comes with the product.
type ReadyCampaign struct {
	Name string // unpaid-reminder, ...: the campaign's id
	JSON []byte // the file, to be put as it is or changed first
}

// lapsedAfter is T2 by trade (docs/glossary.md): the days without a paid order after which
// a customer has lapsed.
var lapsedAfter = map[string]int{
	"food": 75, "coffee": 75, "pet": 75, "nappies": 75, "supplements": 90, "skin care": 120, "apparel": 120,
	"home": 270, "kitchen": 270, "electronics": 400, "gifts": 400, "seasonal": 400,
}

// readyLapse is the lapse the win-back files are written with: T2 of an unknown trade.
const readyLapse = 120

// Ready gives the ready campaigns of a market (unset: west) with the default
// timings. Win-back waits for T2 of the trade (Shop.Trade; unknown:
// 120 days).
func Ready(market commerce.Market, trade string) ([]ReadyCampaign, error) {
	days := cmp.Or(lapsedAfter[trade], readyLapse)
	var list []ReadyCampaign
	for _, name := range readyNames {
		file := fmt.Sprintf("ready/%s.%s.json", name, cmp.Or(market, commerce.West))
		data, err := readyFiles.ReadFile(file)
		if err != nil {
			return nil, commerce.Errorf(commerce.NotFound, "ready campaigns: no market %q: it is %s or %s", market, commerce.China, commerce.West)
		}
		if days != readyLapse {
			data = retimed(data, days)
		}
		list = append(list, ReadyCampaign{Name: name, JSON: data})
	}
	return list, nil
}

// retimed waits for another number of days. The tests in the file count with
// the days it was written with, so they stay behind.
func retimed(data []byte, days int) []byte {
	written := fmt.Appendf(nil, `{"lapse": {"days": %d}}`, readyLapse)
	if !bytes.Contains(data, written) {
		return data
	}
	data = bytes.Replace(data, written, fmt.Appendf(nil, `{"lapse": {"days": %d}}`, days), 1)
	head, _, _ := bytes.Cut(data, []byte(",\n  \"tests\""))
	return append(bytes.Clone(head), "\n}\n"...)
}
