package connectors

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

var (
	amountText  = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	wholeNumber = regexp.MustCompile(`^-?[0-9]{1,15}$`)
)

// check compares an object with fields and logs every fault: unknown keys with
// the nearest known one, missing keys, wrong forms. null counts as missing.
func check(b body, fields []field) {
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.name
	}
	for _, key := range sortedKeys(b.fields) {
		switch {
		case slices.Contains(known, key):
		case b.log.full():
			b.log.left++
		default:
			b.fail(key, "unknown key%s", suggestion(key, known))
		}
	}
	for _, f := range fields {
		value := b.fields[f.name]
		if value == nil {
			if f.need {
				b.fail(f.name, "missing")
			}
			continue
		}
		checkField(b, f, value)
	}
}

func checkField(b body, f field, value any) {
	switch f.kind {
	case anObject:
		if _, ok := value.(map[string]any); !ok {
			b.fail(f.name, "an object is expected")
			return
		}
		check(b.object(f.name), f.of)
	case aList:
		items, ok := value.([]any)
		inside := b.list(f.name)
		if !ok || len(inside) != len(items) {
			b.fail(f.name, "a list of objects is expected")
			return
		}
		for _, item := range inside {
			check(item, f.of)
		}
	default:
		if wrong := wrongForm(f, value); wrong != "" {
			b.fail(f.name, "%s", wrong)
		}
	}
}

// wrongForm returns the required form of a value, "" when it has it.
func wrongForm(f field, value any) string {
	text, _ := value.(string)
	number, _ := value.(json.Number)
	good, wanted := true, ""
	switch f.kind {
	case aText, anID:
		return wrongText(f, value)
	case aTime:
		return wrongTime(text)
	case aFlag:
		_, good = value.(bool)
		wanted = "write true or false"
	case aNumber:
		good, wanted = wholeNumber.MatchString(number.String()), "write a whole number, without quotes"
	case aQuantity:
		good, wanted = amountText.MatchString(number.String()), "write a number, such as 2 or 0.25, without quotes"
	case anAmount:
		good, wanted = amountText.MatchString(text), `write decimal text in quotes, such as "12.30"`
	case someTexts:
		good, wanted = allTexts(value), "a list of texts is expected"
	case somePaths:
		good, wanted = allPaths(value), `a list of paths is expected, such as [["Home", "Kitchen"]]`
	case somePairs:
		good, wanted = allPairs(value), "an object of texts is expected"
	}
	if good {
		return ""
	}
	return wanted
}

func wrongText(f field, value any) string {
	text, isText := value.(string)
	switch {
	case !isText:
		return "write text, in quotes"
	case f.kind == anID && (text == "" || len(text) > maxID):
		return "1 to 200 bytes of text are expected"
	case f.kind == aText && f.oneOf != nil && !slices.Contains(f.oneOf, text):
		return clip(text) + " is not one of " + strings.Join(f.oneOf, ", ") + suggestion(text, f.oneOf)
	}
	return ""
}

func wrongTime(text string) string {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return "write a time with its offset, such as 2026-01-31T12:00:00Z"
	}
	if err := commerce.CheckInstant(at); err != nil {
		return err.Error()
	}
	return ""
}

func allTexts(value any) bool {
	items, ok := value.([]any)
	return ok && !slices.ContainsFunc(items, func(item any) bool { _, ok := item.(string); return !ok })
}

func allPaths(value any) bool {
	items, ok := value.([]any)
	return ok && !slices.ContainsFunc(items, func(item any) bool { return !allTexts(item) })
}

func allPairs(value any) bool {
	fields, ok := value.(map[string]any)
	for _, value := range fields {
		if _, isText := value.(string); !isText {
			return false
		}
	}
	return ok
}

func sortedKeys(fields map[string]any) []string {
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// suggestion names the nearest known word, if one is near.
func suggestion(word string, known []string) string {
	best := strictjson.Nearest(word, known)
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}
