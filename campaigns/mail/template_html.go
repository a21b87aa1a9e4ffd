package mail

import (
	"regexp"
	"slices"
	"strings"
)

// htmlState is the position in an HTML part. An output is allowed only where escaping
// is enough: in text, and between quotes of an attribute that contains no program.
type htmlState struct {
	state     int
	tag       string
	attribute string
	before    string // the part of an attribute's value before the position
}

const (
	inText = iota
	inTag
	inDouble // quotes
	inSingle
	inComment
	inStyle
)

func (h htmlState) inText() bool { return h.state == inText }
func (h htmlState) quoted() bool { return h.state == inDouble || h.state == inSingle }

var (
	tagStart       = regexp.MustCompile(`^</?([A-Za-z][A-Za-z0-9:-]*)`)
	attributeStart = regexp.MustCompile(`^([^\s"'<>/=]+)\s*(=?)\s*(["']?)`)
	forbiddenTags  = []string{
		"script", "iframe", "object", "embed", "form", "input", "base", "link", "svg", "math", "applet", "frame", "frameset",
	}
	quotedOnly      = []string{"href", "src", "style", "background"}
	withoutOutputs  = []string{"style", "srcset", "http-equiv"}
	urlsOnlyAtStart = []string{"href", "src", "background"}
)

// htmlText reads a piece of HTML between two outputs or tags.
func (c *checker) htmlText(s string) {
	for s != "" {
		switch c.html.state {
		case inText:
			s = c.htmlData(s)
		case inTag:
			s = c.htmlTag(s)
		case inDouble:
			s = c.until(s, `"`, inTag)
		case inSingle:
			s = c.until(s, `'`, inTag)
		case inComment:
			s = c.until(s, "-->", inText)
		case inStyle:
			s = c.until(s, "</style", inTag)
		}
	}
}

// until continues after end. In a value it collects the text before end.
func (c *checker) until(s, end string, then int) string {
	i := strings.Index(lowerASCII(s), end)
	if i < 0 {
		c.html.before += s
		return ""
	}
	if c.html.quoted() {
		c.value(c.html.before + s[:i])
	}
	c.html.state, c.html.before = then, ""
	if end == "</style" {
		c.html.tag = "/style"
	}
	return s[i+len(end):]
}

func (c *checker) htmlData(s string) string {
	i := strings.IndexByte(s, '<')
	if i < 0 {
		return ""
	}
	s = s[i:]
	if strings.HasPrefix(s, "<!--") {
		c.html.state = inComment
		return s[len("<!--"):]
	}
	m := tagStart.FindStringSubmatch(s)
	if m == nil {
		if end := strings.IndexByte(s, '>'); strings.HasPrefix(s, "<!") && end >= 0 {
			return s[end+1:]
		}
		return s[1:]
	}
	c.html = htmlState{state: inTag, tag: strings.ToLower(m[1])}
	if slices.Contains(forbiddenTags, c.html.tag) {
		c.problem("<%s>: mail programs drop it or warn of it; leave it out", c.html.tag)
	}
	return s[len(m[0]):]
}

func (c *checker) htmlTag(s string) string {
	s = strings.TrimLeft(s, " \t\r\n/")
	if s == "" {
		return ""
	}
	if s[0] == '>' {
		c.html.state = inText
		if c.html.tag == "style" {
			c.html.state = inStyle
		}
		return s[1:]
	}
	m := attributeStart.FindStringSubmatch(s)
	if m == nil {
		return s[1:]
	}
	name := strings.ToLower(m[1])
	c.html.attribute, c.html.before = name, ""
	if strings.HasPrefix(name, "on") {
		c.problem("attribute %s: no programs in mails", name)
	}
	switch m[3] {
	case `"`:
		c.html.state = inDouble
	case `'`:
		c.html.state = inSingle
	default:
		if m[2] == "=" && slices.Contains(quotedOnly, name) {
			c.problem("attribute %s: put its value between quotes", name)
		}
	}
	if m[3] == "" && m[2] == "=" {
		return skipUnquoted(s[len(m[0]):])
	}
	return s[len(m[0]):]
}

func skipUnquoted(s string) string {
	if i := strings.IndexAny(s, " \t\r\n>"); i >= 0 {
		return s[i:]
	}
	return ""
}

// value checks the complete value of an attribute, with \x00 for each output.
func (c *checker) value(v string) {
	if c.html.attribute != "href" {
		return
	}
	lower := strings.ToLower(strings.TrimSpace(v))
	scheme, _, ok := strings.Cut(lower, ":")
	if lower == "" || !ok && (strings.HasPrefix(lower, "#") || lower == "\x00") {
		return
	}
	if !ok && !strings.HasPrefix(lower, "\x00") {
		c.problem("href %q: write a whole address, https://...", clip(v))
	}
	if ok && !strings.HasPrefix(lower, "\x00") && !slices.Contains([]string{"http", "https", "mailto", "tel"}, scheme) {
		c.problem("href %q: only http, https, mailto and tel", clip(v))
	}
}

// htmlOutput checks an output by its position.
func (c *checker) htmlOutput(kind Kind) {
	switch {
	case c.html.state == inText, c.html.state == inComment:
	case !c.html.quoted():
		c.problem("%s: an output is allowed in text or between quotes of an attribute, not here", clip(c.at.source))
	case kind == KindHTML:
		c.problem("%s: HTML is not allowed in an attribute", clip(c.at.source))
	case slices.Contains(withoutOutputs, c.html.attribute) || strings.HasPrefix(c.html.attribute, "on"):
		c.problem("attribute %s: no outputs in it", c.html.attribute)
	case slices.Contains(urlsOnlyAtStart, c.html.attribute) && c.html.before == "" && kind != KindURL && kind != kindAny:
		c.problem("attribute %s: starts with %s, which is %s; only a URL may decide where a link leads", c.html.attribute,
			clip(c.at.source), kind)
	}
	c.html.before += "\x00"
}

// lowerASCII is s with A to Z in small letters. Its length is always that of s.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
