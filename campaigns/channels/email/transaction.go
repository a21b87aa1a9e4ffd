package email

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/failpoint"
)

// mostBuffer is the size of a buffer that a connection keeps for its next mail.
const mostBuffer = 256 << 10

// envelope opens a transaction and names the recipient. Pipelined, both commands go out in one write (RFC 2920).
func (c *connection) envelope(m message, pipelined bool) (phase, error) {
	if strings.ContainsAny(m.from+m.to, "\r\n<>") {
		return phaseMail, commerce.Errorf(commerce.Invalid, "to: an address with a line break or angle bracket cannot be sent to")
	}
	c.pipelined = pipelined
	c.buffer = c.mailCommand(c.buffer[:0], m)
	if !pipelined {
		if err := c.ask(c.buffer, 250, c.limits.Command); err != nil {
			return phaseMail, err
		}
		return phaseRcpt, c.ask(rcptCommand(c.buffer[:0], m), 25, c.limits.Command)
	}
	c.buffer = rcptCommand(c.buffer, m)
	err := c.ask(c.buffer, 250, c.limits.Command)
	if err != nil && closing(err) {
		c.unread = true
		return phaseMail, err
	}
	rcpt := c.answer(25, c.limits.Command)
	switch {
	case err == nil:
		return phaseRcpt, rcpt
	case rcpt == nil: // a recipient without a sender
		c.unread = true
	default:
		c.unread = closing(rcpt)
	}
	return phaseMail, err
}

// mailCommand requests SMTPUTF8 only for mails that need it, because relays must not pass
// such a mail on to servers without it.
func (c *connection) mailCommand(to []byte, m message) []byte {
	to = append(append(append(to, "MAIL FROM:<"...), m.from...), '>')
	if c.mime8 {
		to = append(to, " BODY=8BITMIME"...)
	}
	if c.utf8 && m.utf8 {
		to = append(to, " SMTPUTF8"...)
	}
	return append(to, "\r\n"...)
}

func rcptCommand(to []byte, m message) []byte {
	return append(append(append(to, "RCPT TO:<"...), m.to...), ">\r\n"...)
}

// ask writes commands at once and reads the answer to the first.
func (c *connection) ask(commands []byte, expected int, limit time.Duration) error {
	if err := c.client.UpdateDeadline(limit); err != nil {
		return err
	}
	if _, err := c.client.Text.W.Write(commands); err != nil {
		return err
	}
	if err := c.client.Text.W.Flush(); err != nil {
		return err
	}
	return c.answer(expected, limit)
}

func (c *connection) answer(expected int, limit time.Duration) error {
	if err := c.client.UpdateDeadline(limit); err != nil {
		return err
	}
	_, _, err := c.client.Text.ReadResponse(expected)
	return err
}

// data hands the mail over and reads the final reply. It takes no context: from here
// on only the limits may stop it, or the outcome of the mail would be unknown.
func (c *connection) data(content []byte) (phase, error) {
	if err := c.ask([]byte("DATA\r\n"), 354, c.limits.Command); err != nil {
		return phaseData, err
	}
	return c.hand(append(stuffed(c.buffer[:0], content), ".\r\n"...))
}

// chunk does the same with BDAT (RFC 3030), without the round trip of DATA.
func (c *connection) chunk(content []byte) (phase, error) {
	size := len(content)
	if !bytes.HasSuffix(content, []byte("\r\n")) {
		size += 2
	}
	command := append(c.buffer[:0], "BDAT "...)
	command = append(strconv.AppendInt(command, int64(size), 10), " LAST\r\n"...)
	return c.hand(append(append(command, content...), "\r\n"[:size-len(content)]...))
}

// hand writes the rest of the mail at once. If the write fails, its last byte was not
// written: then the relay cannot have the end of the mail.
func (c *connection) hand(rest []byte) (phase, error) {
	if c.buffer = rest; cap(rest) > mostBuffer {
		c.buffer = nil
	}
	if err := c.client.UpdateDeadline(c.limits.Data); err != nil {
		return phaseContent, err
	}
	if _, err := c.client.Text.W.Write(rest); err != nil {
		return phaseContent, err
	}
	if err := c.client.Text.W.Flush(); err != nil {
		return phaseContent, err
	}
	failpoint.Hit(failpoint.AfterDot)
	if err := c.answer(250, c.limits.Data); err != nil {
		return phaseDot, err
	}
	failpoint.Hit(failpoint.AfterReply)
	return phaseDone, nil
}

// takesChunks asks for an empty chunk. A relay that announces CHUNKING and does not know BDAT
// would read a mail as commands. This shows it before a mail is sent so.
func (c *connection) takesChunks() error { return c.ask([]byte("BDAT 0\r\n"), 250, c.limits.Command) }

// stuffed appends content with a second dot before each line that begins with one, and with
// CR LF at its end.
func stuffed(to, content []byte) []byte {
	if bytes.HasPrefix(content, []byte(".")) {
		to = append(to, '.')
	}
	for {
		line, rest, found := bytes.Cut(content, []byte("\r\n."))
		to = append(to, line...)
		if !found {
			break
		}
		to, content = append(to, "\r\n.."...), rest
	}
	if !bytes.HasSuffix(to, []byte("\r\n")) {
		to = append(to, "\r\n"...)
	}
	return to
}
