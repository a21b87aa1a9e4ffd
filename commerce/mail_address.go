package commerce

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MailAddress is an e-mail address as mail servers take it: without blanks around it, and
// its domain in ASCII, as DNS has it (shop@müller.example is shop@xn--mller-kva.example).
// Any other text is Invalid, and the error states what to change. The rule is one for
// senders and recipients.
func MailAddress(text string) (string, error) {
	text = strings.TrimSpace(text)
	at := strings.LastIndexByte(text, '@')
	if at < 1 || len(text) > 254 || !utf8.ValidString(text) {
		return "", Errorf(Invalid, "is not an e-mail address such as name@example.com")
	}
	local, domain := text[:at], text[at+1:]
	if why := localFault(local); why != "" {
		return "", Errorf(Invalid, "%s", why)
	}
	ascii, why := asciiDomain(domain)
	if why != "" {
		return "", Errorf(Invalid, "%s", why)
	}
	return local + "@" + ascii, nil
}

// localFault refuses quoted parts and comments too. They are legal, but people do not use
// them, and they are a known way to smuggle SMTP commands.
func localFault(local string) string {
	switch {
	case len(local) > 64:
		return "the part before @ is longer than 64 bytes"
	case local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, ".."):
		return "the part before @ begins or ends with a dot, or has two dots in a row"
	}
	for _, r := range local {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`"(),:;<>@[\]`, r) || unicode.IsSpace(r) || unicode.IsControl(r) {
			return "the part before @ has characters that mail servers refuse: leave out blanks, quotes, brackets and comments"
		}
	}
	return ""
}

// asciiDomain is a domain in the form of DNS, or what is wrong with it.
func asciiDomain(domain string) (ascii, why string) {
	domain = strings.Map(plainWidth, strings.ToLower(domain))
	if strings.HasSuffix(domain, ".") {
		return "", "the part after @ ends with a dot: leave it out"
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return "", "the part after @ is not a complete domain such as example.com"
	}
	for i, label := range labels {
		for _, r := range label {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-' || r >= 0x300 && r < 0x370 {
				return "", "the part after @ has a character that no domain has: use letters, digits, - and dots"
			}
		}
		if labels[i] = asciiLabel(label); labels[i] == "" || len(labels[i]) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", "the part after @ is not a domain: between two dots there are 1 to 63 characters, with no - at the ends"
		}
	}
	if last := labels[len(labels)-1]; len(last) < 2 || strings.Trim(last, "0123456789") == "" {
		return "", "the part after @ is not a complete domain such as example.com"
	}
	return strings.Join(labels, "."), ""
}

// plainWidth is the usual form of dots, letters and digits that are typed in Chinese or
// Japanese width.
func plainWidth(r rune) rune {
	switch {
	case r == '。' || r == '．' || r == '｡':
		return '.'
	case r >= '！' && r <= '～':
		return unicode.ToLower(r - '！' + '!')
	}
	return r
}

// asciiLabel is one part of a domain in ASCII: other scripts in Punycode (RFC 3492).
func asciiLabel(label string) string {
	runes, basic := []rune(label), []byte{}
	for _, r := range runes {
		if r < utf8.RuneSelf {
			basic = append(basic, byte(r))
		}
	}
	if len(basic) == len(runes) {
		return label
	}
	out, done := append([]byte("xn--"), basic...), len(basic)
	if done > 0 {
		out = append(out, '-')
	}
	for n, delta, bias := rune(0x80), 0, 72; done < len(runes); n++ {
		next := rune(unicode.MaxRune)
		for _, r := range runes {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r == n {
				out = punycodeDigits(out, delta, bias)
				bias = punycodeBias(delta, done+1, done == len(basic))
				delta, done = 0, done+1
			}
		}
		delta++
	}
	return string(out)
}

// punycodeDigits appends delta as a number of variable length.
func punycodeDigits(out []byte, delta, bias int) []byte {
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	for k := 36; ; k += 36 {
		t := min(max(k-bias, 1), 26)
		if delta < t {
			return append(out, digits[delta])
		}
		out = append(out, digits[t+(delta-t)%(36-t)])
		delta = (delta - t) / (36 - t)
	}
}

func punycodeBias(delta, points int, first bool) int {
	if delta /= 2; first {
		delta /= 350
	}
	delta += delta / points
	k := 0
	for ; delta > 455; k += 36 {
		delta /= 35
	}
	return k + 36*delta/(delta+38)
}
