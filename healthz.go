package main

import (
	"context"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"comeback/commerce"
	"comeback/service"
)

// healthzCommand checks that the service on this machine is live. It is the HEALTHCHECK
// of an image that contains only the binary.
func (p *program) healthzCommand() *cobra.Command {
	return &cobra.Command{
		Use: "healthz", Short: "Check that the service at COMEBACK_LISTEN on this machine is live", Args: wanting(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := service.LoadConfig(p.env)
			if err != nil {
				return err
			}
			return healthy(cmd.Context(), "http://"+service.Reachable(config.Service.Listen)+"/livez")
		},
	}
}

func healthy(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return commerce.Errorf(commerce.Internal, "no answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return commerce.Errorf(commerce.Internal, "%s answers %s", address, response.Status)
	}
	return nil
}
