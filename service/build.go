package service

import "runtime/debug"

// buildVersion is the module's version, or the commit the binary was built of,
// and the Go release; "unknown" for a build that was told neither.
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
