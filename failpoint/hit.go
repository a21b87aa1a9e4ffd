//go:build !fault

package failpoint

// Hit does nothing.
func Hit(Point) {}
