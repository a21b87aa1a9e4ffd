package mail

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/osteele/liquid"

	"comeback/commerce"
	"comeback/strictjson"
)

// Template is one mail in one language as its author wrote it. Subject, Preheader,
// HTML and Text are Liquid with the tags of this package and with Variables and
// Filters, and no others. HTML that starts with <!doctype or <html is a complete
// document. Other HTML is put into the shared layout, which adds the footer, also
// for Text.
type Template struct {
	Name      string `bson:"name" json:"name"`
	Language  string `bson:"language" json:"language"` // primary subtag: en, zh
	Subject   string `bson:"subject" json:"subject"`
	Preheader string `bson:"preheader" json:"preheader"` // what mail programs show beside the subject
	HTML      string `bson:"html" json:"html"`
	Text      string `bson:"text" json:"text"`
}

// Limits of a template. A template above them is refused when it is saved, not when
// it is sent.
const (
	MaxTemplate = 256 << 10 // bytes of each part
	maxDepth    = 8         // blocks within blocks
	maxLoops    = 2         // loops within loops
	maxRange    = 100       // turns of a loop over a range
	maxLines    = 50        // order lines shown; loops over lists make no more turns
	maxVisits   = 50_000    // parts of a template visited in one rendering, all loops counted
)

// Compiled is a checked template. It can be rendered any number of times, also
// concurrently.
type Compiled struct {
	Template
	subject, html, text *liquid.Template
	frame               *frame
	uses                map[string]bool // variables named anywhere, layout included
	leads               []string        // destinations it always writes
	document            bool
}

// Compile checks t and prepares it. With any problem that is not a note the result is
// nil. Pointers name the part: /subject, /html ...
func Compile(t Template) (*Compiled, []strictjson.Problem) {
	f, err := frameOf(t.Language)
	if err != nil {
		return nil, []strictjson.Problem{{Pointer: "/language", Line: 1, Column: 1, Message: err.Error()}}
	}
	return f.compile(t)
}

func (f *frame) compile(t Template) (*Compiled, []strictjson.Problem) {
	c := &Compiled{Template: t, frame: f, uses: map[string]bool{}, document: isDocument(t.HTML)}
	problems := c.check()
	if strictjson.Refused(problems) {
		return nil, problems
	}
	parts := []struct {
		to     **liquid.Template
		format format
		source string
	}{
		{&c.subject, plainText, t.Subject},
		{&c.html, htmlText, c.wrap(f.layout.HTML, t.HTML)},
		{&c.text, plainText, c.wrap(f.layout.Text, t.Text)},
	}
	for _, p := range parts {
		compiled, err := compileSource(p.source, p.format)
		if err != nil {
			return nil, append(problems, strictjson.Problem{Pointer: "/html", Line: 1, Column: 1, Message: err.Error()})
		}
		*p.to = compiled
	}
	if !c.document {
		for _, name := range f.uses {
			c.uses[name] = true
		}
	}
	return c, problems
}

// Unsubscribes reports whether both parts of the mail have the unsubscribe link, as
// marketing mail must. In the shared layout they always have it.
func (c *Compiled) Unsubscribes() bool {
	return !c.document || namesUnsubscribe(c.HTML) && namesUnsubscribe(c.Text)
}

func namesUnsubscribe(source string) bool { return strings.Contains(source, "links.unsubscribe") }

func (c *Compiled) check() []strictjson.Problem {
	var problems []strictjson.Problem
	if c.Name == "" {
		problems = append(problems, missing("/name", "name the template, such as unpaid-1"))
	}
	for _, p := range []struct{ pointer, source string }{{"/subject", c.Subject}, {"/html", c.HTML}, {"/text", c.Text}} {
		if strings.TrimSpace(p.source) == "" {
			problems = append(problems, missing(p.pointer, "write it: a mail needs a subject, an HTML part and a text part"))
		}
	}
	for _, p := range []struct {
		pointer, source string
		format          format
	}{
		{"/subject", c.Subject, plainText}, {"/preheader", c.Preheader, plainText},
		{"/html", c.HTML, htmlText}, {"/text", c.Text, plainText},
	} {
		found := checkSource(p.pointer, p.source, p.format)
		problems, c.leads = append(problems, found.problems...), append(c.leads, found.leads...)
		for _, name := range found.uses {
			c.uses[name] = true
		}
	}
	return problems
}

