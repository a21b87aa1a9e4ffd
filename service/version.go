package service

import "runtime/debug"

// Version names this build: the module's version, else the commit, else "unknown",
// and the Go release.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (version == "" || version == "(devel)") {
			version = s.Value
		}
	}
	if version == "" {
		version = "unknown"
	}
	return version + " " + info.GoVersion
}
