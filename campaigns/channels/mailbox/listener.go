package mailbox

import (
	"net"
	"sync"
)

// trackingListener can close all its connections. go-smtp's Shutdown would wait for
// open ones without end.
type trackingListener struct {
	net.Listener
	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

func (l *trackingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	l.open[conn] = true
	return &trackedConn{Conn: conn, forget: l.forget}, nil
}

func (l *trackingListener) forget(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, conn)
}

func (l *trackingListener) closeAll() {
	_ = l.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for conn := range l.open {
		_ = conn.Close()
	}
}

type trackedConn struct {
	net.Conn
	forget func(net.Conn)
}

func (c *trackedConn) Close() error {
	c.forget(c.Conn)
	return c.Conn.Close()
}
