package commerce

import (
	"net/url"
	"strings"
)

// QueryValue returns a parameter of an address that a browser reported, ""
// without one. It accepts faulty addresses: a bare % or an invalid path, &amp;,
// and another case of the name.
func QueryValue(address, name string) string {
	_, query, _ := strings.Cut(address, "?")
	query, _, _ = strings.Cut(query, "#")
	for pair := range strings.SplitSeq(strings.ReplaceAll(query, "&amp;", "&"), "&") {
		key, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(unescape(key), name) {
			return unescape(value)
		}
	}
	return ""
}

// QueryNames lists the parameters of an address by name. It accepts the same faulty
// addresses, and ; between two parameters.
func QueryNames(address string) []string {
	_, query, _ := strings.Cut(address, "?")
	query, _, _ = strings.Cut(query, "#")
	var names []string
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, unescape(name))
	}
	return names
}

// unescape decodes %hh and +; any other % stays. The result is valid text:
// without NUL, and with U+FFFD for bytes that are not UTF-8.
func unescape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if decoded, err := url.QueryUnescape(text[i:min(i+3, len(text))]); text[i] == '%' && err == nil {
			out.WriteString(decoded)
			i += 2
			continue
		}
		if text[i] == '+' {
			out.WriteByte(' ')
			continue
		}
		out.WriteByte(text[i])
	}
	return strings.ReplaceAll(strings.ToValidUTF8(out.String(), "\ufffd"), "\x00", "")
}
