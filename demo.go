package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/demo"
	"comeback/service"
)

// demoCommand runs the whole service in a folder of its own, with a shop, its history
// and simulated shoppers, and prints the results of the campaigns.
func (p *program) demoCommand() *cobra.Command {
	options, once := demo.Options{Seed: 1, Days: demo.Days, Customers: 1000, TimeLimit: 52 * time.Second}, false
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the service at work: a shop, its shoppers, three campaigns, eight weeks in a minute",
		Args: wanting(cobra.NoArgs),
		Long: "Starts the whole service in a temporary folder, opens a shop in it, imports a history, activates three ready\n" +
			"campaigns, and steps through eight weeks of signed webhooks and simulated shoppers. Then it prints the results of the\n" +
			"campaigns and goes on running. No mail is delivered: all mails are caught and shown on a page.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			debug.SetGCPercent(400) // it has much memory and little time
			return p.demo(cmd.Context(), options, once)
		},
	}
	cmd.Flags().BoolVar(&once, "once", once, "end after the results")
	cmd.Flags().Uint64Var(&options.Seed, "seed", options.Seed, "another seed: other shoppers, other figures")
	cmd.Flags().IntVar(&options.Days, "days", options.Days, "days to step through, 1 to 56")
	cmd.Flags().IntVar(&options.Customers, "customers", options.Customers, "customers in the history, 100 to 5000")
	return cmd
}

func (p *program) demo(ctx context.Context, options demo.Options, once bool) (err error) {
	if options.Days < 1 || options.Days > demo.Days {
		return commerce.Errorf(commerce.Invalid, "days: %d is not between 1 and %d", options.Days, demo.Days)
	}
	if options.Customers < 100 || options.Customers > 5000 {
		return commerce.Errorf(commerce.Invalid, "customers: %d is not between 100 and 5000", options.Customers)
	}
	began := p.wall()
	// The last day is yesterday, so the dates look recent.
	options.Start = began.UTC().Truncate(24*time.Hour).AddDate(0, 0, -demo.Days)
	folder, err := demo.Folder(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	clock := demo.NewClock(options.Opens(), p.wall)
	host, err := p.demoService(ctx, demoSettings(p.env, folder, options.Seed), clock)
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
		return demo.Show(both, p.demoStage(host, clock), options, began)
	})
	err = group.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // stopped while stepping
	}
	return errors.Join(err, host.Close())
}

// demoService opens the service on a clock of due times that is stepped.
func (p *program) demoService(ctx context.Context, env []string, clock *demo.Clock) (*service.Stepped, error) {
	config, err := service.LoadConfig(env)
	if err != nil {
		return nil, err
	}
	process := p.process()
	process.Now = clock.Now
	return service.OpenStepped(ctx, config, process)
}

// demoSettings are the caller's settings, and those that the demo sets itself. The
// installation's key is made of the seed: customers' ids, and therefore the holdout,
// depend on it.
func demoSettings(env []string, folder string, seed uint64) []string {
	key := sha256.Sum256([]byte("comeback demo " + strconv.FormatUint(seed, 10)))
	return append(callersOnly(env), "COMEBACK_DATA="+folder, "COMEBACK_SECRET_KEY="+hex.EncodeToString(key[:]), "COMEBACK_MAILBOX=127.0.0.1:0")
}

// demoStage is the service as the demo drives it.
func (p *program) demoStage(host *service.Stepped, clock *demo.Clock) demo.Stage {
	return demo.Stage{
		Service: host, URL: "http://" + host.Address(), Base: host.BaseURL(), Admin: host.AdminToken(), Mailbox: host.Mailbox(),
		MailboxURL: host.MailboxURL(), Clock: clock, Wall: p.wall, Out: p.stdout,
	}
}
