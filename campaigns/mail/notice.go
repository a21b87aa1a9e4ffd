package mail

import (
	"slices"
	"strings"

	"github.com/osteele/liquid"

	"comeback/commerce"
	"comeback/strictjson"
)

// Notice is the checked text of a notification of a colleague. It can be rendered any number of
// times, also concurrently.
type Notice struct {
	text  *liquid.Template
	frame *frame
	uses  map[string]bool
}

// unsubscribing is the variable that only mails to customers have.
const unsubscribing = "links.unsubscribe"

// CompileNotice checks the text of a notification and prepares it. Amounts and times are written as in
// mails of the language. With any problem that is not a note the result is nil.
func CompileNotice(text, language string) (*Notice, []strictjson.Problem) {
	found := checkSource("", text, plainText)
	if slices.Contains(found.uses, unsubscribing) {
		found.at = templateToken{line: 1, column: 1}
		found.problem("%s: a colleague has nothing to unsubscribe from; leave it out", unsubscribing)
	}
	if strictjson.Refused(found.problems) {
		return nil, found.problems
	}
	n := &Notice{uses: map[string]bool{}}
	for _, name := range found.uses {
		n.uses[name] = true
	}
	var err error
	if n.frame, err = frameOf(firstOf(language, "en")); err == nil {
		n.text, err = compileSource(text, plainText)
	}
	if err != nil {
		return nil, append(found.problems, strictjson.Problem{Line: 1, Column: 1, Message: err.Error()})
	}
	return n, found.problems
}

// CheckText lists what is wrong with the text of a notification, in lines and columns of the text.
func (t *Templates) CheckText(text string) []strictjson.Problem {
	_, problems := CompileNotice(text, "en")
	return problems
}

// Render writes the text for v, with the plain addresses of links. Invalid is a text that would lead nowhere,
// or has nothing to say.
func (n *Notice) Render(v Vars) (string, error) {
	c := &Compiled{frame: n.frame, uses: n.uses}
	values, err := c.bind(v, Tracking{}, newAddresses())
	if err != nil {
		return "", err
	}
	text, err := execute(n.text, values)
	if err != nil {
		return "", commerce.Errorf(commerce.Invalid, "notification: %w", err)
	}
	if text = strings.TrimSpace(tidyText(text)); text == "" {
		return "", commerce.Errorf(commerce.Invalid, "notification: the text is empty for this customer")
	}
	return text, nil
}
