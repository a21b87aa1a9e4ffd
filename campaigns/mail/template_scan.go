package mail

import (
	"strings"

	"comeback/commerce"

	"github.com/osteele/liquid/parser"
	"github.com/osteele/liquid/render"
)

type renderContext = render.Context

// templateToken is one piece of a template's source. All pieces joined are the whole
// source.
type templateToken struct {
	kind                tokenKind
	source, name, args  string
	trimLeft, trimRight bool
	line, column        int // of its first byte, from 1
}

type tokenKind int

const (
	textToken tokenKind = iota
	tagToken
	outputToken
)

// scanTemplate splits source in the same places as the library.
func scanTemplate(source string) []templateToken {
	var list []templateToken
	line, column := 1, 1
	for _, t := range parser.Scan(source, parser.SourceLoc{}, nil) {
		tok := templateToken{source: t.Source, name: t.Name, args: strings.TrimSpace(t.Args), line: line, column: column}
		switch t.Type {
		case parser.TextTokenType:
		case parser.TagTokenType:
			tok.kind = tagToken
		case parser.ObjTokenType:
			tok.kind = outputToken
			tok.trimLeft, tok.trimRight = t.Source[2] == '-', t.Source[len(t.Source)-3] == '-'
		default:
			continue
		}
		list = append(list, tok)
		if n := strings.Count(t.Source, "\n"); n > 0 {
			line, column = line+n, len(t.Source)-strings.LastIndexByte(t.Source, '\n')
			continue
		}
		column += len(t.Source)
	}
	return list
}

// clip shortens a piece of a template, for messages.
func clip(text string) string { return commerce.Clip(text, 60) }
