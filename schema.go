package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"comeback/commerce"
	"comeback/connectors"
)

// schemaCommand prints the published JSON Schemas, for editors and for shops
// that write the generic platform's bodies.
func (p *program) schemaCommand() *cobra.Command {
	schemas := map[string]func() []byte{"generic": connectors.Schema}
	names := []string{"generic"}
	return &cobra.Command{
		Use: "schema NAME", Short: "Print a JSON Schema: " + strings.Join(names, ", "),
		Args: wanting(cobra.ExactArgs(1)), ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(names, args[0]) {
				return commerce.Errorf(commerce.Invalid, "schema %q: there is %s", args[0], strings.Join(names, ", "))
			}
			_, err := p.stdout.Write(schemas[args[0]]())
			return err
		},
	}
}
