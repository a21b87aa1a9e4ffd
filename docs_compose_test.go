package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every image of compose.yaml and of the Dockerfile names its minor version or its
// digest, every service has a memory limit, and Go's own limit lies below that of its
// service.
func TestComposeNamesVersionsAndLimits(t *testing.T) {
	t.Parallel()
	services := composeServices(t)
	if len(services) < 3 {
		t.Fatalf("got the services %v, want three", services)
	}
	for name, fields := range services {
		limit := bytesOf(fields["mem_limit"])
		if limit == 0 {
			t.Errorf("%s: got mem_limit %q, want a limit", name, fields["mem_limit"])
		}
		if own := fields["GOMEMLIMIT"]; fields["build"] != "" && (bytesOf(own) == 0 || bytesOf(own) >= limit) {
			t.Errorf("%s: got GOMEMLIMIT %q, want one below %s", name, own, fields["mem_limit"])
		}
		if image := fields["image"]; fields["build"] == "" && !pinned(image) {
			t.Errorf("%s: got the image %q, want its minor version or its digest", name, image)
		}
	}
	file, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(string(file), -1) {
		if from[1] != "scratch" && !pinned(from[1]) {
			t.Errorf("Dockerfile: got the image %q, want its minor version or its digest", from[1])
		}
	}
}

// composeServices are the scalar fields of each service, and of its environment.
func composeServices(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "\nservices:\n")
	list, _, _ = strings.Cut(list, "\nvolumes:\n")
	services, name := map[string]map[string]string{}, ""
	field := regexp.MustCompile(`^(?:    |      )(\w+): ([^#]+)`)
	for line := range strings.Lines(list) {
		if found := regexp.MustCompile(`^  (\w+):\n$`).FindStringSubmatch(line); found != nil {
			name = found[1]
			services[name] = map[string]string{}
		} else if found := field.FindStringSubmatch(line); found != nil && name != "" {
			services[name][found[1]] = strings.TrimSpace(found[2])
		}
	}
	return services
}

// pinned reports whether an image has a digest, or a tag with a minor version.
func pinned(image string) bool {
	return regexp.MustCompile(`@sha256:[0-9a-f]{64}$|^[^:]+:\d+\.\d+`).MatchString(image)
}

// bytesOf reads a size such as 3g, 512m or 2750MiB; 0 if it is none.
func bytesOf(size string) int64 {
	found := regexp.MustCompile(`^(\d+)(g|m|GiB|MiB)$`).FindStringSubmatch(size)
	if found == nil {
		return 0
	}
	n, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0
	}
	return n << map[string]int{"g": 30, "GiB": 30, "m": 20, "MiB": 20}[found[2]]
}
