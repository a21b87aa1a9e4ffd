package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"comeback/commerce"
	"comeback/service"
	"comeback/strictjson"
)

// segmentFlags are the flags of every segment command.
type segmentFlags struct {
	shop string
	json bool
}

// segmentCommand evaluates conditions and segment files without storing them.
func (p *program) segmentCommand() *cobra.Command {
	var f segmentFlags
	parent := &cobra.Command{
		Use: "segment", Short: "Count, explain and profile the customers of a condition", Args: wanting(cobra.NoArgs),
		Long: "FILE is a condition or a segment file; - is standard input. The command calls a service that runs on the same\n" +
			"COMEBACK_DATA, else it opens the database. Nothing is stored. Exit code 2: the file was refused, each problem on a\n" +
			"line FILE:LINE:COLUMN.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	count := &cobra.Command{
		Use: "count FILE", Short: "Count the customers that match a condition", Args: wanting(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ask(cmd.Context(), f, segmentCall{file: args[0], action: "count", show: p.showCount})
		},
	}
	explain := &cobra.Command{
		Use: "explain FILE CUSTOMER", Short: "Show why a customer matches a condition, or what is missing", Args: wanting(cobra.ExactArgs(2)),
		Long: "CUSTOMER is the id or the number that the API shows.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ask(cmd.Context(), f, segmentCall{
				file: args[0], action: "explain", query: url.Values{"customer": {args[1]}}, show: p.showExplanation,
			})
		},
	}
	parent.AddCommand(count, explain, p.segmentProfileCommand(&f))
	parent.PersistentFlags().StringVar(&f.shop, "shop", "", "shop of the customers; default: the only shop")
	parent.PersistentFlags().BoolVar(&f.json, "json", false, "print the API's answer, for machines")
	return parent
}

func (p *program) segmentProfileCommand(f *segmentFlags) *cobra.Command {
	var days, top int
	cmd := &cobra.Command{
		Use: "profile FILE", Short: "Compare the customers that match a condition with the others", Args: wanting(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			query := url.Values{"days": {strconv.Itoa(days)}, "top": {strconv.Itoa(top)}}
			return p.ask(cmd.Context(), *f, segmentCall{file: args[0], action: "profile", query: query, show: p.showProfile})
		},
	}
	cmd.Flags().IntVar(&days, "days", 0, "window of the key figures in calendar days; 0: all time")
	cmd.Flags().IntVar(&top, "top", 20, "traits shown, 1 to 500")
	return cmd
}

// segmentCall is one API call with a file.
type segmentCall struct {
	file, action string // the last part of the path
	query        url.Values
	show         func(answer []byte) error
}

// ask calls the API with a file and shows the answer.
func (p *program) ask(ctx context.Context, f segmentFlags, q segmentCall) error {
	data, err := p.readFile(q.file)
	if err != nil {
		return err
	}
	api, err := p.segmentAPI(ctx)
	if err != nil {
		return err
	}
	answer, err := p.answer(ctx, api, f, q, data)
	if err = errors.Join(err, api.close()); err != nil {
		return p.refusedFile(q.file, err)
	}
	if f.json {
		_, err := fmt.Fprintf(p.stdout, "%s\n", answer)
		return err
	}
	if err := q.show(answer); err != nil {
		return err
	}
	return p.showNotes(q.file, answer)
}

func (p *program) answer(
	ctx context.Context, by *segmentAPI, f segmentFlags, q segmentCall, data []byte,
) (answer json.RawMessage, err error) {
	shop, err := theShop(ctx, by.Client, f.shop)
	if err != nil {
		return nil, err
	}
	if err := by.ready(ctx, shop); err != nil {
		return nil, err
	}
	err = by.Call(ctx, http.MethodPost, "/v1/shops/"+url.PathEscape(shop)+"/segments/"+q.action, q.query, bytes.NewReader(data), &answer)
	return answer, err
}

// theShop is the named shop, else the only shop.
func theShop(ctx context.Context, c *service.Client, named string) (string, error) {
	if named != "" {
		_, err := remoteShops{c}.Shop(ctx, named)
		return named, err
	}
	var page struct{ Items []shopBody }
	if err := c.Call(ctx, http.MethodGet, "/v1/shops", url.Values{"limit": {"2"}}, nil, &page); err != nil {
		return "", err
	}
	switch len(page.Items) {
	case 0:
		return "", commerce.Errorf(commerce.Invalid, "--shop: there is no shop yet")
	case 1:
		return page.Items[0].ID, nil
	}
	return "", commerce.Errorf(commerce.Invalid, "--shop: is required, there are several shops")
}

// refusedFile prints the problems of a file.
func (p *program) refusedFile(name string, err error) error {
	var wrong *service.FaultyBody
	if !errors.As(err, &wrong) {
		return err
	}
	p.printProblems(name, wrong.Problems)
	return commerce.Errorf(commerce.Invalid, "%s: refused", name)
}

// showNotes prints the notes: what is valid in a file but surprising.
func (p *program) showNotes(name string, answer []byte) error {
	var with struct {
		Notes []struct {
			strictjson.Problem
			Detail string
		}
	}
	err := json.Unmarshal(answer, &with)
	var notes []strictjson.Problem
	for _, n := range with.Notes {
		n.Message = n.Detail
		notes = append(notes, n.Problem)
	}
	p.printProblems(name, notes)
	return err
}

func (p *program) printProblems(name string, list []strictjson.Problem) {
	for _, x := range list {
		fmt.Fprintf(p.stdout, "%s:%d:%d: %s\n", name, x.Line, x.Column, problemText(x))
	}
}
