package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var setting = regexp.MustCompile(`\bCOMEBACK_([A-Z0-9_]+)`)

// checkSettings: every setting in the container files must be one of service/config.go. The service would ignore another name, and
// no test starts the container files.
func checkSettings(t *tree) []finding {
	config, err := os.ReadFile(filepath.Join(t.root, "service", "config.go"))
	if err != nil {
		return nil // a module without settings
	}
	var found []finding
	for _, name := range []string{"Dockerfile", "compose.yaml"} {
		text, _ := os.ReadFile(filepath.Join(t.root, name))
		line := 0
		for s := range strings.Lines(string(text)) {
			line++
			for _, m := range setting.FindAllStringSubmatch(s, -1) {
				if !regexp.MustCompile(`"(COMEBACK_)?` + m[1] + `[,"]`).Match(config) {
					found = append(found, finding{"settings", name, m[0], line, m[0] + ": service/config.go has no such setting"})
				}
			}
		}
	}
	return found
}
