package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"comeback/jobs"
	"comeback/service"
)

// serveCommand runs the service until a signal stops it.
func (p *program) serveCommand() *cobra.Command {
	var role string
	command := &cobra.Command{
		Use: "serve", Short: "Run the service", Args: wanting(cobra.NoArgs),
		Long: "Runs the service until SIGINT or SIGTERM stops it. Without COMEBACK_MONGO_URI and COMEBACK_REDIS_ADDR it stores\n" +
			"everything in COMEBACK_DATA and needs nothing else. --role replaces COMEBACK_ROLE.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			env := p.env
			if cmd.Flags().Changed("role") {
				env = append(env[:len(env):len(env)], "COMEBACK_ROLE="+role)
			}
			config, err := service.LoadConfig(env)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(p.env, func(setting string) bool { return strings.HasPrefix(setting, "GOGC=") }) {
				service.HoldHeap(service.HeapFloor)
			}
			jobs.LogRedis(service.NewLogger(config.Logs, p.stderr))
			s, err := service.Open(cmd.Context(), config, p.process())
			if err != nil {
				return err
			}
			return errors.Join(s.Run(cmd.Context()), s.Close())
		},
	}
	command.Flags().StringVar(&role, "role", service.RoleAll, "all, api or worker")
	return command
}
