package segments

import (
	"slices"
	"time"
)

// waits is the scenario at the first of some instants at which c is as wanted.
func (s scenario) waits(c Condition, pointer string, want bool, instants []time.Time) []scenario {
	if s.made {
		return nil
	}
	slices.SortFunc(instants, time.Time.Compare)
	instants = slices.CompactFunc(instants, time.Time.Equal)
	for _, at := range instants {
		if !at.After(s.now) {
			continue
		}
		if s.exhausted(c) {
			return nil
		}
		later := s
		later.now = at
		if c.match(later.evaluation()) != want {
			continue
		}
		v := s.evaluation()
		days := at.Sub(s.now).Hours() / 24
		text := "to wait until " + at.In(v.zone).Format("2006-01-02 15:04")
		if day := dayOf(at, v.zone); day.start(v.zone).Equal(at) {
			text = "to wait until " + day.String()
		}
		return []scenario{later.after(Lack{Pointer: pointer, Kind: Wait, Text: text, Until: at}, costWait+days/10)}
	}
	return nil
}

// daysAhead is how many future days are tried one by one.
const daysAhead = 400

// dates are the instants at which the passing of time may change the result of a
// test.
func (s scenario) dates(t test) []time.Time {
	v := s.evaluation()
	at, known := t.date(v)
	switch is := t.is.(type) {
	case sinceNow:
		if known {
			return is.span.turns(at, v)
		}
	case pointRange, amongPoints, presence, amongTexts, textPart, hasAll, amongFlags:
		if t.kind == ofDate || t.kind == ofBirthday || t.origin() != originCustomer {
			return nil
		}
	}
	switch t.name {
	case "customer.age":
		return s.birthdays()
	case "customer.known_for":
		return s.sinceThen(t, s.profile.KnownSince)
	case "orders.days_since_last":
		return s.sinceThen(t, s.profile.History.Figures.LastAt)
	case "customer.birthday", "customer.stage", "stage", "orders.overdue_ratio", "overdue_ratio", "customer.p_alive", "p_alive",
		"rfm.r", "rfm.f", "rfm.m", "rfm.score", "rfm.group":
		return s.midnights()
	}
	if t.kind == ofCustom && t.origin() == originCustomer {
		return s.midnights()
	}
	return nil
}

// midnights are the starts of the days ahead.
func (s scenario) midnights() []time.Time {
	v := s.evaluation()
	list := make([]time.Time, daysAhead)
	for i := range list {
		list[i] = v.today.add(i + 1).start(v.zone)
	}
	return list
}

// birthdays are the birthdays of a lifetime.
func (s scenario) birthdays() (list []time.Time) {
	v := s.evaluation()
	born, ok := parseDay(s.profile.Attributes.Birthday)
	for year := v.today.year; ok && year <= v.today.year+100; year++ {
		list = append(list, born.anniversary(year).start(v.zone))
	}
	return list
}

// sinceThen are the days on which the number of days since then reaches a bound of
// the test, or the next number.
func (s scenario) sinceThen(t test, then time.Time) (list []time.Time) {
	v := s.evaluation()
	for _, bound := range t.numbers() {
		f := fraction{bound.Units, pow10(bound.Scale)}
		for days := f.num/f.den - 1; !then.IsZero() && f.num < 100_000*f.den && days <= f.num/f.den+1; days++ {
			list = append(list, dayOf(then, v.zone).add(int(days)).start(v.zone))
		}
	}
	return list
}

// turns are the instants around which at enters or leaves the span, before or
// after now.
func (s span) turns(at time.Time, v *evaluation) []time.Time {
	switch s.unit {
	case "minutes":
		length := time.Duration(s.n) * time.Minute
		return []time.Time{at.Add(-length), at, at.Add(1), at.Add(length), at.Add(length + 1)}
	case "hours":
		length := time.Duration(s.n) * time.Hour
		return []time.Time{at.Add(-length), at, at.Add(1), at.Add(length), at.Add(length + 1)}
	}
	list := []time.Time{at, at.Add(1)}
	for _, sign := range []int{-1, 1} {
		for around := -3; around <= 4; around++ { // months are of different lengths
			list = append(list, s.from(dayOf(at, v.zone), sign).add(around).start(v.zone))
		}
	}
	return list
}

// passing are the instants at which past events leave or enter the windows of some
// sets, the next first. Of very many, only the first are returned.
func (s scenario) passing(around window, sets ...occurrences) (list []time.Time) {
	v := s.evaluation()
	for _, set := range sets {
		for _, w := range []window{set.window, around} {
			var spans []span
			if w.last != nil {
				spans = append(spans, *w.last)
			}
			if w.ago != nil {
				spans = append(spans, w.ago.from, w.ago.to)
			}
			for _, length := range spans {
				for h := range set.ever().in(v, window{}) {
					list = append(list, length.turns(h.first, v)...)
					if !h.last.Equal(h.first) {
						list = append(list, length.turns(h.last, v)...)
					}
				}
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	list = slices.DeleteFunc(slices.CompactFunc(list, time.Time.Equal), func(at time.Time) bool { return !at.After(s.now) })
	return list[:min(len(list), daysAhead)]
}

// ever is the set without its window.
func (s occurrences) ever() occurrences {
	s.window = window{}
	return s
}
