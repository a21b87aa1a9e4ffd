package campaigns

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"

	"comeback/commerce"
	"comeback/segments"
)

//go:embed ready/*.json
var readyFiles embed.FS

// readyNames are the ready campaigns, in the order in which a shop would activate
// them.
var readyNames = []string{"unpaid-reminder", "thirty-day-follow-up", "win-back", "checkout-recovery"}

// ReadyCampaign is a campaign that comes with the product.
type ReadyCampaign struct {
	Name string // unpaid-reminder, ...: the campaign's id
	JSON []byte // the file, to be stored as it is or after changes
}

// readyLapse are the days of the lapse in the win-back files: T2 of an unknown trade.
const readyLapse = 120

// Ready returns the ready campaigns of a market (unset: west) with the default
// timings. Win-back waits for T2 of the trade (segments.LapsedAfter).
func Ready(market commerce.Market, trade string) ([]ReadyCampaign, error) {
	days := segments.LapsedAfter(trade)
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

// retimed sets another number of days. The tests in the file count with the original
// days, so they are left out.
func retimed(data []byte, days int) []byte {
	written := fmt.Appendf(nil, `{"lapse": {"days": %d}}`, readyLapse)
	if !bytes.Contains(data, written) {
		return data
	}
	data = bytes.Replace(data, written, fmt.Appendf(nil, `{"lapse": {"days": %d}}`, days), 1)
	head, _, _ := bytes.Cut(data, []byte(",\n  \"tests\""))
	return append(bytes.Clone(head), "\n}\n"...)
}
