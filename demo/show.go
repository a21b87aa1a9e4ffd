// Package demo is a simulated shop: two stores that send signed webhooks, and shoppers
// who read mails and buy. The package is a client of the service: it calls the API and
// the tracking links over HTTP, and steps the service's clock.
package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"comeback/campaigns/channels/mailbox"
	"comeback/commerce"
)

// Stage is the environment of a demo: a running service on a stepped clock, and the
// output.
type Stage struct {
	Service    Service
	URL        string // the service's listening address, for calls from here
	Base       string // the service's public address
	Admin      string // key of the installation
	Mailbox    *mailbox.Catcher
	MailboxURL string
	Clock      *Clock
	Wall       func() time.Time
	Out        io.Writer
}

// Show steps through the days and prints the campaigns' results. began is the start
// of the demo.
func Show(ctx context.Context, stage Stage, options Options, began time.Time) error {
	client := newClient(stage.URL)
	w := &world{chance: chances{options.Seed}, clock: stage.Clock, wall: stage.Wall, agenda: &agenda{}, client: client, mailbox: stage.Mailbox}
	setup := &setup{client: client, admin: stage.Admin}
	if err := setup.all(ctx, w, &options); err != nil {
		return err
	}
	fmt.Fprintf(stage.Out,
		"%s imported, three campaigns active. Stepping through %s of webhooks and simulated shoppers ...\n",
		commerce.Count(options.Customers, "customer"), commerce.Count(options.Days, "day"))
	s := &stepper{service: stage.Service, shop: Shop, clock: stage.Clock, agenda: w.agenda, after: w.readMails, wall: stage.Wall}
	asked := options.Days
	var err error
	if options.Days, err = s.live(ctx, options.Start, asked, began.Add(options.TimeLimit)); err != nil {
		return err
	}
	stage.Clock.release()
	if options.Days < asked {
		fmt.Fprintf(stage.Out, "This machine is busy: stopped after %s. --days %d gives the same figures.\n",
			commerce.Count(options.Days, "day"), options.Days)
	}
	return stage.report(ctx, setup, w, options, stage.Wall().Sub(began))
}

// report prints the table of results, and the addresses of the mails and the API.
func (stage Stage) report(ctx context.Context, setup *setup, w *world, options Options, took time.Duration) error {
	list, err := setup.results(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stage.Out, "\n%s in %.0f s, seed %d: %s, %s.\n\n%s\n%s\n",
		commerce.Count(options.Days, "day"), took.Seconds(), options.Seed, commerce.Count(w.sold, "order"),
		commerce.Count(stage.Mailbox.Caught(), "mail"), table(list), assumptions())
	fmt.Fprint(stage.Out, "Purchases, revenue and naive ROI: credited to mails by click; every sale after a click counts, "+
		"also one that would have come anyway.\nAgainst the holdout: what would not have happened without the mails.\n\n")
	fmt.Fprintf(stage.Out, "mails    %s\nAPI      %s/v1 (%s/openapi.json)\nkey      %s\n", stage.MailboxURL, stage.Base, stage.Base,
		setup.key)
	fmt.Fprintf(stage.Out, "try      curl -H 'Authorization: Bearer %s' %s/v1/campaigns/win-back/results\n", setup.key, stage.Base)
	return nil
}
