package main

import (
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/connectors"
	"comeback/segments"
)

// schemas are the published schemas by name.
func schemas() map[string]func() ([]byte, error) {
	return map[string]func() ([]byte, error){
		"campaign":  func() ([]byte, error) { return json.MarshalIndent(campaigns.Schema(), "", "  ") },
		"condition": func() ([]byte, error) { return json.MarshalIndent(segments.Schema(), "", "  ") },
		"generic":   func() ([]byte, error) { return connectors.Schema(), nil },
	}
}

// schemaCommand prints the published JSON Schemas, for editors and for shops
// that write the generic platform's bodies.
func (p *program) schemaCommand() *cobra.Command {
	names := []string{"campaign", "condition", "generic"}
	return &cobra.Command{
		Use: "schema NAME", Short: "Print a JSON Schema: " + strings.Join(names, ", "),
		Args: wanting(cobra.ExactArgs(1)), ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			schema, known := schemas()[args[0]]
			if !known {
				return commerce.Errorf(commerce.Invalid, "schema %q: there is %s", args[0], strings.Join(names, ", "))
			}
			text, err := schema()
			if err == nil {
				_, err = p.stdout.Write(append(text, '\n'))
			}
			return err
		},
	}
}
