package main

import (
	"slices"
	"strings"

	"comeback/service"
)

// demoOwn are the settings that the demo sets itself. It takes all others from the
// caller.
var demoOwn = []string{"ROLE", "DATA", "MONGO_URI", "REDIS_ADDR", "SECRET_KEY", "SMTP_HOST", "MAILBOX", "PUBLIC_URL"}

// callersOnly are the settings of env that the demo takes from its caller. By default
// the demo listens on free ports, because another service may run, and logs warnings
// only.
func callersOnly(env []string) []string {
	kept := []string{
		service.SettingPrefix + "LISTEN=127.0.0.1:0", service.SettingPrefix + "MAILBOX_PAGES=127.0.0.1:0",
		service.SettingPrefix + "LOG_LEVEL=warn",
	}
	for _, line := range env {
		name, _, _ := strings.Cut(line, "=")
		setting, ours := strings.CutPrefix(name, service.SettingPrefix)
		if ours && !slices.Contains(demoOwn, setting) {
			kept = append(kept, line)
		}
	}
	return kept
}
