package segments

import (
	"time"

	"comeback/commerce"
)

// customerFields are the natural and social attributes of a person.
var customerFields = []field{
	{name: "customer.email", kind: ofText, anyCase: true, doc: "e-mail address, lower case", unset: "none is known",
		read: attribute(func(a *commerce.Attributes) string { return a.Email })},
	{name: "customer.phone", kind: ofText, doc: "phone number as reported", unset: "none is known",
		read: attribute(func(a *commerce.Attributes) string { return a.Phone })},
	{name: "customer.first_name", kind: ofText, anyCase: true, doc: "given name", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.FirstName })},
	{name: "customer.last_name", kind: ofText, anyCase: true, doc: "family name", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.LastName })},
	{name: "customer.gender", kind: ofText, doc: "gender", unset: notKnown, among: []string{"female", "male", "other"},
		read: attribute(func(a *commerce.Attributes) string { return a.Gender })},
	{name: "customer.birthday", kind: ofBirthday,
		doc:   "date of birth, 2006-01-02, or --01-02 without the year; 29 February falls on the 28th in common years",
		unset: notKnown,
		read:  attribute(func(a *commerce.Attributes) string { return a.Birthday })},
	{name: "customer.age", kind: ofNumber, doc: "full years since birth, today in the shop's zone",
		unset: "the birthday, or its year, is not known",
		read:  age},
	{name: "customer.country", kind: ofText, doc: "country, ISO 3166 alpha-2, such as DE", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.Country })},
	{name: "customer.region", kind: ofText, anyCase: true, doc: "region as reported: state, province", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.Region })},
	{name: "customer.city", kind: ofText, anyCase: true, doc: "city as reported", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.City })},
	{name: "customer.postcode", kind: ofText, anyCase: true, doc: "postal code as reported", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.Postcode })},
	{name: "customer.language", kind: ofText, doc: "language, BCP 47, such as en or zh-CN", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.Language })},
	{name: "customer.zone", kind: ofText, doc: "time zone, IANA, such as Asia/Shanghai", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.Zone })},
	{name: "customer.tags", kind: ofList, anyCase: true, doc: "tags of the shop's platform", unset: "there is no tag",
		read: func(v *evaluation, _ string) value { return listOf(v.profile.Attributes.Tags) }},
	{name: "customer.member_level", kind: ofText, anyCase: true, doc: "level in the shop's membership scheme", unset: "no member",
		read: attribute(func(a *commerce.Attributes) string { return a.MemberLevel })},
	{name: "customer.points", kind: ofNumber, doc: "points in the shop's membership scheme", unset: notKnown, read: points},
	{name: "customer.company", kind: ofText, anyCase: true, doc: "company", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.Company })},
	{name: "customer.occupation", kind: ofText, anyCase: true, doc: "occupation", unset: notKnown,
		read: attribute(func(a *commerce.Attributes) string { return a.Occupation })},
	{name: "customer.consent.", kind: ofFlag, doc: "marketing consent in force on a channel (email, sms, ...): true granted, " +
		"false withdrawn, not yet confirmed, or ended by an unsubscribe, a bounce or a complaint",
		unset: "no consent and no withdrawal is known",
		read:  consent},
	{name: "customer.source", kind: ofText, anyCase: true,
		doc: "acquisition source: utm_source of the first record that had one", unset: "not known",
		read: attribute(func(a *commerce.Attributes) string { return a.Source.UTMSource })},
	{name: "customer.utm_medium", kind: ofText, anyCase: true, doc: "acquisition medium", unset: "not known",
		read: attribute(func(a *commerce.Attributes) string { return a.Source.UTMMedium })},
	{name: "customer.utm_campaign", kind: ofText, anyCase: true, doc: "acquisition campaign", unset: "not known",
		read: attribute(func(a *commerce.Attributes) string { return a.Source.UTMCampaign })},
	{name: "customer.utm_term", kind: ofText, anyCase: true, doc: "acquisition search term", unset: "not known",
		read: attribute(func(a *commerce.Attributes) string { return a.Source.UTMTerm })},
	{name: "customer.utm_content", kind: ofText, anyCase: true, doc: "acquisition advertisement", unset: "not known",
		read: attribute(func(a *commerce.Attributes) string { return a.Source.UTMContent })},
	{name: "customer.known_for", kind: ofNumber, doc: "calendar days since the first record or order, in the shop's zone",
		unset: "no record has a date", days: true,
		read: knownFor},
	{name: "customer.known_since", kind: ofDate, doc: "instant of the first record or order", unset: "no record has a date",
		read: func(v *evaluation, _ string) value { return dateOf(v.profile.KnownSince) }},
	{name: "customer.custom.", kind: ofCustom, anyCase: true, doc: "custom attribute of the shop; compared as a number, " +
		"a date or true and false where the test is one",
		unset: "the customer has none of that name",
		read:  func(v *evaluation, key string) value { return customOf(v.profile.Attributes.Custom, key) }},
}

const notKnown = "not known"

// attribute reads a text of the customer's attributes.
func attribute(of func(*commerce.Attributes) string) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value { return textOf(of(&v.profile.Attributes)) }
}

func age(v *evaluation, _ string) value {
	born, ok := parseDay(v.profile.Attributes.Birthday)
	if !ok {
		return value{}
	}
	years, known := born.age(v.today)
	return value{set: known, num: fraction{int64(years), 1}}
}

func points(v *evaluation, _ string) value {
	if v.profile.Attributes.Points == nil {
		return value{}
	}
	return numberOf(*v.profile.Attributes.Points)
}

func consent(v *evaluation, channel string) value {
	said, known := v.profile.Consent(channel)
	return value{set: known, flag: said.Granted}
}

func knownFor(v *evaluation, _ string) value { return v.daysSince(v.profile.KnownSince) }

// daysSince counts the calendar days from t to today; unset where t is.
func (v *evaluation) daysSince(t time.Time) value {
	if t.IsZero() {
		return value{}
	}
	return numberOf(v.today.since(dayOf(t, v.zone)))
}
