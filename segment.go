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

// segmentFlags are those of every segment command.
type segmentFlags struct {
	shop string
	json bool
}

// segmentCommand asks about segments before they are stored.
func (p *program) segmentCommand() *cobra.Command {
	var f segmentFlags
	parent := &cobra.Command{
		Use: "segment", Short: "Ask who a condition holds for, why, and what is special about them", Args: wanting(cobra.NoArgs),
		Long: "FILE holds a condition or a segment file; - is standard input. A service that runs on the same COMEBACK_DATA is asked;\n" +
			"else the database is opened. Nothing is stored. Exit code 2: the file was refused, each problem on a line FILE:LINE:COLUMN.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	count := &cobra.Command{
		Use: "count FILE", Short: "Count the customers a condition holds for", Args: wanting(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ask(cmd.Context(), f, question{file: args[0], about: "count", show: p.showCount})
		},
	}
	explain := &cobra.Command{
		Use: "explain FILE CUSTOMER", Short: "Say why a condition holds for a customer, or what would make it", Args: wanting(cobra.ExactArgs(2)),
		Long: "CUSTOMER is the id or the number that the API shows.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ask(cmd.Context(), f, question{file: args[0], about: "explain", query: url.Values{"customer": {args[1]}}, show: p.showExplanation})
		},
	}
	parent.AddCommand(count, explain, p.segmentProfileCommand(&f))
	parent.PersistentFlags().StringVar(&f.shop, "shop", "", "whose customers; may be left out where there is one shop")
	parent.PersistentFlags().BoolVar(&f.json, "json", false, "print the API's answer, for machines")
	return parent
}

func (p *program) segmentProfileCommand(f *segmentFlags) *cobra.Command {
	var days, top int
	cmd := &cobra.Command{
		Use: "profile FILE", Short: "Compare the customers a condition holds for with the others", Args: wanting(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			query := url.Values{"days": {strconv.Itoa(days)}, "top": {strconv.Itoa(top)}}
			return p.ask(cmd.Context(), *f, question{file: args[0], about: "profile", query: query, show: p.showProfile})
		},
	}
	cmd.Flags().IntVar(&days, "days", 0, "window of the key figures in calendar days; 0: all time")
	cmd.Flags().IntVar(&top, "top", 20, "traits shown, 1 to 500")
	return cmd
}

// question is one call about a file.
type question struct {
	file, about string
	query       url.Values
	show        func(answer []byte) error
}

// ask sends a file to whoever answers and shows the answer.
func (p *program) ask(ctx context.Context, f segmentFlags, q question) error {
	data, err := p.readFile(q.file)
	if err != nil {
		return err
	}
	answerer, err := p.questions(ctx)
	if err != nil {
		return err
	}
	answer, err := p.answer(ctx, answerer, f, q, data)
	if err = errors.Join(err, answerer.close()); err != nil {
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

func (p *program) answer(ctx context.Context, by *questions, f segmentFlags, q question, data []byte) (answer json.RawMessage, err error) {
	shop, err := theShop(ctx, by.Client, f.shop)
	if err != nil {
		return nil, err
	}
	if err := by.ready(ctx, shop); err != nil {
		return nil, err
	}
	err = by.Call(ctx, http.MethodPost, "/v1/shops/"+url.PathEscape(shop)+"/segments/"+q.about, q.query, bytes.NewReader(data), &answer)
	return answer, err
}

// theShop is the one that was named, or the only one.
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
	return "", commerce.Errorf(commerce.Invalid, "--shop: there are several shops: say which")
}

// refusedFile prints where a file is wrong.
func (p *program) refusedFile(name string, err error) error {
	var wrong *service.FaultyBody
	if !errors.As(err, &wrong) {
		return err
	}
	p.printProblems(name, wrong.Problems)
	return commerce.Errorf(commerce.Invalid, "%s: refused", name)
}

// showNotes prints what is legal but surprising in a file.
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
