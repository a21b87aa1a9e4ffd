package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"comeback/commerce"
	"comeback/service"
)

// migrateCommand brings the database up to this version before the service starts.
func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Upgrade the database, build its indexes and return free room", Args: wanting(cobra.NoArgs),
		Long: "serve does this by itself, beside its work. Run migrate first where that would take long. An embedded database of an\n" +
			"older version is written anew, so that it shrinks by itself from then on. That takes as much room again meanwhile.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := service.LoadConfig(p.env)
			if err != nil {
				return err
			}
			done, err := service.Migrate(cmd.Context(), config.Storage, p.process(), service.NewLogger(config.Logs, p.stderr))
			if commerce.CodeOf(err) == commerce.Conflict && config.Storage.MongoURI == "" {
				return commerce.Errorf(commerce.Conflict, "%w; stop it first", err)
			}
			if err == nil {
				printMigration(p.stdout, done)
			}
			return err
		},
	}
}

// printMigration prints what a migration did.
func printMigration(w io.Writer, m service.Migration) {
	if m.Nothing() {
		fmt.Fprintln(w, "nothing was to do: the database is up to date")
		return
	}
	for _, list := range []struct {
		what  string
		names []string
	}{
		{"indexes built", m.Built}, {"indexes of older versions dropped", m.Dropped}, {"stored data upgraded", m.Upgraded},
	} {
		if len(list.names) > 0 {
			fmt.Fprintf(w, "%s: %s\n", list.what, strings.Join(list.names, ", "))
		}
	}
	if m.Rebuilt {
		fmt.Fprintf(w, "file written anew: %.1f MB, before %.1f MB\n", megabytes(m.Bytes), megabytes(m.Before))
	}
	fmt.Fprintln(w, "the database is up to date")
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
