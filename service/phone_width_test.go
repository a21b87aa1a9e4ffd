package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"comeback/campaigns/mail"
	"comeback/commerce"
)

// crowded are the facts of a mail in which no word has a place to break a line.
func crowded() mail.Vars {
	word := "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftstasse"
	o := &commerce.Order{ID: "s:wc:1", Shop: "s", Connection: "wc"}
	o.Number, o.Currency, o.PayURL = strings.Repeat("1234567890", 5), "CNY", "https://shop.example/pay"
	o.Total = commerce.Money{Minor: 123_456_789, Currency: "CNY"}
	for _, title := range []string{word, "USB-C_Ladekabel_2m_geflochten_NYLON_V2", strings.Repeat("茶叶", 40)} {
		o.Lines = append(o.Lines, commerce.Line{Title: title, Variant: title, Quantity: 12, Net: o.Total})
	}
	shop := commerce.Shop{ID: "s", Name: word, URL: "https://shop.example", Sender: commerce.Sender{Address: word}}
	return mail.Vars{Shop: shop, Customer: commerce.Attributes{FirstName: strings.Repeat("w", 40)}, Order: o}
}

// In Chromium no ready mail is wider than a screen of 320 or 390 pixels. The test
// needs COMEBACK_TEST_CHROMIUM, the path of the browser.
func TestNoMailIsWiderThanAPhone(t *testing.T) {
	t.Parallel()
	browser := os.Getenv("COMEBACK_TEST_CHROMIUM")
	if browser == "" {
		t.Skip("COMEBACK_TEST_CHROMIUM is not set")
	}
	templates, dir, frames, want := readyTemplates(t), t.TempDir(), "", ""
	for _, name := range templates.Names() {
		for _, language := range []string{"en", "zh"} {
			c, _ := templates.Find(name, language)
			r, err := mail.Render(c, crowded(), mail.Tracking{})
			if err != nil {
				t.Fatal(err)
			}
			file := name + "-" + language + ".html"
			page(t, dir, file, r.HTML)
			for _, width := range []string{"320", "390"} {
				frames += `<iframe width="` + width + `" height="9000" style="border:0" src="` + file + `"></iframe>`
				want += file + " " + width + ";"
			}
		}
	}
	// Frames, because a browser's window cannot be that narrow.
	page(t, dir, "all.html", `<!doctype html>`+frames+`<script>onload = () => { document.body.innerHTML = "<p>" +
[...document.querySelectorAll("iframe")].map(f =>
f.getAttribute("src") + " " + f.contentDocument.documentElement.scrollWidth + ";").join("") }
</script>`)
	out, err := exec.CommandContext(
		t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--virtual-time-budget=9000",
		"--dump-dom", "file://"+filepath.Join(dir, "all.html"),
	).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(out), "<p>")
	got, _, _ = strings.Cut(got, "</p>")
	if got != want {
		t.Errorf("got the widths\n%s\nwant\n%s", strings.ReplaceAll(got, ";", "\n"), strings.ReplaceAll(want, ";", "\n"))
	}
}

func page(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
