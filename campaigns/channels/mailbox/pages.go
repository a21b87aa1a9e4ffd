package mailbox

import (
	"embed"
	"encoding/json"
	"html/template"
	"maps"
	"net"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html page.css
var mailboxFiles embed.FS

// Pages run no script and load only their own style sheet. The mail itself is shown
// in a frame of its own origin, and may have only images, styles and links.
const (
	pagePolicy = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src http: https: data:; " +
		"style-src 'unsafe-inline'; font-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

// perPage is the most mails of one list page and of one answer of /mails.json.
const perPage = 100

var headOfMail = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

type mailboxHandler struct {
	mailbox *Catcher
	pages   *template.Template
}

func mailboxPages(m *Catcher) http.Handler {
	h := mailboxHandler{mailbox: m, pages: template.Must(template.New("").Funcs(template.FuncMap{
		"clock": func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04") },
	}).ParseFS(mailboxFiles, "page.html"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.list)
	mux.HandleFunc("GET /mails.json", h.json)
	mux.HandleFunc("GET /mails/{number}", h.show)
	mux.HandleFunc("GET /mails/{number}/html", h.html)
	mux.HandleFunc("GET /mails/{number}/raw", h.raw)
	mux.HandleFunc("GET /page.css", h.style)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !m.isOurs(r.Host) {
			http.Error(w, "open this page by its IP address, by localhost or by the name in COMEBACK_MAILBOX_PAGES",
				http.StatusMisdirectedRequest)
			return
		}
		header := w.Header()
		header.Set("Content-Security-Policy", pagePolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// isOurs reports whether a request was meant for these pages. A foreign page could
// point its own host name at this machine and read the mails from a browser here.
// It cannot do so with an address or with localhost.
func (m *Catcher) isOurs(host string) bool {
	name := host
	if bare, _, err := net.SplitHostPort(host); err == nil {
		name = bare
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	return net.ParseIP(name) != nil || name == "localhost" || strings.HasSuffix(name, ".localhost") ||
		name != "" && name == strings.ToLower(m.settings.PagesHost)
}

// list shows the newest mails first; ?before=N shows older ones.
func (h mailboxHandler) list(w http.ResponseWriter, r *http.Request) {
	mails := h.mailbox.Mails(0)
	if before, err := strconv.Atoi(r.URL.Query().Get("before")); err == nil {
		mails = slices.DeleteFunc(mails, func(c Mail) bool { return c.Number >= before })
	}
	view := struct {
		Mails  []Mail
		Caught int
		Older  int
	}{Caught: h.mailbox.Caught()}
	if len(mails) > perPage {
		mails = mails[len(mails)-perPage:]
		view.Older = mails[0].Number
	}
	slices.Reverse(mails)
	view.Mails = mails
	h.render(w, "list", view)
}

type headerLine struct{ Name, Value string }

func (h mailboxHandler) show(w http.ResponseWriter, r *http.Request) {
	c, found := h.mail(w, r)
	if !found {
		return
	}
	content := c.Content()
	view := struct {
		Mail
		MailContent
		Headers    []headerLine
		Prev, Next int
	}{Mail: c, MailContent: content, Headers: linesOf(content.Header)}
	if _, older := h.mailbox.Mail(c.Number - 1); older {
		view.Prev = c.Number - 1
	}
	if _, newer := h.mailbox.Mail(c.Number + 1); newer {
		view.Next = c.Number + 1
	}
	h.render(w, "show", view)
}

func linesOf(header mail.Header) []headerLine {
	var lines []headerLine
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			lines = append(lines, headerLine{name, value})
		}
	}
	return lines
}

// html serves the mail's own page for the frame. Links open in a new tab, because
// shops' pages refuse to be framed.
func (h mailboxHandler) html(w http.ResponseWriter, r *http.Request) {
	c, found := h.mail(w, r)
	if !found {
		return
	}
	page := c.Content().HTML
	at := 0
	if head := headOfMail.FindStringIndex(page); head != nil {
		at = head[1]
	}
	w.Header().Set("Content-Security-Policy", mailPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page[:at] + `<base target="_blank">` + page[at:]))
}

func (h mailboxHandler) raw(w http.ResponseWriter, r *http.Request) {
	c, found := h.mail(w, r)
	if !found {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(c.Raw)
}

type jsonMail struct {
	Number    int         `json:"number"`
	At        time.Time   `json:"at"`
	Date      time.Time   `json:"date"`
	From      string      `json:"from"`
	To        string      `json:"to"`
	Subject   string      `json:"subject"`
	MessageID string      `json:"message_id"`
	Headers   mail.Header `json:"headers"`
	Text      string      `json:"text"`
	HTML      string      `json:"html"`
}

// json returns the mails above ?after, oldest first, at most 100. Ask again with the
// last number until none come.
func (h mailboxHandler) json(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	answer := struct {
		Caught int        `json:"caught"`
		Mails  []jsonMail `json:"mails"`
	}{Caught: h.mailbox.Caught(), Mails: []jsonMail{}}
	mails := h.mailbox.Mails(after)
	for _, c := range mails[:min(len(mails), perPage)] {
		content := c.Content()
		answer.Mails = append(answer.Mails, jsonMail{
			Number: c.Number, At: c.At, Date: c.Date, From: c.From, To: c.To, Subject: c.Subject,
			MessageID: c.MessageID, Headers: content.Header, Text: content.Text, HTML: content.HTML,
		})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (h mailboxHandler) style(w http.ResponseWriter, _ *http.Request) {
	css, err := mailboxFiles.ReadFile("page.css")
	if err != nil {
		http.Error(w, "style sheet missing", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(css)
}

func (h mailboxHandler) mail(w http.ResponseWriter, r *http.Request) (Mail, bool) {
	number, err := strconv.Atoi(r.PathValue("number"))
	c, found := h.mailbox.Mail(number)
	if err != nil || !found {
		http.Error(w, "no such mail: it was never caught, or is no longer stored", http.StatusNotFound)
		return Mail{}, false
	}
	return c, true
}

func (h mailboxHandler) render(w http.ResponseWriter, page string, view any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := h.pages.ExecuteTemplate(w, page, view); err != nil {
		h.mailbox.settings.Log.Error("mailbox page", "page", page, "error", err)
	}
}
