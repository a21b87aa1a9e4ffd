package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

// pages are shown to people who follow a link of a mail: no script, nothing
// loaded, in the language of their browser.
type pages struct {
	layout *template.Template
	policy string
	broken map[string][]byte // by language: strangers may ask for links that do not work as often as they like
}

func newPages() (*pages, error) {
	layout, err := template.New("page").Parse(pageSource)
	sum := sha256.Sum256([]byte(pageStyle))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; " +
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	if err != nil {
		return nil, err
	}
	p := &pages{layout: layout, policy: policy, broken: map[string][]byte{}}
	for language := range nothingHere {
		if p.broken[language], err = p.render(language, nothingHere, ""); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// wording is the text of a page in one language.
type wording struct{ Title, Text, Button string }

// pageText is the text of a page, by language.
type pageText map[string]wording

var (
	askLeave = pageText{
		"en": {"Unsubscribe?", "You will get no more marketing mail from this shop. Mail about your orders still comes.", "Unsubscribe"},
		"zh": {"要退订吗？", "退订后，您将不再收到本店的营销邮件；与您订单有关的邮件仍会发送。", "退订"},
	}
	askLeaveAll = pageText{
		"en": {"Unsubscribe?", "You will get no more mail of any kind from this shop.", "Unsubscribe"},
		"zh": {"要退订吗？", "退订后，您将不再收到本店的任何邮件。", "退订"},
	}
	haveLeftAll = pageText{
		"en": {"You are unsubscribed", "This shop sends you no more mail, from now on.", ""},
		"zh": {"已退订", "从现在起，本店不再向您发送任何邮件。", ""},
	}
	haveLeft = pageText{
		"en": {"You are unsubscribed", "This shop sends you no more marketing mail, from now on.", ""},
		"zh": {"已退订", "从现在起，本店不再向您发送营销邮件。", ""},
	}
	nothingHere = pageText{
		"en": {"This link does not work", "It is not one of ours, or it is incomplete. Please open it from the mail again.", ""},
		"zh": {"链接无效", "这不是我们的链接，或者没有复制完整。请从邮件中重新打开。", ""},
	}
	noPage = pageText{
		"en": {"There is no page here", "This is the address of a service for programs. Its calls are in /openapi.json.", ""},
		"zh": {"这里没有页面", "这是供程序调用的服务地址，接口说明见 /openapi.json。", ""},
	}
	notNow = pageText{
		"en": {"Please try again in a moment", "Something is not working on our side. Nothing was changed.", ""},
		"zh": {"请稍后再试", "我们这边暂时出现问题，没有做任何更改。", ""},
	}
)

// show writes a page. The zero shop is not named.
func (p *pages) show(c *gin.Context, status int, text pageText, shop commerce.Shop) {
	body, err := p.render(preferred(c.GetHeader("Accept-Language"), shop.Language), text, shop.Name)
	if err != nil {
		refuse(c, err)
		return
	}
	p.write(c, status, body)
}

func (p *pages) render(language string, text pageText, shop string) ([]byte, error) {
	page := struct {
		wording
		Language, Shop string
		Style          template.CSS
	}{text[language], language, shop, template.CSS(pageStyle)}
	var b bytes.Buffer
	err := p.layout.Execute(&b, page)
	return b.Bytes(), err
}

func (p *pages) write(c *gin.Context, status int, body []byte) {
	c.Header("Content-Security-Policy", p.policy)
	c.Header("Cache-Control", "no-store")
	c.Header("Vary", "Accept-Language")
	c.Data(status, "text/html; charset=utf-8", body)
	c.Abort()
}

// lost answers a path that does not exist: a person in a browser gets a page.
func (p *pages) lost(c *gin.Context) {
	if c.Request.Method == http.MethodGet && strings.Contains(c.GetHeader("Accept"), "text/html") {
		p.show(c, http.StatusNotFound, noPage, commerce.Shop{})
		return
	}
	noRoute(c)
}

func (p *pages) notFound(c *gin.Context) {
	p.write(c, http.StatusNotFound, p.broken[preferred(c.GetHeader("Accept-Language"), "")])
}

// failed shows that a link does not work, or does not work now.
func (p *pages) failed(c *gin.Context, err error) {
	if commerce.CodeOf(err) == commerce.NotFound {
		p.notFound(c)
		return
	}
	_ = c.Error(err) // shown in the request's log line
	status := http.StatusInternalServerError
	if codeOf(err) == commerce.Unavailable {
		status = http.StatusServiceUnavailable
		c.Header("Retry-After", "2")
	}
	p.show(c, status, notNow, commerce.Shop{})
}

// preferred is the page language that the browser prefers, else the shop's.
func preferred(accept, shop string) string {
	best, weight := "", 0.0
	for part := range strings.SplitSeq(accept, ",") {
		tag, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if text, found := strings.CutPrefix(strings.TrimSpace(quality), "q="); found {
			q, _ = strconv.ParseFloat(text, 64)
		}
		if language := primary(tag); language != "" && q > weight {
			best, weight = language, q
		}
	}
	if best == "" {
		best = primary(shop)
	}
	if best == "" {
		return "en"
	}
	return best
}

// primary is the page language of a language tag, empty where there is none.
func primary(tag string) string {
	language, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	if _, known := askLeave[language]; known {
		return language
	}
	return ""
}
