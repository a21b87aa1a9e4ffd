package mailbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Mail is one caught mail. Subject and addresses are decoded. A field that cannot be
// read is empty; Raw is always complete.
type Mail struct {
	Number    int // 1 for the first mail ever caught
	At        time.Time
	Date      time.Time // header
	From      string    // header
	To        string    // envelope; several are joined by ", "
	Subject   string
	MessageID string // without < and >
	Raw       []byte // as received, below Return-Path, Delivered-To and Received
}

// MailContent are the parts of a caught mail.
type MailContent struct {
	Header mail.Header // values decoded
	Text   string
	HTML   string
}

var (
	mailFile  = regexp.MustCompile(`^(\d{8,12})-.*\.eml$`)
	oddInName = regexp.MustCompile(`[^A-Za-z0-9._@+-]`)
)

// readCaught never fails: a mail that cannot be parsed is still a caught mail.
func readCaught(number int, raw []byte) Mail {
	c := Mail{Number: number, Raw: raw}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return c
	}
	h := decoded(msg.Header)
	c.From, c.To, c.Subject = h.Get("From"), h.Get("Delivered-To"), h.Get("Subject")
	c.MessageID = strings.Trim(h.Get("Message-Id"), "<> ")
	c.Date, _ = h.Date()
	if _, at, found := strings.Cut(h.Get("Received"), ";"); found {
		c.At, _ = time.Parse(time.RFC1123Z, strings.TrimSpace(at))
	}
	return c
}

// Content splits the mail into its parts. A part in an unknown encoding or character
// set is returned as received.
func (c Mail) Content() MailContent {
	msg, err := mail.ReadMessage(bytes.NewReader(c.Raw))
	if err != nil {
		return MailContent{Text: string(c.Raw)}
	}
	content := MailContent{Header: decoded(msg.Header)}
	content.add(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body, 0)
	return content
}

func (m *MailContent) add(contentType, encoding string, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 5 {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			m.add(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, depth+1)
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	decoded, _ := io.ReadAll(body)
	switch {
	case kind == "text/html" && m.HTML == "":
		m.HTML = string(decoded)
	case kind == "text/plain" && m.Text == "":
		m.Text = string(decoded)
	}
}

func decoded(h mail.Header) mail.Header {
	words := new(mime.WordDecoder)
	out := make(mail.Header, len(h))
	for name, values := range h {
		for _, value := range values {
			if plain, err := words.DecodeHeader(value); err == nil {
				value = plain
			}
			out[name] = append(out[name], value)
		}
	}
	return out
}

// write stores the mail on disk durably, complete or not at all, even if the process
// is killed during the write.
func (m *Catcher) write(c Mail) error {
	dir := m.settings.Dir
	tmp, err := os.CreateTemp(dir, ".mail-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(c.Raw)
	if err == nil {
		err = tmp.Sync()
	}
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	id := oddInName.ReplaceAllString(c.MessageID, "_")
	name := fmt.Sprintf("%08d-%s.eml", c.Number, id[:min(len(id), 120)])
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename durable. It ignores systems that cannot sync a directory.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}

// load reads the newest files after a restart and continues their numbers.
func (m *Catcher) load() error {
	entries, err := os.ReadDir(m.settings.Dir)
	if err != nil {
		return fmt.Errorf("mailbox: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if mailFile.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	for _, name := range names[max(0, len(names)-m.settings.Keep):] {
		raw, err := os.ReadFile(filepath.Join(m.settings.Dir, name))
		if err != nil {
			return fmt.Errorf("mailbox: %w", err)
		}
		m.caught, _ = strconv.Atoi(mailFile.FindStringSubmatch(name)[1])
		m.mails = append(m.mails, readCaught(m.caught, raw))
	}
	return nil
}
