package mail

import (
	"errors"
	"strings"

	"github.com/osteele/liquid"

	"comeback/campaigns"
	"comeback/commerce"
)

// Rendered is a mail ready for a channel, with the links to store with its message.
type Rendered struct {
	Subject     string
	HTML        string
	Text        string
	Links       []campaigns.Link // to store with the message before it is sent: click tokens name them by number
	Unsubscribe string           // URL for the List-Unsubscribe header; empty without Tracking.Base
}

// maxOutput bounds each rendered part. There is no time limit: the work of a template
// is counted when it is compiled (maxVisits). So a busy machine never fails a good
// mail, and no clock is read here.
const maxOutput = 1 << 20

// Render writes the mail for v. Each http and https link goes through tracking and is
// listed in Links. An open pixel ends the HTML. The subject is one line, with a mark
// for advertising where the shop's law requires it. Invalid are marketing without an
// unsubscribe link, a link other than http, https, mailto and tel, a mail that would
// lead nowhere, and an output above 1 MiB. The same arguments give the same bytes.
func Render(c *Compiled, v Vars, tr Tracking) (Rendered, error) {
	if v.Marketing && !c.Unsubscribes() {
		return Rendered{}, commerce.Errorf(
			commerce.Invalid, "template %s: marketing mail must offer {{ links.unsubscribe }} in HTML and text", c.Name,
		)
	}
	known := newAddresses()
	values, err := c.bind(v, tr, known)
	if err != nil {
		return Rendered{}, err
	}
	var parts [3]string
	for i, part := range []*liquid.Template{c.subject, c.html, c.text} {
		if parts[i], err = execute(part, values); err != nil {
			return Rendered{}, commerce.Errorf(commerce.Invalid, "template %s: %w", c.Name, err)
		}
	}
	links := newLinker(tr, known)
	r := Rendered{Subject: c.subjectLine(parts[0], v), Unsubscribe: tr.unsubscribeURL()}
	if r.HTML, err = links.html(parts[1]); err != nil {
		return Rendered{}, commerce.Errorf(commerce.Invalid, "template %s: %w", c.Name, err)
	}
	r.Text, r.Links = links.text(tidyText(parts[2])), links.list
	return r, nil
}

// subjectLine is the subject on one line, with the marks that the laws of the shop and of
// the recipient's country require of marketing.
func (c *Compiled) subjectLine(subject string, v Vars) string {
	subject = strings.Join(strings.Fields(oneLineText(subject)), " ")
	if !v.Marketing {
		return subject
	}
	return marked(subject, c.frame.language, v.Shop.Laws(true, campaigns.Email, v.Customer.Country))
}

// bind makes the values of one rendering. The ready-made lists are made only if used.
func (c *Compiled) bind(v Vars, tr Tracking, known *addresses) (map[string]any, error) {
	b := binder{Vars: v, zone: v.Shop.Location(), chinese: c.frame.language == "zh", links: known}
	unsubscribe := tr.unsubscribeURL()
	if unsubscribe == "" {
		unsubscribe = "https://example.com/unsubscribe" // a preview has no recipient
	}
	values := b.bind(unsubscribe)
	for _, subject := range []string{"order", "checkout"} {
		about, _ := values[subject].(map[string]any)
		if about == nil {
			continue
		}
		around := map[string]any{"order": about}
		if c.uses[subject+".table"] {
			table, err := execute(c.frame.table, around)
			if err != nil {
				return nil, err
			}
			about["table"] = safeHTML(table)
		}
		if c.uses[subject+".list"] {
			list, err := execute(c.frame.list, around)
			if err != nil {
				return nil, err
			}
			about["list"] = lineBlock(strings.TrimSpace(list))
		}
	}
	return values, nil
}

// execute renders one part. The library panics on bad arguments of filters and
// on errors of its writer; both come back as errors.
func execute(part *liquid.Template, values map[string]any) (out string, err error) {
	w := new(cappedWriter)
	defer func() {
		if r := recover(); r != nil {
			out, err = "", commerce.Errorf(commerce.Invalid, "cannot be rendered: %v", r)
			if w.full {
				err = errTooLong
			}
		}
	}()
	if failed := part.FRender(w, values); failed != nil {
		if w.full {
			return "", errTooLong
		}
		if nowhere := stopped(failed); nowhere != nil {
			return "", nowhere
		}
		return "", failed
	}
	return w.String(), nil
}

var errTooLong = errors.New("more than 1 MiB of output")

// cappedWriter takes maxOutput bytes and then fails.
type cappedWriter struct {
	strings.Builder
	full bool
}

func (w *cappedWriter) Write(p []byte) (int, error) {
	if w.full = w.full || w.Len()+len(p) > maxOutput; w.full {
		return 0, errTooLong
	}
	return w.Builder.Write(p)
}

func (w *cappedWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// tidyText removes blanks at line ends, and more than one empty line in a row, as
// left by tags alone on their lines.
func tidyText(s string) string {
	var b strings.Builder
	empty := 1
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" {
			empty++
			continue
		}
		if empty > 0 && b.Len() > 0 {
			b.WriteByte('\n')
		}
		empty = 0
		b.WriteString(line + "\n")
	}
	return b.String()
}
