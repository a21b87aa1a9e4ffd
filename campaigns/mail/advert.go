package mail

import (
	"regexp"
	"slices"

	"comeback/commerce"
)

// Marks of advertising at the front of a subject. The law of China knows two, for the
// language of the mail; that of Korea one, with nothing before it.
const (
	chineseMark = "广告："
	latinMark   = "AD: "
	koreanMark  = "(광고) "
)

// anyMark is a mark that a template already put at the front of its subject: in brackets
// of any kind, or followed by a separator. A word that only begins like a mark is none.
var anyMark = regexp.MustCompile(`^\s*(?:[\[(<【（〔［「]\s*(?:广告|廣告|AD|광고)\s*[\])>】）〕］」]\s*[:：]?|(?:广告|廣告|AD|광고)(?:\s*[:：|｜\-–—]|\s))\s*`)

// marked puts the marks that the laws ask for in front of the subject of marketing, each
// once: marks that the subject already has are replaced. laws are the rows that decide
// about the mail.
func marked(subject, language string, laws []commerce.LawRow) string {
	under := func(law string) bool {
		return slices.ContainsFunc(laws, func(r commerce.LawRow) bool { return r.Law == law })
	}
	mark := ""
	if under("kr") {
		mark = koreanMark
	}
	switch {
	case !under("cn"):
	case language == "zh":
		mark += chineseMark
	default:
		mark += latinMark
	}
	if mark == "" {
		return subject
	}
	for {
		bare := anyMark.ReplaceAllString(subject, "")
		if bare == subject {
			return mark + subject
		}
		subject = bare
	}
}
