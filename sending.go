package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"comeback/commerce"
)

// sendingCommand shows, stops and resumes the mails of a shop or of the installation.
func (p *program) sendingCommand() *cobra.Command {
	sending := &cobra.Command{
		Use: "sending", Short: "Show, stop and resume mails", Args: wanting(cobra.NoArgs),
		Long: "Without --shop, all mails of the installation. After a stop no mail begins to go out that is not on its way,\n" +
			"within 5 seconds on all workers. Nothing is lost: mails wait until they are resumed, or until they expire.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var shop, reason string
	stop := p.sendingAction("stop", "Stop all mails", &shop, func() any { return map[string]string{"reason": reason} })
	stop.Flags().StringVar(&reason, "reason", "", "for those who ask why no mail goes out")
	resume := p.sendingAction("resume", "Let mails go out again", &shop, func() any { return nil })
	reset := p.sendingAction("reset", "Let the marketing mails go out that the breaker of a shop holds", &shop, func() any { return nil })
	status := &cobra.Command{Use: "status", Short: "Show whether mails go out", Args: wanting(cobra.NoArgs)}
	status.Flags().StringVar(&shop, "shop", "", "the shop; none: the installation")
	status.RunE = func(cmd *cobra.Command, _ []string) error {
		return p.withSending(cmd.Context(), func(q *segmentAPI) error { return p.showSending(cmd.Context(), q, shop) })
	}
	sending.AddCommand(status, stop, resume, reset)
	return sending
}

// sendingAction is a command that calls the API and shows the state afterwards.
func (p *program) sendingAction(name, short string, shop *string, body func() any) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, Args: wanting(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		path := map[string]string{"reset": "/breaker/reset"}[name]
		if path != "" && *shop == "" {
			return commerce.Errorf(commerce.Invalid, "--shop: is required, each shop has a breaker of its own")
		}
		return p.withSending(cmd.Context(), func(q *segmentAPI) error {
			if err := q.Call(cmd.Context(), "POST", sendingPath(*shop)+cmp.Or(path, "/"+name), nil, body(), nil); err != nil {
				return err
			}
			return p.showSending(cmd.Context(), q, *shop)
		})
	}}
	cmd.Flags().StringVar(shop, "shop", "", "the shop; none: the installation")
	return cmd
}

func (p *program) withSending(ctx context.Context, do func(*segmentAPI) error) error {
	q, err := p.segmentAPI(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(q), q.close())
}

func sendingPath(shop string) string {
	if shop == "" {
		return "/v1/sending"
	}
	return "/v1/shops/" + url.PathEscape(shop) + "/sending"
}

// sendingState is what GET /v1/sending shows, as far as the command prints it.
type sendingState struct {
	State   string     `json:"state"`
	Reason  string     `json:"reason"`
	Since   *time.Time `json:"since"`
	Due     int        `json:"due"`
	More    bool       `json:"more"`
	Stopped *struct {
		Reason string `json:"reason"`
	} `json:"stopped"`
	Breaker *struct {
		State  string `json:"state"`
		Reason string `json:"reason"`
	} `json:"breaker"`
	HeldShops []string `json:"held_shops"`
	Domains   []struct {
		Domain      string     `json:"domain"`
		State       string     `json:"state"`
		Reason      string     `json:"reason"`
		Since       *time.Time `json:"since"`
		NextProbeAt *time.Time `json:"next_probe_at"`
		Waiting     int64      `json:"waiting"`
	} `json:"domains"`
	MoreDomains int `json:"more_domains"`
}

func (p *program) showSending(ctx context.Context, q *segmentAPI, shop string) error {
	var s sendingState
	if err := q.Call(ctx, "GET", sendingPath(shop), nil, nil, &s); err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "state\t%s\n", s.State)
	if s.Reason != "" {
		fmt.Fprintf(table, "reason\t%s\n", s.Reason)
	}
	if s.Stopped != nil && s.Stopped.Reason != "" {
		fmt.Fprintf(table, "stopped for\t%s\n", s.Stopped.Reason)
	}
	if s.Since != nil {
		fmt.Fprintf(table, "since\t%s\n", s.Since.Format(time.RFC3339))
	}
	waiting := fmt.Sprint(s.Due)
	if s.More {
		waiting += " or more"
	}
	fmt.Fprintf(table, "waiting\t%s\n", waiting)
	if s.Breaker != nil {
		fmt.Fprintf(table, "breaker\t%s %s\n", s.Breaker.State, s.Breaker.Reason)
	}
	for _, held := range s.HeldShops {
		fmt.Fprintf(table, "held shop\t%s\n", held)
	}
	for _, d := range s.Domains {
		fmt.Fprintf(table, "domain\t%s %s", d.Domain, d.State)
		if d.Since != nil {
			fmt.Fprintf(table, " since %s", d.Since.Format(time.RFC3339))
		}
		if d.NextProbeAt != nil {
			fmt.Fprintf(table, ", next probe %s", d.NextProbeAt.Format(time.RFC3339))
		}
		fmt.Fprintf(table, ", %d waiting: %s\n", d.Waiting, d.Reason)
	}
	if s.MoreDomains > 0 {
		fmt.Fprintf(table, "domains\t%d more\n", s.MoreDomains)
	}
	return table.Flush()
}
