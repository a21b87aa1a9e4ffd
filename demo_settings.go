package main

import (
	"comeback/service"
	"slices"
	"strings"
)

// demoOwn are the settings a demo chooses itself; of the others it takes the
// caller's.
var demoOwn = []string{"ROLE", "DATA", "MONGO_URI", "REDIS_ADDR", "SECRET_KEY", "SMTP_HOST", "MAILBOX", "PUBLIC_URL"}

// callersOnly are the settings of env that a demo leaves to its caller. Without
// addresses it takes free ones, for another service may be running, and it logs
// only what is wrong.
func callersOnly(env []string) []string {
	kept := []string{service.SettingPrefix + "LISTEN=127.0.0.1:0", service.SettingPrefix + "MAILBOX_PAGES=127.0.0.1:0", service.SettingPrefix + "LOG_LEVEL=warn"}
	for _, line := range env {
		name, _, _ := strings.Cut(line, "=")
		setting, ours := strings.CutPrefix(name, service.SettingPrefix)
		if ours && !slices.Contains(demoOwn, setting) {
			kept = append(kept, line)
		}
	}
	return kept
}
