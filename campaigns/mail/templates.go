// Package mail makes the mails of campaigns: templates in the language of the
// customer, their safe rendering, their links, and the tokens that identify an open,
// a click and an unsubscription. It is pure.
package mail

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/osteele/liquid"

	"comeback/commerce"
	"comeback/strictjson"
)

//go:embed templates
var templateFiles embed.FS

// Templates is a set of compiled templates; one name may have several languages. It
// never changes, and is safe for concurrent use.
type Templates struct {
	list map[string]map[string]*Compiled // by name, by language
}

// ReadyTemplates are the templates of the ready campaigns, in English and
// Simplified Chinese.
func ReadyTemplates() (*Templates, error) {
	t := &Templates{list: map[string]map[string]*Compiled{}}
	for _, language := range frameLanguages {
		if err := t.addReady(language); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// With is the set with c added. c replaces a template of the same name and language:
// so a shop's own templates override ready ones.
func (t *Templates) With(c *Compiled) *Templates {
	next := &Templates{list: map[string]map[string]*Compiled{}}
	for name, languages := range t.list {
		next.list[name] = languages
	}
	languages := map[string]*Compiled{primary(c.Language): c}
	for language, known := range t.list[c.Name] {
		if language != primary(c.Language) {
			languages[language] = known
		}
	}
	next.list[c.Name] = languages
	return next
}

// Has reports whether there is a template of that name in any language.
func (t *Templates) Has(name string) bool { return len(t.list[name]) > 0 }

// Names lists the names, sorted.
func (t *Templates) Names() []string {
	list := make([]string, 0, len(t.list))
	for name := range t.list {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// Find is the template of that name in the first available of languages, else in
// English, else in any. Pass the customer's language first, then the shop's.
// Languages are BCP 47; only the primary subtag counts. ok is false for an unknown
// name.
func (t *Templates) Find(name string, languages ...string) (c *Compiled, ok bool) {
	known := t.list[name]
	for _, language := range append(slices.Clone(languages), "en") {
		if c := known[primary(language)]; c != nil {
			return c, true
		}
	}
	tags := make([]string, 0, len(known))
	for tag := range known {
		tags = append(tags, tag)
	}
	if len(tags) == 0 {
		return nil, false
	}
	return known[slices.Min(tags)], true
}

func primary(language string) string {
	tag, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(language)), "_", "-"), "-")
	return tag
}

func (t *Templates) addReady(language string) error {
	f, err := frameOf(language)
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(templateFiles, path.Join("templates", language))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".liquid")
		if slices.Contains(frameParts, name) {
			continue
		}
		source, err := readReady(language, name)
		if err != nil {
			return err
		}
		c, problems := f.compile(source)
		if strictjson.Refused(problems) {
			return commerce.Errorf(commerce.Internal, "template %s (%s): %s", name, language, problems[0])
		}
		if t.list[name] == nil {
			t.list[name] = map[string]*Compiled{}
		}
		t.list[name][language] = c
	}
	return nil
}

func readReady(language, name string) (Template, error) {
	data, err := fs.ReadFile(templateFiles, path.Join("templates", language, name+".liquid"))
	if err != nil {
		return Template{}, err
	}
	return ReadTemplate(name, language, data)
}

// frame is the shared part of all templates of a language: the layout around them,
// and the order's lines as a table and as text.
type frame struct {
	language    string
	layout      Template
	uses        []string
	table, list *liquid.Template
}

var (
	frameLanguages = []string{"en", "zh"}
	frameParts     = []string{"layout", "lines"}
)

// frameOf is the frame of a language; for other languages the English one.
func frameOf(language string) (*frame, error) {
	f := &frame{language: primary(language)}
	if f.language == "" {
		return nil, commerce.Errorf(commerce.Invalid, "language: name it, such as en or zh")
	}
	if !slices.Contains(frameLanguages, f.language) {
		f.language = "en"
	}
	layout, err := readReady(f.language, "layout")
	if err != nil {
		return nil, err
	}
	f.layout = layout
	lines, err := readReady(f.language, "lines")
	if err != nil {
		return nil, err
	}
	for part, format := range map[string]format{layout.HTML: htmlText, layout.Text: plainText, lines.HTML: htmlText, lines.Text: plainText} {
		found := checkSource("", part, format)
		if strictjson.Refused(found.problems) {
			return nil, commerce.Errorf(commerce.Internal, "layout (%s): %s", f.language, found.problems[0])
		}
		f.uses = append(f.uses, found.uses...)
	}
	if f.table, err = compileSource(lines.HTML, htmlText); err != nil {
		return nil, err
	}
	f.list, err = compileSource(lines.Text, plainText)
	return f, err
}
