package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"comeback/service"
)

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print which build this is", Args: wanting(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(p.stdout, "comeback", service.Version())
			return nil
		},
	}
}
