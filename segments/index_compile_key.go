package segments

import (
	"fmt"
	"strings"
)

// keyOf is equal for equal conditions of one level, and empty for a condition of
// an unknown kind.
func keyOf(c Condition, at level) string {
	var w keyWriter
	w.condition(c)
	if w.unknown {
		return ""
	}
	return fmt.Sprint(at, w.text.String())
}

// keyWriter writes a condition without its position and its wording.
type keyWriter struct {
	text    strings.Builder
	unknown bool
}

func (w *keyWriter) write(parts ...any) {
	for _, part := range parts {
		fmt.Fprintf(&w.text, "%#v,", part)
	}
}

func (w *keyWriter) condition(c Condition) {
	switch c := c.(type) {
	case nil:
		w.write("all")
	case group:
		w.write("group", c.anyOf, len(c.parts))
		for _, part := range c.parts {
			w.condition(part)
		}
	case not:
		w.write("not")
		w.condition(c.part)
	case oneLine:
		w.write("line")
		w.condition(c.part)
	case test:
		w.write("test", c.title, c.negate, c.folds)
		w.predicate(c.is)
	case event:
		w.write("event", c.pickLast, len(c.follows))
		w.set(c.set, window{})
		for _, f := range c.follows {
			w.write(f.not)
			w.set(f.set, window{})
		}
		w.figure(c.figure)
		w.tests(c.tests)
	case share:
		w.write("share")
		w.set(c.part, c.window)
		w.set(c.of, c.window)
		w.tests(c.tests)
	case ratio:
		w.write("ratio")
		for _, half := range c.halves {
			w.set(half.set, c.window)
			w.figure(half.figure)
		}
		w.tests(c.tests)
	case sample:
		w.write("sample", c.percent, c.seed)
	default:
		w.unknown = true
	}
}

func (w *keyWriter) predicate(is predicate) {
	switch is := is.(type) {
	case presence, amongTexts, amongNumbers, amongFlags, comparison, betweenNumbers, hasAll, textPart, sinceNow, anniversary:
		w.write(is)
	case amongPoints:
		for _, p := range is.values {
			w.point(&p)
		}
	case pointRange:
		w.pointRange(is)
	default:
		w.unknown = true
	}
}

func (w *keyWriter) pointRange(r pointRange) {
	w.point(r.from)
	w.point(r.after)
	w.point(r.to)
}

func (w *keyWriter) point(p *point) {
	if p == nil {
		w.write("open")
		return
	}
	w.write(p.day, p.at.UnixNano(), p.at.IsZero())
}

// set writes occurrences, with the window around them.
func (w *keyWriter) set(s occurrences, around window) {
	w.write(len(s.kinds))
	for _, kind := range s.kinds {
		w.write(kind.name)
	}
	w.condition(s.where)
	w.window(s.window)
	w.window(around)
}

func (w *keyWriter) window(v window) {
	if v.last != nil {
		w.write("last", *v.last)
	}
	if v.ago != nil {
		w.write("ago", *v.ago)
	}
	for _, r := range v.ranges {
		w.pointRange(r)
	}
	w.write("end")
}

func (w *keyWriter) figure(a aggregate) {
	w.write(a.op)
	if a.of.field != nil {
		w.write(a.of.title)
	}
}

func (w *keyWriter) tests(list []comparison) { w.write(list) }
