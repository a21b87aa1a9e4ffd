package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/strictjson"
)

// validateCommand checks campaign files by the same code that runs them: the grammar,
// settings that can never work, the templates, and the tests in the files.
func (p *program) validateCommand() *cobra.Command {
	shop := commerce.Shop{Name: "validated", Language: "en", Currency: "EUR", Zone: "UTC", Market: commerce.West}
	cmd := &cobra.Command{
		Use: "validate FILE...", Short: "Check campaign files and run the tests in them", Args: wanting(cobra.MinimumNArgs(1)),
		Long: "Checks campaign files (- is standard input) and runs the tests in them, in a shop of the given market, zone and\n" +
			"currency. Each problem is a line FILE:LINE:COLUMN: message. Exit code 1: a file was refused or a test failed.",
		RunE: func(_ *cobra.Command, files []string) error { return p.validate(files, shop) },
	}
	cmd.Flags().StringVar((*string)(&shop.Market), "market", string(shop.Market), "market of the shop: cn or west")
	cmd.Flags().StringVar(&shop.Zone, "zone", shop.Zone, "time zone of the shop")
	cmd.Flags().StringVar(&shop.Currency, "currency", shop.Currency, "currency of the shop")
	return cmd
}

func (p *program) validate(files []string, shop commerce.Shop) error {
	if err := shop.Check(); err != nil {
		return err
	}
	templates, err := mail.ReadyTemplates()
	if err != nil {
		return err
	}
	wrong := 0
	for _, name := range files {
		data, err := p.readFile(name)
		if err != nil {
			return err
		}
		if !p.validateFile(name, data, templates, shop) {
			wrong++
		}
	}
	if wrong > 0 {
		fmt.Fprintf(p.stderr, "%d of %s refused\n", wrong, commerce.Count(len(files), "file"))
		return errReported
	}
	return nil
}

// validateFile prints the problems of a file and reports whether it is good.
func (p *program) validateFile(name string, data []byte, templates campaigns.TemplateSet, shop commerce.Shop) (good bool) {
	c, problems := campaigns.Accept(data, templates, shop)
	for _, x := range problems {
		fmt.Fprintf(p.stdout, "%s:%d:%d: %s\n", name, x.Line, x.Column, problemText(x))
	}
	if strictjson.Refused(problems) {
		return false
	}
	fmt.Fprintf(p.stdout, "%s: campaign %s is good, %s passed\n", name, c.ID, commerce.Count(len(c.Tests), "test"))
	return true
}

// problemText is a problem without its place, which is printed before it.
func problemText(x strictjson.Problem) string {
	text := x.Message
	if x.Note {
		text = "note: " + text
	}
	if x.Pointer != "" {
		text = x.Pointer + ": " + text
	}
	if x.Suggestion != "" {
		text += fmt.Sprintf("; did you mean %q?", x.Suggestion)
	}
	return text
}

// readFile reads a whole file, at most 1 MiB; - is standard input.
func (p *program) readFile(name string) ([]byte, error) {
	file := p.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, commerce.Errorf(commerce.Invalid, "%w", err)
		}
		defer f.Close()
		file = f
	}
	data, err := io.ReadAll(io.LimitReader(file, 1<<20+1))
	if err == nil && len(data) > 1<<20 {
		err = commerce.Errorf(commerce.Invalid, "%s: longer than 1 MiB", name)
	}
	return data, err
}
