package webhook

import (
	"net/netip"
	"testing"
)

// Only public addresses are connected to, in whatever form an address is written, and only at ports of the web
// or of programs. What the setting lists is allowed.
func TestOnlyPublicAddressesAreCalled(t *testing.T) {
	t.Parallel()
	allowed := newGuard([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd12::/16")})
	for _, tt := range []struct {
		address string
		tls, ok bool
	}{
		{"93.184.215.14:443", true, true}, {"93.184.215.14:8443", true, true}, {"[2606:2800:21f::1]:443", true, true},
		{"93.184.215.14:25", true, false}, {"93.184.215.14:80", true, false}, {"93.184.215.14:443", false, false},
		{"127.0.0.1:443", true, false}, {"127.9.9.9:443", true, false}, {"[::1]:443", true, false}, {"0.0.0.0:443", true, false},
		{"[::]:443", true, false}, {"[::ffff:127.0.0.1]:443", true, false}, {"[::ffff:10.0.0.1]:443", true, false},
		{"169.254.169.254:443", true, false}, {"[fe80::1]:443", true, false}, {"[fd00:ec2::254]:443", true, false},
		{"100.100.100.200:443", true, false}, {"100.64.0.1:443", true, false}, {"168.63.129.16:443", true, false},
		{"10.0.0.1:443", true, false}, {"172.16.0.1:443", true, false}, {"192.168.1.1:443", true, false},
		{"192.0.2.1:443", true, false}, {"198.18.0.1:443", true, false}, {"224.0.0.1:443", true, false}, {"255.255.255.255:443", true, false},
		{"[64:ff9b::a9fe:a9fe]:443", true, false}, {"[64:ff9b:1::7f00:1]:443", true, false}, {"[2002:7f00:1::]:443", true, false},
		{"[ff02::1]:443", true, false}, {"[fc00::1]:443", true, false}, {"[::127.0.0.1]:443", true, false},
		{"10.1.2.3:443", true, true}, {"10.1.2.3:80", false, true}, {"[::ffff:10.1.2.3]:8080", false, true}, {"[fd12::1]:25", true, true},
		{"10.2.0.1:443", true, false},
	} {
		if err := allowed.check(netip.MustParseAddrPort(tt.address), tt.tls); (err == nil) != tt.ok {
			t.Errorf("%s with TLS %v: got %v, want it allowed: %v", tt.address, tt.tls, err, tt.ok)
		}
	}
}
