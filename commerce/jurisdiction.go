package commerce

import (
	"slices"
	"strings"
)

// Jurisdictions are those whose rules of consent are known, and "other": rules that
// nobody has checked. A shop of the last kind sends no marketing.
func Jurisdictions() []string { return strings.Fields(jurisdictions) }

const (
	jurisdictions = "eu uk ch us ca au nz sg jp kr cn other"
	// OtherLaw is the jurisdiction of countries whose rules nobody has checked.
	OtherLaw = "other"
)

// Countries whose rules are those of a jurisdiction of another name. The states of
// the European Economic Area have the rules of the EU.
const (
	unionStates = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK " +
		"AX GF GP MQ MF RE YT"
	ownLaw = "CH US CA AU NZ SG JP KR CN"
	// ownRows are states of the EU that add to its rule.
	ownRows = "DE AT FR"
)

// isoCountries are the codes of ISO 3166-1.
const isoCountries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE " +
	"GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP " +
	"KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF " +
	"NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN " +
	"SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA " +
	"ZM ZW"

// IsCountry reports whether code is one of ISO 3166-1, in capital letters.
func IsCountry(code string) bool { return listed(isoCountries, code) }

// Countries lists the codes of ISO 3166-1.
func Countries() []string { return strings.Fields(isoCountries) }

func listed(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

// Law is the jurisdiction that decides about the shop's mail: the one that was set,
// else that of its country, else that of its market. A text that an earlier version
// stored and that is no jurisdiction does not count.
func (s Shop) Law() string {
	set := strings.ToLower(s.Jurisdiction)
	switch {
	case listed(jurisdictions, set):
		return set
	case s.Country != "":
		return lawOf(s.Country)
	case IsCountry(strings.ToUpper(set)):
		return lawOf(strings.ToUpper(set))
	case s.Market == China:
		return "cn"
	}
	return "eu"
}

func lawOf(country string) string {
	switch {
	case listed(unionStates, country):
		return "eu"
	case country == "GB":
		return "uk"
	case listed(ownLaw, country):
		return strings.ToLower(country)
	}
	return OtherLaw
}

// checkLaw refuses a country or a jurisdiction that does not exist.
func (s Shop) checkLaw() error {
	switch {
	case s.Country == "UK":
		return wrongField("/country", "write GB, the code of the United Kingdom in ISO 3166")
	case s.Country != "" && !IsCountry(s.Country):
		return wrongField("/country", "%q is not a country code of ISO 3166 such as DE or CN", clip(s.Country))
	case s.Jurisdiction != "" && !listed(jurisdictions, s.Jurisdiction):
		return wrongField("/jurisdiction", "%q is none of %s; leave it out and set country, such as DE, to derive it",
			clip(s.Jurisdiction), strings.Join(Jurisdictions(), ", "))
	}
	return nil
}
