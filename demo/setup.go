package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"comeback/commerce"
)

// Shop is the id of the demo's one shop.
const Shop = "harbour-tea"

// readyCampaigns are activated in this order.
var readyCampaigns = []string{"unpaid-reminder", "thirty-day-follow-up", "win-back"}

// setup opens the shop as a merchant would, through the API alone. admin is an
// installation key.
type setup struct {
	client *client
	admin  string
	key    string // of the shop, after it is made
}

// open makes the shop, its key and its two connections.
func (s *setup) open(ctx context.Context, w *world) error {
	shop := fields{
		"id": Shop, "name": "Harbour Tea House", "currency": Currency, "market": "west", "zone": "UTC", "language": "en", "jurisdiction": "eu",
		"trade": "home", "url": demoSite,
		"sender": fields{
			"name": "Harbour Tea House", "from": "hello@harbourtea.example", "reply_to": "hello@harbourtea.example",
			"address": "Quay 12, 1011 AB Amsterdam",
		},
		"results": fields{"margin_ratio": 0.6, "message_price": fields{"amount": "0.05", "currency": Currency}},
	}
	if err := s.client.call(ctx, s.admin, http.MethodPost, "/v1/shops", shop, nil); err != nil {
		return err
	}
	var made struct{ Key string }
	if err := s.client.call(ctx, s.admin, http.MethodPost, "/v1/keys", fields{"shop": Shop, "name": "demo"}, &made); err != nil {
		return err
	}
	s.key = made.Key
	store := fields{"slug": "store", "platform": "woocommerce", "source": demoSite}
	if err := s.client.call(ctx, s.key, http.MethodPost, "/v1/connections", store, &w.woo); err != nil {
		return err
	}
	return s.client.call(ctx, s.key, http.MethodPost, "/v1/connections", fields{"slug": "app", "platform": "generic"}, &w.app)
}

// lapse is the number of days after which the shop's win-back is due.
func (s *setup) lapse(ctx context.Context) (int, error) {
	var ready struct {
		Items []struct {
			Name string
			File json.RawMessage
		}
	}
	if err := s.client.call(ctx, s.key, http.MethodGet, "/v1/ready-campaigns", nil, &ready); err != nil {
		return 0, err
	}
	for _, r := range ready.Items {
		var file struct {
			Trigger struct{ Lapse struct{ Days int } }
		}
		if r.Name == "win-back" && json.Unmarshal(r.File, &file) == nil && file.Trigger.Lapse.Days > 0 {
			return file.Trigger.Lapse.Days, nil
		}
	}
	return 0, commerce.Errorf(commerce.Internal, "demo: no ready campaign win-back that waits for days")
}

// importHistory imports the history through the API.
func (s *setup) importHistory(ctx context.Context, file []byte) error {
	query := url.Values{"connection": {"app"}, "format": {"ndjson"}, "name": {"history.ndjson"}}
	address := s.client.base + "/v1/shops/" + Shop + "/imports?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(file))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.admin)
	request.Header.Set("Content-Type", "application/x-ndjson")
	_, _, err = s.client.send(request)
	return err
}

// activate installs and activates the ready campaigns.
func (s *setup) activate(ctx context.Context) error {
	for _, name := range readyCampaigns {
		var installed struct{ Version int }
		if err := s.client.call(ctx, s.key, http.MethodPost, "/v1/ready-campaigns/"+name+"/install", nil, &installed); err != nil {
			return err
		}
		version := fields{"version": installed.Version}
		if err := s.client.call(ctx, s.key, http.MethodPost, "/v1/campaigns/"+name+"/activate", version, nil); err != nil {
			return err
		}
	}
	return nil
}

// all opens the shop, imports its history and activates the campaigns.
func (s *setup) all(ctx context.Context, w *world, options *Options) error {
	if err := s.open(ctx, w); err != nil {
		return err
	}
	var err error
	if options.lapse, err = s.lapse(ctx); err != nil {
		return err
	}
	history := past{chance: w.chance, start: options.Start, lapse: options.lapse}
	people, file, err := history.write(options.Customers)
	if err != nil {
		return err
	}
	if err := s.importHistory(ctx, file); err != nil {
		return err
	}
	w.settle(people)
	w.schedule(*options)
	if err := w.sendProducts(ctx); err != nil {
		return err
	}
	return s.activate(ctx)
}
