package service

import "net"

// Reachable returns the host:port at which this machine reaches a listener: an
// address of all interfaces becomes 127.0.0.1. Other text is returned unchanged.
func Reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listen
}
