package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"comeback/commerce"
)

// demoCommand runs the whole service in a folder of its own, with a shop, its
// history and simulated shoppers, and prints what the campaigns brought.
func (p *program) demoCommand() *cobra.Command {
	plan, once := demoPlan{seed: 1, days: demoDays, customers: 1000, patience: 52 * time.Second}, false
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the service at work: a shop, its shoppers, three campaigns, eight weeks in a minute", Args: wanting(cobra.NoArgs),
		Long: "Starts the whole service in a temporary folder, opens a shop in it, imports a history, activates the three ready\n" +
			"campaigns, and steps through eight weeks of signed webhooks and simulated shoppers. Then it prints what the campaigns\n" +
			"brought and goes on running. Nothing is sent to anybody: mails are caught and shown on a page.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			debug.SetGCPercent(400) // it has more memory than time
			return p.demo(cmd.Context(), plan, once)
		},
	}
	cmd.Flags().BoolVar(&once, "once", once, "end after the table")
	cmd.Flags().Uint64Var(&plan.seed, "seed", plan.seed, "another seed: other shoppers, other figures")
	cmd.Flags().IntVar(&plan.days, "days", plan.days, "days to step through, 1 to 56")
	cmd.Flags().IntVar(&plan.customers, "customers", plan.customers, "customers in the history, 100 to 5000")
	return cmd
}

func (p *program) demo(ctx context.Context, plan demoPlan, once bool) (err error) {
	if plan.days < 1 || plan.days > demoDays {
		return commerce.Errorf(commerce.Invalid, "days: %d is not between 1 and %d", plan.days, demoDays)
	}
	if plan.customers < 100 || plan.customers > 5000 {
		return commerce.Errorf(commerce.Invalid, "customers: %d is not between 100 and 5000", plan.customers)
	}
	began := p.wall()
	// The last day is yesterday, so that the dates look like today's.
	plan.start = began.UTC().Truncate(24*time.Hour).AddDate(0, 0, -demoDays)
	folder, err := demoFolder(plan)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	clock := newDemoClock(plan.start.Add((openingHour-1)*time.Hour), p.wall)
	host, err := p.newDemoHost(ctx, demoSettings(p.env, folder, plan.seed), clock)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	group, both := errgroup.WithContext(running)
	group.Go(func() error { return host.Run(both) })
	group.Go(func() error {
		if once {
			defer stop()
		}
		return p.show(both, host, clock, plan, began)
	})
	err = group.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // told to end while stepping
	}
	return errors.Join(err, host.Close())
}

// demoSettings are the caller's, but what a demo must choose itself: the
// installation's key is made of the seed, because customers' ids, and with them
// the arms, are.
func demoSettings(env []string, folder string, seed uint64) []string {
	key := sha256.Sum256([]byte("comeback demo " + strconv.FormatUint(seed, 10)))
	return append(callersOnly(env), "COMEBACK_DATA="+folder, "COMEBACK_SECRET_KEY="+hex.EncodeToString(key[:]), "COMEBACK_MAILBOX=127.0.0.1:0")
}

// show lives the days through and prints what came of them.
func (p *program) show(ctx context.Context, host *demoHost, clock *demoClock, plan demoPlan, began time.Time) error {
	client := newDemoClient("http://" + host.address)
	w := &demoWorld{chance: chances{plan.seed}, clock: clock, wall: p.wall, agenda: &agenda{}, client: client, mailbox: host.relay.mailbox}
	setup := &demoSetup{client: client, admin: host.token}
	if err := setup.all(ctx, w, &plan); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d customers imported, three campaigns active. Stepping through %d days of webhooks and simulated shoppers ...\n", plan.customers, plan.days)
	s := &stepper{service: host, shop: demoShop, clock: clock, agenda: w.agenda, after: w.readMails, wall: p.wall}
	asked := plan.days
	var err error
	if plan.days, err = s.live(ctx, plan.start, asked, began.Add(plan.patience)); err != nil {
		return err
	}
	clock.release()
	if plan.days < asked {
		fmt.Fprintf(p.stdout, "This machine is busy: stopped after %d days. --days %d gives the same figures.\n", plan.days, plan.days)
	}
	return p.report(ctx, host, setup, w, plan, p.wall().Sub(began))
}
