package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// tracking answers the links in mails: the pixel, clicks and unsubscribing.
// Every action and every redirect target is proved by the token.
type tracking struct {
	store    trackingStore
	tokens   *mail.Tokens
	recorder *Recorder
	links    *linkReader
	agents   *agentClasses
	pages    *pages
	macs     *sync.Pool // of hash.Hash with the salt
	now      func() time.Time
}

// saltedHashes are HMACs under a salt, used one after the other.
func saltedHashes(salt []byte) *sync.Pool {
	return &sync.Pool{New: func() any { return hmac.New(sha256.New, salt) }}
}

type trackingStore interface {
	linkStore
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	Message(ctx context.Context, shop, id string) (campaigns.Message, error)
	Order(ctx context.Context, shop, id string) (commerce.Order, error)
	// Suppress stops mail to the recipient of x.Message.
	Suppress(ctx context.Context, shop string, x commerce.Suppression) error
}

// pixel is a transparent GIF of 1 x 1.
const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" +
	"\x21\xf9\x04\x01\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"

// open answers GET /o/:token.
func (h *tracking) open(c *gin.Context) {
	token, ok := h.parse(c, mail.OpenPixel)
	if !ok {
		return
	}
	h.touch(c, token, campaigns.Opened)
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "image/gif", []byte(pixel))
}

// click answers GET /c/:token with a redirect to the target stored with the
// message; the token does not contain it.
func (h *tracking) click(c *gin.Context) {
	token, ok := h.parse(c, mail.ClickLink)
	if !ok {
		return
	}
	target, err := h.target(c.Request.Context(), token)
	if err != nil {
		h.pages.failed(c, err)
		return
	}
	h.touch(c, token, campaigns.Clicked)
	if target == "" {
		h.pages.notFound(c)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Location", campaigns.Landing(target, onlyToken(c.Param("token"))))
	c.Status(http.StatusFound)
}

// target is the target of a click, empty where a browser must not follow it. The hidden
// link, which only machines follow, leads to the storefront, and no message is read for it.
func (h *tracking) target(ctx context.Context, token mail.Token) (string, error) {
	if token.Link == campaigns.HoneypotLink {
		shop, err := h.store.Shop(ctx, token.Shop)
		return followed(shop.URL), err
	}
	m, err := h.links.message(ctx, token.Shop, token.Message)
	if err != nil {
		return "", err
	}
	for _, l := range m.Links {
		if l.N == token.Link {
			return h.alive(ctx, token.Shop, m.Order, l)
		}
	}
	return "", commerce.Errorf(commerce.NotFound, "link: not one of the message's")
}

// followed is a link as a browser may follow it, else empty.
func followed(link string) string {
	link, err := commerce.WebLink(link)
	if err != nil {
		return ""
	}
	return link
}

// alive is the current target of a link. A link for paying a cancelled order
// leads to the shop, because the platform would only refuse the payment.
func (h *tracking) alive(ctx context.Context, shopID, order string, l campaigns.Link) (string, error) {
	if !l.Pay || order == "" {
		return l.URL, nil
	}
	o, err := h.store.Order(ctx, shopID, order)
	if commerce.CodeOf(err) == commerce.NotFound || err == nil && !o.CancelledNow() {
		return l.URL, nil
	}
	if err != nil {
		return "", err
	}
	shop, err := h.store.Shop(ctx, shopID)
	if shop.URL != "" || err != nil {
		return followed(shop.URL), err
	}
	storefront, _ := commerce.LinkAuthority(l.URL)
	return followed(storefront + "/"), nil
}

// confirm answers GET /u/:token with a question, because scanners follow links.
func (h *tracking) confirm(c *gin.Context) {
	token, ok := h.parse(c, mail.Unsubscribe)
	if !ok {
		return
	}
	shop, err := h.store.Shop(c.Request.Context(), token.Shop)
	if err != nil {
		h.pages.failed(c, err)
		return
	}
	text := askLeave
	if scopeOf(token) == commerce.SuppressAll {
		text = askLeaveAll
	}
	h.pages.show(c, http.StatusOK, text, shop)
}

// leave answers POST /u/:token, from the page's button or from a mail program
// (RFC 8058). It acts at once; repeating it changes nothing.
func (h *tracking) leave(c *gin.Context) {
	token, ok := h.parse(c, mail.Unsubscribe)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	shop, err := h.store.Shop(ctx, token.Shop)
	if err == nil {
		err = h.suppress(ctx, token)
	}
	if err != nil {
		h.pages.failed(c, err)
		return
	}
	h.touch(c, token, campaigns.Unsubscribed)
	text := haveLeft
	if scopeOf(token) == commerce.SuppressAll {
		text = haveLeftAll
	}
	h.pages.show(c, http.StatusOK, text, shop)
}

// scopeOf is the scope of the suppression that the person wants.
func scopeOf(token mail.Token) commerce.SuppressionScope {
	if token.Scope == string(commerce.SuppressAll) {
		return commerce.SuppressAll
	}
	return commerce.SuppressMarketing
}

// suppress stops mail to the recipient of the message. A deleted message means
// that its person was erased and gets no mail any more.
func (h *tracking) suppress(ctx context.Context, token mail.Token) error {
	m, err := h.store.Message(ctx, token.Shop, token.Message)
	switch {
	case commerce.CodeOf(err) == commerce.NotFound:
		return nil
	case err != nil:
		return err
	case m.Recipient.IsZero():
		return commerce.Errorf(commerce.Internal, "message %s: its unsubscribe link was used, but it was never handed over", token.Message)
	}
	scope := scopeOf(token)
	return h.store.Suppress(ctx, token.Shop, commerce.Suppression{
		Address: m.Recipient, Scope: scope,
		Reason: commerce.Unsubscribed, Message: token.Message, CreatedAt: h.now(),
	})
}

// parse reads the path's token. A token that is not valid for this purpose gets
// a page with an explanation.
func (h *tracking) parse(c *gin.Context, purpose mail.Purpose) (mail.Token, bool) {
	token, err := h.tokens.Parse(purpose, onlyToken(c.Param("token")))
	if err != nil {
		h.pages.notFound(c)
		return token, false
	}
	c.Set(keyShop, token.Shop)
	return token, true
}

// onlyToken is the token at the start of text. Some mail programs take the
// punctuation or the word behind a link as a part of it.
func onlyToken(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || strings.ContainsRune(".,;:!?)]}'\">*", r) })
	if end < 0 {
		return text
	}
	return text[:end]
}

// touch records the action, unless the request only wants headers.
func (h *tracking) touch(c *gin.Context, token mail.Token, kind campaigns.TouchKind) {
	if c.Request.Method == http.MethodHead {
		return
	}
	t, err := campaigns.NewTouch(token.Message, kind, token.Link, h.actor(c), h.agents.request(c.Request), h.now())
	if err != nil {
		_ = c.Error(err) // shown in the request's log line
		return
	}
	if kind == campaigns.Unsubscribed {
		h.recorder.Store(c.Request.Context(), t)
		return
	}
	h.recorder.Add(c.Request.Context(), t)
}

// actor distinguishes clients without revealing an address.
func (h *tracking) actor(c *gin.Context) string {
	mac := h.macs.Get().(hash.Hash)
	defer h.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(c.ClientIP()))
	return hex.EncodeToString(mac.Sum(nil))
}
