package demo

import (
	"html"
	"regexp"
	"strings"
	"time"

	"comeback/campaigns/channels/mailbox"
)

// letter is a caught mail as a shopper sees it.
type letter struct {
	id          string // its Message-ID
	to          string
	at          time.Time // when it arrived
	campaign    string
	pixel       string
	links       []string // tracked links in the order of the page; the first is the mail's main one
	unsubscribe string
}

var (
	pixelOf = regexp.MustCompile(`<img src="([^"]+/o/[^"]+)"`)
	hrefOf  = regexp.MustCompile(`<a\s[^>]*?href="([^"]+/c/[^"]+)"`)
	angled  = regexp.MustCompile(`<(https?://[^>]+)>`)
)

func readLetter(m mailbox.Mail) letter {
	content := m.Content()
	l := letter{id: m.MessageID, to: m.To}
	l.campaign, _, _ = strings.Cut(content.Header.Get("Feedback-Id"), ":")
	if found := pixelOf.FindStringSubmatch(content.HTML); found != nil {
		l.pixel = html.UnescapeString(found[1])
	}
	for _, found := range hrefOf.FindAllStringSubmatch(content.HTML, -1) {
		if !strings.Contains(found[0], "display:none") { // the hidden link
			l.links = append(l.links, html.UnescapeString(found[1]))
		}
	}
	if found := angled.FindStringSubmatch(content.Header.Get("List-Unsubscribe")); found != nil {
		l.unsubscribe = found[1]
	}
	return l
}