func missing(pointer, message string) strictjson.Problem {
	return strictjson.Problem{Pointer: pointer, Line: 1, Column: 1, Message: strings.TrimPrefix(pointer, "/") + ": " + message}
}

// wrap inserts a part into the layout.
func (c *Compiled) wrap(layout, part string) string {
	if c.document {
		return part
	}
	return strings.NewReplacer(slotContent, part, slotPreheader, c.Preheader).Replace(layout)
}

// Markers in the layout for the parts of a template. They are replaced before Liquid
// reads the layout.
const (
	slotContent   = "[[content]]"
	slotPreheader = "[[preheader]]"
)

func isDocument(html string) bool {
	start := strings.ToLower(strings.TrimSpace(html))
	return strings.HasPrefix(start, "<!doctype") || strings.HasPrefix(start, "<html")
}

// ReadTemplate reads a template file: lines "subject:" and "preheader:", then a line
// "--- html" with the HTML part below it, and a line "--- text" with the text part.
func ReadTemplate(name, language string, data []byte) (Template, error) {
	head, rest, ok := bytes.Cut(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("--- html\n"))
	html, text, both := bytes.Cut(rest, []byte("--- text\n"))
	if !ok || !both {
		return Template{}, commerce.Errorf(commerce.Invalid, `template %s: put the lines "--- html" and "--- text" before its two parts`, name)
	}
	t := Template{Name: name, Language: language, HTML: string(html), Text: string(text)}
	for line := range strings.Lines(string(head)) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "subject":
			t.Subject = value
		case "preheader":
			t.Preheader = value
		case "":
		default:
			return Template{}, commerce.Errorf(
				commerce.Invalid, "template %s: unknown line %q, write subject: or preheader:", name, strings.TrimSpace(line),
			)
		}
	}
	return t, nil
}

// compileSource compiles a part that checkSource accepted. Every output is formatted
// and, for HTML, escaped. The library's panics become errors.
func compileSource(source string, f format) (compiled *liquid.Template, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = commerce.Errorf(commerce.Invalid, "template: cannot be read: %v", r)
		}
	}()
	engine := liquid.NewEngine()
	// The library's include would read any file on the disk.
	engine.RegisterTag("include", func(c renderContext) (string, error) {
		return "", fmt.Errorf("include: not supported")
	})
	for _, x := range filters {
		engine.RegisterFilter(x.Name, x.apply)
	}
	engine.RegisterFilter(destinationFilter, filterDestination)
	engine.RegisterFilter(string(plainText), outputText)
	engine.RegisterFilter(string(htmlText), outputHTML)
	compiled, parseErr := engine.ParseString(escapeOutputs(source, f))
	if parseErr != nil {
		return nil, commerce.Errorf(commerce.Invalid, "template: %w", parseErr)
	}
	return compiled, nil
}

// format is the kind of text around an output. Its value is the name of the filter
// that ends every output; authors cannot use that name.
type format string

const (
	plainText format = "__text"
	htmlText  format = "__html"
)

// escapeOutputs adds the filter of the format to each output, so every output of an
// author is escaped.
func escapeOutputs(source string, f format) string {
	var b strings.Builder
	for _, tok := range scanTemplate(source) {
		if tok.kind != outputToken {
			b.WriteString(tok.source)
			continue
		}
		open, end := "{{", "}}"
		if tok.trimLeft {
			open = "{{-"
		}
		if tok.trimRight {
			end = "-}}"
		}
		b.WriteString(open + " " + wanting(tok.args) + " | " + string(f) + " " + end)
	}
	return b.String()
}
