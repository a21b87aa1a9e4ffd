package email

import (
	"slices"
	"strings"
)

// doubts are the answers in a row about domains that refuse mails.
type doubts map[string]int

// mostDoubted bounds the domains of doubts.
const mostDoubted = 1000

func (d doubts) more(domain string) int {
	if len(d) >= mostDoubted {
		clear(d)
	}
	d[domain]++
	return d[domain]
}

func (d doubts) end(domain string) { delete(d, domain) }

// provider is a company that receives mails for several domains.
type provider struct {
	domains []string // one that ends with a dot is the beginning of a domain
	names   []string // by which answers name it
}

// providers are the large ones. A domain of its own name needs no line.
var providers = []provider{
	{[]string{"gmail.com", "googlemail.com"}, []string{"gmail", "google.com"}},
	{[]string{"outlook.", "hotmail.", "live.", "msn.com"}, []string{"outlook.com", "hotmail", "office365", "live.com"}},
	{[]string{"yahoo.", "ymail.com", "rocketmail.com", "aol.com"}, []string{"yahoo", "aol.com"}},
	{[]string{"icloud.com", "me.com", "mac.com"}, []string{"icloud", "apple.com"}},
	{[]string{"qq.com", "vip.qq.com", "foxmail.com"}, []string{"qq.com", "tencent"}},
	{[]string{"163.com", "126.com", "yeah.net", "vip.163.com", "vip.126.com", "188.com"}, []string{"163.com", "126.com", "netease"}},
	{[]string{"sina.com", "sina.cn", "vip.sina.com"}, []string{"sina.com", "sina.cn"}},
	{[]string{"sohu.com", "vip.sohu.com"}, []string{"sohu.com"}},
	{[]string{"139.com"}, []string{"139.com", "10086.cn"}},
	{[]string{"189.cn"}, []string{"189.cn", "21cn.com"}},
	{[]string{"aliyun.com"}, []string{"aliyun.com", "mxhichina.com"}},
	{[]string{"gmx.", "web.de", "mail.com"}, []string{"gmx.net", "gmx.com", "web.de", "kundenserver.de"}},
	{[]string{"mail.ru", "bk.ru", "inbox.ru", "list.ru"}, []string{"mail.ru"}},
	{[]string{"yandex.", "ya.ru"}, []string{"yandex"}},
	{[]string{"proton.me", "protonmail.com", "pm.me"}, []string{"protonmail", "proton.me"}},
}

func (p provider) has(domain string) bool {
	return slices.ContainsFunc(p.domains, func(own string) bool {
		return domain == own || strings.HasSuffix(own, ".") && strings.HasPrefix(domain, own)
	})
}

// names reports whether the refusal names the domain of the recipient, or its provider. A relay
// of that provider names itself, and addresses name nobody.
func (r reply) names(domain, relay string) bool {
	if r.code == 0 || domain == "" {
		return false
	}
	names := []string{domain}
	for _, p := range providers {
		if p.has(domain) {
			names = append(names, p.names...)
		}
	}
	return !contains(relay, names) && named(anyAddress.ReplaceAllString(r.text, ""), names)
}

// named reports whether a text has one of the names as words of their own.
func named(text string, names []string) bool {
	text = strings.ToLower(text)
	for _, name := range names {
		for rest := text; ; {
			before, after, found := strings.Cut(rest, name)
			if !found {
				break
			}
			if !isWord(before, len(before)-1) && !isWord(after, 0) {
				return true
			}
			rest = after
		}
	}
	return false
}

// isWord reports whether the byte at i, if there is one, is of a word.
func isWord(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z'
}
