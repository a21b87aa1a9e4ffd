// Package demo is a simulated shop: two stores that send signed webhooks, and
// shoppers who read mails and buy. It is a client of the service: it calls its
// API and its tracking links over HTTP, and steps its clock.
package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"comeback/campaigns/channels/mailbox"
)

// Stage is where a demo plays: a running service on a clock that is
// stepped, and where it prints.
type Stage struct {
	Service    Service
	URL        string // where the service listens, for calls from here
	Base       string // the address it is known by
	Admin      string // key of the installation
	Mailbox    *mailbox.Catcher
	MailboxURL string
	Clock      *Clock
	Wall       func() time.Time
	Out        io.Writer
}

// Show lives the days through and prints what came of them. began is when
// the demo was started.
func Show(ctx context.Context, stage Stage, plan Plan, began time.Time) error {
	client := newClient(stage.URL)
	w := &world{chance: chances{plan.Seed}, clock: stage.Clock, wall: stage.Wall, agenda: &agenda{}, client: client, mailbox: stage.Mailbox}
	setup := &setup{client: client, admin: stage.Admin}
	if err := setup.all(ctx, w, &plan); err != nil {
		return err
	}
	fmt.Fprintf(stage.Out,
		"%d customers imported, three campaigns active. Stepping through %d days of webhooks and simulated shoppers ...\n",
		plan.Customers, plan.Days)
	s := &stepper{service: stage.Service, shop: Shop, clock: stage.Clock, agenda: w.agenda, after: w.readMails, wall: stage.Wall}
	asked := plan.Days
	var err error
	if plan.Days, err = s.live(ctx, plan.Start, asked, began.Add(plan.Patience)); err != nil {
		return err
	}
	stage.Clock.release()
	if plan.Days < asked {
		fmt.Fprintf(stage.Out, "This machine is busy: stopped after %d days. --days %d gives the same figures.\n", plan.Days, plan.Days)
	}
	return stage.report(ctx, setup, w, plan, stage.Wall().Sub(began))
}

// report prints the table and where to look.
func (stage Stage) report(ctx context.Context, setup *setup, w *world, plan Plan, took time.Duration) error {
	list, err := setup.results(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stage.Out, "\n%d days in %.0f s, seed %d: %d orders, %d mails.\n\n%s\n%s\n",
		plan.Days, took.Seconds(), plan.Seed, w.sold, stage.Mailbox.Caught(), table(list), assumptions())
	fmt.Fprint(stage.Out, "Purchases, revenue and naive ROI: credited to mails by click; every sale after a click counts, "+
		"also one that would have come anyway.\nAgainst the holdout: what would not have happened without the mails.\n\n")
	fmt.Fprintf(stage.Out, "mails    %s\nAPI      %s/v1 (%s/openapi.json)\nkey      %s\n", stage.MailboxURL, stage.Base, stage.Base,
		setup.key)
	fmt.Fprintf(stage.Out, "try      curl -H 'Authorization: Bearer %s' %s/v1/campaigns/win-back/results\n", setup.key, stage.Base)
	return nil
}
