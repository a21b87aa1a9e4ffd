package service

import (
	"io"
	"net"
	"sync"
	"testing"
)

// cutProxy is a network that can fail: it passes connections on to a server
// unless it is cut.
type cutProxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

// newCutProxy listens in front of server (host:port) until the test ends.
func newCutProxy(t *testing.T, server string) *cutProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	p := &cutProxy{listener: listener, server: server, conns: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.pass(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.set(true)
		running.Wait()
	})
	return p
}

func (p *cutProxy) address() string { return p.listener.Addr().String() }

// set cuts the network, which ends all connections and refuses new ones, or
// restores it.
func (p *cutProxy) set(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	for conn := range p.conns {
		if cut {
			_ = conn.Close()
		}
	}
}

// pass copies bytes both ways until either side ends.
func (p *cutProxy) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil || !p.add(client, server) {
		return
	}
	defer p.remove(client, server)
	var both sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{client: server, server: client} {
		both.Go(func() {
			_, _ = io.Copy(to, from)
			_ = to.Close()
			_ = from.Close()
		})
	}
	both.Wait()
}

func (p *cutProxy) add(pair ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range pair {
		if p.cut {
			_ = conn.Close()
			continue
		}
		p.conns[conn] = true
	}
	return !p.cut
}

func (p *cutProxy) remove(pair ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range pair {
		_ = conn.Close()
		delete(p.conns, conn)
	}
}
