package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/strictjson"
)

// own is a valid template of a shop's own with that HTML.
func own(html string) mail.Template {
	return mail.Template{Name: "own", Language: "en", Subject: "Hello", HTML: html, Text: "Hello"}
}

func problemsOf(t testing.TB, source mail.Template) string {
	t.Helper()
	c, problems := mail.Compile(source)
	if (c == nil) != strictjson.Refused(problems) {
		t.Errorf("got template %v with problems %v", c != nil, problems)
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// Whatever could harm is refused when the template is saved, with its place and
// the remedy.
func TestDangersAreRefusedWhenSaved(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ html, want string }{
		"include reads files":           {`{% include 'secret.env' %}`, "unknown tag {% include %}"},
		"include by another name":       {`{%- include "../x" -%}`, "unknown tag"},
		"assign can double without end": {`{% assign a = order.number %}`, "unknown tag {% assign %}"},
		"capture too":                   {`{% capture a %}x{% endcapture %}`, "unknown tag {% capture %}"},
		"tablerow writes tags":          {`{% tablerow i in (1..3) %}x{% endtablerow %}`, "unknown tag"},
		"the slice filter panics":       {`{{ order.number | slice: 5, 2 }}`, `unknown filter "slice"`},
		"replace can blow up":           {`{{ order.number | replace: "", "xxxxxxxx" }}`, `unknown filter "replace"`},
		"a filter's name mistyped":      {`{{ order.total | mony }}`, `did you mean "money"`},
		"a range too long":              {`{% for i in (1..2000000) %}{% endfor %}`, "at most 100 turns"},
		"a range of unknown length":     {`{% for i in (1..order.units) %}{% endfor %}`, "two numbers"},
		"three loops inside one another": {
			`{% for a in (1..9) %}{% for b in (1..9) %}{% for c in (1..9) %}{% endfor %}{% endfor %}{% endfor %}`,
			"more than 2 loops",
		},
		"too much work": {`{% for a in (1..100) %}{% for b in (1..100) %}` + strings.Repeat("{{ a }}", 10) + `{% endfor %}{% endfor %}`,
			"too much work"},
		"blocks too deep": {
			strings.Repeat("{% if order.number %}", 9) + strings.Repeat("{% endif %}", 9), "more than 8 blocks",
		},
		"raw on a customer's words":        {`{{ customer.first_name | raw }}`, "customer.first_name is text, it needs HTML"},
		"raw on a literal":                 {`{{ "<b>" | raw }}`, "it needs HTML"},
		"a name deciding where links lead": {`<a href="{{ customer.city }}">x</a>`, "only a URL may decide"},
		"programs":                         {`<p onclick="x()">x</p>`, "no programs"},
		"script":                           {`<SCRIPT>x</SCRIPT>`, "<script>"},
		"a javascript link":                {`<a href="JavaScript:alert(1)">x</a>`, "only http, https"},
		"a link without quotes":            {`<a href=https://x.example>x</a>`, "between quotes"},
		"an output without quotes":         {`<td width={{ order.units }}>x</td>`, "not here"},
		"an output as a tag":               {`<{{ order.number }}>`, ""},
		"an output in a style":             {`<p style="color:{{ customer.city }}">x</p>`, "no outputs in it"},
		"an output in a style sheet":       {`<style>p{color:{{ customer.city }}}</style>`, "not here"},
		"an unclosed output":               {"<p>{{ order.number</p>", "not closed on the same line"},
		"an output over two lines":         {"<p>{{ order.number |\n upcase }}</p>", "not closed on the same line"},
		"an unclosed block":                {`{% if order.number %}x`, "never closed"},
		"a closed nothing":                 {`x{% endif %}`, "closes nothing"},
		"an unknown variable": {"<p>\n  {{ order.nubmer }}</p>",
			`line 2, column 3 (/html): unknown variable "order.nubmer"; did you mean "order.number"?`},
		"an unknown variable in a test": {`{% if order.payurl %}x{% endif %}`, `did you mean "order.pay_url"?`},
		"a line outside of its loop":    {`{{ line.title }}`, "only inside {% for"},
		"a comparison as output":        {`{{ order.units > 3 }}`, "no comparisons"},
		"a missing argument":            {`{{ order.units | plural: "item" }}`, "takes 2 arguments, got 1"},
		"an index":                      {`{{ order.lines[0] }}`, "cannot be read"},
		"money of a number":             {`{{ order.number | money }}`, "order.number is text, it needs money"},
		"a list as output":              {`{{ order.lines }}`, "is a list"},
		"too long":                      {strings.Repeat("x", mail.MaxTemplate+1), "at most"},
		"a scheme put together":         {`<a href="java{{ customer.custom.x }}">x</a>`, "whole address"},
		"a scheme put together by tags": {`<a href="{% if order.number %}javascript{% endif %}:x">x</a>`, "only http, https"},
		"another encoding":              {"<p>\xd6</p>", "not UTF-8"},
		"a half link":                   {`<a href="/cart">x</a>`, "whole address"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := problemsOf(t, own(c.html)); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Every part of a mail must be there.
func TestMissingPartsAreRefused(t *testing.T) {
	t.Parallel()
	got := problemsOf(t, mail.Template{})
	if !strings.Contains(got, "language: name it") {
		t.Errorf("got %q", got)
	}
	got = problemsOf(t, mail.Template{Language: "en"})
	for _, part := range []string{"/name", "/subject", "/html", "/text"} {
		if !strings.Contains(got, part) {
			t.Errorf("got %q, want %s named", got, part)
		}
	}
}

// What people write legitimately is accepted.
func TestLegitimateTemplates(t *testing.T) {
	t.Parallel()
	for name, html := range map[string]string{
		"a link that is a variable":     `<a href="{{ order.pay_url }}">Pay</a>`,
		"a link with a variable inside": `<a href="https://shop.example/o/{{ order.number }}#top">x</a>`,
		"a mail link":                   `<a href="mailto:hi@shop.example">x</a>`,
		"an anchor":                     `<a href="#top">x</a>`,
		"all blocks": `{% case order.number %}{% when "1", "2" %}a{% else %}b{% endcase %}` +
			`{% unless mail.marketing and order.units >= 2 or customer.city contains "x" %}x{% endunless %}`,
		"a loop with its modifiers": `{% for item in order.lines reversed limit: 3 offset: 1 %}` +
			`{{ forloop.index }} {{ item.title | upcase | truncate: 20 }}{% else %}none{% endfor %}`,
		"an own field of the customer": `{{ customer.custom.shoe_size | default: "?" }}`,
		"comments":                     `{% comment %}{% include 'x' %} {{ nothing }}{% endcomment %}<!-- note -->`,
		"unquoted widths":              `<td width=600>x</td>`,
		"a branch in a class":          `<p class="{% if mail.marketing %}a{% else %}b{% endif %}">x</p>`,
	} {
		if got := problemsOf(t, own(html)); got != "" {
			t.Errorf("%s: got %q, want no problem", name, got)
		}
	}
}

// Every documented variable can be used, and every filter on its kinds.
func TestDocumentedNamesWork(t *testing.T) {
	t.Parallel()
	for _, v := range mail.Variables() {
		source := fmt.Sprintf("{%% if %s %%}x{%% endif %%}", v.Name)
		if strings.HasPrefix(v.Name, "line.") || strings.HasPrefix(v.Name, "forloop.") {
			source = "{% for line in order.lines %}" + source + "{% endfor %}"
		}
		if got := problemsOf(t, own(source)); got != "" {
			t.Errorf("%s: got %q", v.Name, got)
		}
		if v.About == "" || v.Kind == "" {
			t.Errorf("%s is not documented", v.Name)
		}
	}
	for _, f := range mail.Filters() {
		if f.About == "" {
			t.Errorf("filter %s is not documented", f.Name)
		}
	}
}

// Reading a template never panics, and an accepted template can be rendered.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`{{ order.number | default: "x" }}`, `{% for line in order.lines %}{{ line.total }}{% endfor %}`, `<a href="{{ links.pay }}">`,
		`{% if a %}`, `{{-1}}`, `{% case 1 %}{% when 1 %}{% endcase %}`, `{% endif %}`, `{{ 'a' | slice: 5, 2 }}`,
	} {
		f.Add(seed)
	}
	v := englishVars()
	f.Fuzz(func(t *testing.T, html string) {
		c, problems := mail.Compile(own(html))
		if c == nil {
			if !strictjson.Refused(problems) {
				t.Fatal("refused without a reason")
			}
			return
		}
		r, err := mail.Render(c, v, mail.Tracking{})
		if err != nil && commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("got %v, want invalid", err)
		}
		if len(r.HTML) > 2<<20 {
			t.Errorf("got %d bytes", len(r.HTML))
		}
	})
}
