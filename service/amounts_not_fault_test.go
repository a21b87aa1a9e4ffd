//go:build !fault

package service

// inFaults is the usual size: only with the build tag fault are these tests long.
func inFaults(usual, _ int) int { return usual }
