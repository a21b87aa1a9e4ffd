package service

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// countingProxy passes connections on to a MongoDB server and counts the commands
// that it gets. What a driver sends to watch a server is left out.
type countingProxy struct {
	listener net.Listener
	server   string

	mu     sync.Mutex
	counts map[string]int // by command and collection
	// answers answers commands itself, also after a while; nil passes a command on. Set
	// it before the first connection.
	answers func(command bson.Raw) (answer any)
}

func newCountingProxy(t testing.TB, server string) *countingProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	p := &countingProxy{listener: listener, server: server, counts: map[string]int{}}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.pass(client)
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return p
}

func (p *countingProxy) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	var message []byte
	for {
		var length [4]byte
		if _, err := io.ReadFull(client, length[:]); err != nil {
			return
		}
		size := int(binary.LittleEndian.Uint32(length[:]))
		message = append(message[:0], length[:]...)
		message = slices.Grow(message, size)[:size]
		if _, err := io.ReadFull(client, message[4:]); err != nil {
			return
		}
		command := commandOf(message)
		p.count(command)
		if answer := p.answer(command); answer != nil {
			if _, err := client.Write(reply(message, answer)); err != nil {
				return
			}
			continue
		}
		if _, err := server.Write(message); err != nil {
			return
		}
	}
}

// opMsg is the code of the one kind of message that drivers send after the first.
const opMsg = 2013

// commandOf is the command of an OP_MSG: a header of 16 bytes, flags of 4, the kind of
// the first section, and a document whose first field is the command. It is nil for
// other messages.
func commandOf(message []byte) bson.Raw {
	if len(message) < 26 || binary.LittleEndian.Uint32(message[12:]) != opMsg || message[20] != 0 {
		return nil
	}
	return message[21 : 21+binary.LittleEndian.Uint32(message[21:])]
}

func (p *countingProxy) answer(command bson.Raw) any {
	if p.answers == nil || command == nil {
		return nil
	}
	return p.answers(command)
}

// reply is the OP_MSG with an answer to a message.
func reply(message []byte, answer any) []byte {
	doc, err := bson.Marshal(answer)
	if err != nil {
		panic(err)
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(21+len(doc)))
	head = binary.LittleEndian.AppendUint32(head, 0)
	head = append(head, message[4:8]...) // the request's id
	head = binary.LittleEndian.AppendUint32(head, opMsg)
	return append(append(head, 0, 0, 0, 0, 0), doc...)
}

func (p *countingProxy) count(command bson.Raw) {
	first, err := command.IndexErr(0)
	if err != nil {
		return
	}
	switch name := first.Key(); name {
	case "hello", "isMaster", "ismaster", "ping", "endSessions":
	default:
		p.mu.Lock()
		defer p.mu.Unlock()
		p.counts[fmt.Sprint(name, " ", first.Value())]++
	}
}

// reset returns the counts so far, with their sum, and begins anew.
func (p *countingProxy) reset() (counts map[string]int, sum int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts, p.counts = p.counts, map[string]int{}
	for _, n := range counts {
		sum += n
	}
	return counts, sum
}
