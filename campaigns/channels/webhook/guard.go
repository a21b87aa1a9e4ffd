// Package webhook posts to receivers outside: to webhooks of shops, signed as Standard Webhooks
// says, and to robots in groups of colleagues. It connects to public addresses only. It never
// follows a redirect, uses no proxy, and repeats nothing: package jobs decides about that.
package webhook

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"comeback/commerce"
)

// guard decides which addresses may be connected to. It is asked with the resolved address, just
// before the connection is made. So a name that resolves to another address at the next look does
// not get past it.
type guard struct {
	public  *ssrf.Guardian
	allowed []netip.Prefix
}

func newGuard(allowed []netip.Prefix) guard {
	azure := netip.MustParsePrefix("168.63.129.16/32") // its metadata have a public address
	return guard{ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(azure)), allowed}
}

var errAddress = errors.New("its address is not public: COMEBACK_OUTBOUND_ALLOW lists what else may be called")

// leastPort is the lowest port beside 443 that is connected to: below are the services of machines, such as mail.
const leastPort = 1024

// check reports why an address may not be connected to. Without TLS only the allowed ones may.
func (g guard) check(address netip.AddrPort, tls bool) error {
	ip := address.Addr().Unmap()
	if slices.ContainsFunc(g.allowed, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	switch {
	case !tls:
		return commerce.Errorf(commerce.Invalid, "http is only for addresses that COMEBACK_OUTBOUND_ALLOW lists: write https")
	case address.Port() != 443 && address.Port() < leastPort:
		return commerce.Errorf(commerce.Invalid, "port %d: only 443 and the ports from %d on may be called", address.Port(), leastPort)
	case g.public.SafeAddr(address.Addr()) != nil || g.public.SafeAddr(ip) != nil:
		return errAddress
	}
	return nil
}

// dialer connects to what the guard allows.
func (g guard) dialer(tls bool) *net.Dialer {
	return &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" {
			return errAddress
		}
		return g.check(at, tls)
	}}
}
