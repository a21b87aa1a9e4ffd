package history

import (
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

type personField = listField[person]

// customerFields are the fields of a row, by the names of --map.
func customerFields() []personField {
	return slices.Concat(identityFields(), aboutFields(), consentFields())
}

func identityFields() []personField {
	return []personField{
		personText("customer", func(p *person, text string) error {
			if scientific(text) {
				return errRounded(text)
			}
			p.record.External = commerce.NormalID(text)
			return nil
		}),
		personText("email", func(p *person, text string) error { p.record.Email = text; return nil }),
		personText("phone", func(p *person, text string) error {
			if scientific(text) {
				return errRounded(text)
			}
			p.record.Phone = text
			return nil
		}),
		personTime("registered_at", func(p *person) *time.Time { return &p.record.RegisteredAt }),
		personTime("updated_at", func(p *person) *time.Time { return &p.updated }),
		personTime("last_open_at", func(p *person) *time.Time { return &p.record.OpenedAt }),
		personTime("last_click_at", func(p *person) *time.Time { return &p.record.ClickedAt }),
	}
}

func aboutFields() []personField {
	return []personField{
		about("first_name", func(a *commerce.Attributes) *string { return &a.FirstName }),
		about("last_name", func(a *commerce.Attributes) *string { return &a.LastName }),
		{name: "name", lenient: true, set: setWholeName},
		{name: "gender", lenient: true, set: setGender},
		{name: "birthday", isTime: true, lenient: true, set: setBirthday},
		{name: "country", lenient: true, set: setPersonCountry},
		about("region", func(a *commerce.Attributes) *string { return &a.Region }),
		about("city", func(a *commerce.Attributes) *string { return &a.City }),
		about("postcode", func(a *commerce.Attributes) *string { return &a.Postcode }),
		about("language", func(a *commerce.Attributes) *string { return &a.Language }),
		{name: "zone", lenient: true, set: setZone},
		about("company", func(a *commerce.Attributes) *string { return &a.Company }),
		about("occupation", func(a *commerce.Attributes) *string { return &a.Occupation }),
		about("level", func(a *commerce.Attributes) *string { return &a.MemberLevel }),
		{name: "points", lenient: true, set: setPoints},
		{name: "tags", set: setPersonTags},
		about("utm_source", func(a *commerce.Attributes) *string { return &a.Source.UTMSource }),
		{name: "note", set: func(_ *listCell, p *person, text string) error { p.custom("note", text); return nil }},
	}
}

func consentFields() []personField {
	email, sms := func(p *person) *channel { return p.email }, func(p *person) *channel { return p.sms }
	list := []personField{
		{name: "suppression", set: func(l *listCell, p *person, text string) error { return p.suppress(l, text) }},
		{name: "email_unsubscribe_reason", set: setLeft}, decisive("suppressed_at", func(p *person) *time.Time { return &p.reasonAt }),
	}
	for name, of := range map[string]func(*person) *channel{"email": email, "sms": sms} {
		list = append(list,
			personText(name+"_consent", func(p *person, text string) error { return of(p).say(text) }),
			decisive(name+"_consent_at", func(p *person) *time.Time { return &of(p).in }),
			decisive(name+"_confirmed_at", func(p *person) *time.Time { return &of(p).confirmed }),
			decisive(name+"_unsubscribed_at", func(p *person) *time.Time { return &of(p).out }),
			personText(name+"_consent_source", func(p *person, text string) error {
				of(p).source = commerce.Clip(text, 200)
				return nil
			}),
		)
	}
	slices.SortFunc(list, func(a, b personField) int { return strings.Compare(a.name, b.name) })
	return list
}

// setLeft reads why somebody unsubscribed. Only a complaint is more than that.
func setLeft(_ *listCell, p *person, text string) error {
	if why, _ := permissionOf(text); why == complaining {
		p.reasons = append(p.reasons, suppressed{why: complaining})
	}
	return nil
}

func personText(name string, set func(*person, string) error) personField {
	return personField{name: name, set: func(_ *listCell, p *person, text string) error { return set(p, strings.Clone(text)) }}
}

// about is a text of the attributes. A placeholder is no value.
func about(name string, of func(*commerce.Attributes) *string) personField {
	return personText(name, func(p *person, text string) error {
		if !commerce.IsPlaceholder(text) {
			*of(&p.record.Attributes) = text
		}
		return nil
	})
}

// personTime is a time that decides nothing about mails.
func personTime(name string, of func(*person) *time.Time) personField {
	f := decisive(name, of)
	f.lenient = true
	return f
}

// decisive is a time of a consent or suppression.
func decisive(name string, of func(*person) *time.Time) personField {
	return personField{name: name, isTime: true, set: func(l *listCell, p *person, text string) error {
		if commerce.IsPlaceholder(text) {
			return nil
		}
		at, err := l.clock.read(text)
		if err == nil {
			*of(p) = at
		}
		return err
	}}
}

// setWholeName keeps a whole name: its last word is the last name, except in
// scripts that write names in one.
func setWholeName(_ *listCell, p *person, text string) error {
	a := &p.record.Attributes
	if a.FirstName != "" || a.LastName != "" || commerce.IsPlaceholder(text) || strings.ContainsRune(text, '@') {
		return nil
	}
	i := strings.LastIndexByte(text, ' ')
	a.FirstName, a.LastName = strings.Clone(strings.TrimSpace(text[:max(i, 0)])), strings.Clone(text[i+1:])
	if i < 0 {
		a.FirstName, a.LastName = a.LastName, ""
	}
	return nil
}

// genderWords are words of exports, in lower case.
var genderWords = map[string][]string{
	"female": {"female", "f", "w", "woman", "weiblich", "frau", "femme", "féminin", "mujer", "femenino", "mrs", "ms", "女", "女士", "女性"},
	"male":   {"male", "m", "man", "männlich", "herr", "homme", "masculin", "hombre", "masculino", "uomo", "maschio", "mr", "男", "先生", "男性"},
	"other":  {"other", "diverse", "divers", "nonbinary", "non-binary", "autre", "otro", "altro", "其他"},
	"":       {"unknown", "not specified", "not set", "unbekannt", "keine angabe", "未知", "保密", "0"},
}

func setGender(_ *listCell, p *person, text string) error {
	word := strings.Trim(strings.ToLower(text), ". ")
	for gender, words := range genderWords {
		if slices.Contains(words, word) {
			p.record.Attributes.Gender = gender
			return nil
		}
	}
	if commerce.IsPlaceholder(text) {
		return nil
	}
	return invalid("%q: write female, male or other", clip(text))
}

func setPersonCountry(_ *listCell, p *person, text string) error {
	code, known := countryCode(text)
	switch {
	case strings.HasPrefix(text, "中国") || text == "中华人民共和国":
		code = "CN"
	case !known && commerce.IsPlaceholder(text): // NO and NA are countries
		return nil
	case !known:
		return invalid("%q: write an ISO 3166 code such as DE", clip(text))
	}
	p.record.Attributes.Country = code
	return nil
}

func setZone(_ *listCell, p *person, text string) error {
	if _, err := time.LoadLocation(text); err != nil || !strings.Contains(text, "/") {
		return invalid("%q: write an IANA zone such as Europe/Berlin", clip(text))
	}
	p.record.Attributes.Zone = strings.Clone(text)
	return nil
}

func setPoints(_ *listCell, p *person, text string) error {
	points, err := wholeNumber(text)
	if err == nil {
		p.record.Attributes.Points = &points
	}
	return err
}

// wholeNumber reads a number of things: the sign in 1,280 and 1.280 separates
// thousands. A fraction is rounded.
func wholeNumber(text string) (int64, error) {
	point, comma, either := decimalSigns(text)
	if either > 0 {
		text = strings.NewReplacer(",", "", ".", "").Replace(text)
	}
	n, err := readNumber(text, comma > point)
	whole, _ := n.Minor(0)
	return whole, err
}

// setPersonTags reads a list of tags, each with or without quotes.
func setPersonTags(_ *listCell, p *person, text string) error {
	p.tagsKnown = true
	for tag := range strings.FieldsFuncSeq(strings.Clone(text), func(r rune) bool { return strings.ContainsRune(",;|，；、", r) }) {
		p.tags = append(p.tags, strings.Trim(strings.TrimSpace(tag), `"'[]`))
	}
	p.tags = commerce.EachOnce(p.tags)
	return nil
}
