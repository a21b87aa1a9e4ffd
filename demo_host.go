package main

import (
	"comeback/demo"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// demoHost is the whole service on a clock that is stepped.
type demoHost struct{ *service }

// newDemoHost opens every part as serve does; only the clock of due times is
// another.
func (p *program) newDemoHost(ctx context.Context, env []string, clock *demo.Clock) (*demoHost, error) {
	config, err := loadConfig(env)
	if err != nil {
		return nil, err
	}
	stepping := *p
	stepping.now = clock.Now
	s, err := stepping.newService(ctx, config)
	return &demoHost{s}, err
}

// Round rings at once for what was just stored, and for all that is due.
func (h *demoHost) Round(ctx context.Context) error {
	h.worker.ringer.Flush(ctx)
	return h.worker.dispatch.Round(ctx)
}

// Busy asks the store, and before it who has touches yet to be stored.
func (h *demoHost) Busy(ctx context.Context, shop string) (string, error) {
	if n := h.api.Recorder().Waiting(); n > 0 {
		return fmt.Sprintf("%d touches to be stored", n), nil
	}
	return h.db.Busy(ctx, shop)
}

// Idle asks the doorbell.
func (h *demoHost) Idle(ctx context.Context) (bool, error) { return h.bells.Quiet(ctx) }

// NextDue reads the shop's wake.
func (h *demoHost) NextDue(ctx context.Context, shop string) (time.Time, error) {
	wake, err := h.db.WakeOf(ctx, shop)
	return wake.NextDue, err
}

// Sweep sweeps as the worker does each minute.
func (h *demoHost) Sweep(ctx context.Context, shop string) (told bool, err error) {
	report, err := h.worker.segments.Sweep(ctx, shop)
	return report.Entered+report.Left > 0, err
}

// demoOwn are the settings a demo chooses itself; of the others it takes the
// caller's.
var demoOwn = []string{"ROLE", "DATA", "MONGO_URI", "REDIS_ADDR", "SECRET_KEY", "SMTP_HOST", "MAILBOX", "PUBLIC_URL"}

// callersOnly are the settings of env that a demo leaves to its caller. Without
// addresses it takes free ones, for another service may be running, and it logs
// only what is wrong.
func callersOnly(env []string) []string {
	kept := []string{settingPrefix + "LISTEN=127.0.0.1:0", settingPrefix + "MAILBOX_PAGES=127.0.0.1:0", settingPrefix + "LOG_LEVEL=warn"}
	for _, line := range env {
		name, _, _ := strings.Cut(line, "=")
		setting, ours := strings.CutPrefix(name, settingPrefix)
		if ours && !slices.Contains(demoOwn, setting) {
			kept = append(kept, line)
		}
	}
	return kept
}
