package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"comeback/commerce"
	"comeback/jobs"
	"comeback/service"
)

// importThrough streams the file to the running service. A check reads the file in this
// process, with the shop of the service.
func (p *program) importThrough(ctx context.Context, c *service.Client, o importOptions, file *meter) (jobs.ImportReport, error) {
	shop, err := p.shopOf(ctx, remoteShops{c}, o)
	if err != nil {
		return jobs.ImportReport{}, err
	}
	if o.Check {
		m := jobs.NewChecker(shop, p.wall)
		return m.Run(ctx, o.ImportRequest, file, file.counts)
	}
	query := url.Values{
		"kind":       {string(o.Kind)},
		"connection": {o.Connection}, "format": {o.Format}, "name": {o.File},
		"live": {strconv.FormatBool(o.Live)},
	}
	for name, text := range map[string]string{
		"encoding": o.Encoding, "profile": o.Profile, "map": o.Columns, "status": o.Statuses, "dates": o.Dates, "decimal": o.Decimal,
		"sheet": o.Sheet, "custom": map[bool]string{true: "true"}[o.Custom],
	} {
		if text != "" {
			query.Set(name, text)
		}
	}
	path := "/v1/shops/" + url.PathEscape(o.Shop) + "/imports"
	var answer struct{ Report jobs.ImportReport }
	err = c.Call(ctx, http.MethodPost, path, query, file, &answer)
	if ctx.Err() != nil {
		err = stoppedThrough(context.WithoutCancel(ctx), c, path)
	}
	return answer.Report, err
}

// stoppedThrough reports how far the service came with the import that was
// interrupted: the newest one.
func stoppedThrough(ctx context.Context, c *service.Client, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var list struct{ Items []struct{ Lines int } }
	if err := c.Call(ctx, http.MethodGet, path, url.Values{"limit": {"1"}}, nil, &list); err != nil || len(list.Items) == 0 {
		return jobs.Stopped{}
	}
	return jobs.Stopped{Line: list.Items[0].Lines}
}

// remoteShops are the shops of the running service.
type remoteShops struct{ *service.Client }

type shopBody struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Market   string `json:"market"`
	Zone     string `json:"zone"`
	Currency string `json:"currency"`
	Language string `json:"language"`
}

// Shop reads one shop.
func (r remoteShops) Shop(ctx context.Context, id string) (commerce.Shop, error) {
	var b shopBody
	err := r.Call(ctx, http.MethodGet, "/v1/shops/"+url.PathEscape(id), nil, nil, &b)
	return commerce.Shop{
		ID: b.ID, Name: b.Name, Market: commerce.Market(b.Market), Zone: b.Zone, Currency: b.Currency, Language: b.Language,
	}, err
}

// AddShop makes a shop.
func (r remoteShops) AddShop(ctx context.Context, s commerce.Shop) error {
	return r.Call(ctx, http.MethodPost, "/v1/shops", nil, shopBody{
		ID: s.ID, Name: s.Name, Market: string(s.Market), Zone: s.Zone, Currency: s.Currency, Language: s.Language,
	}, nil)
}
