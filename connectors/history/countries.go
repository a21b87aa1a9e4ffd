package history

import "strings"

// countryCode is the ISO 3166 code of a country in an export: a code itself, or
// the English name of a country common in exports.
func countryCode(text string) (code string, known bool) {
	if len(text) == 2 && strings.Trim(strings.ToUpper(text), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return strings.ToUpper(text), true
	}
	code, known = countryNames[strings.ToLower(text)]
	return code, known
}

var countryNames = map[string]string{
	"argentina": "AR", "australia": "AU", "austria": "AT", "bahrain": "BH", "belgium": "BE", "brazil": "BR", "bulgaria": "BG",
	"canada": "CA", "chile": "CL", "china": "CN", "colombia": "CO", "croatia": "HR", "cyprus": "CY", "czech republic": "CZ", "czechia": "CZ",
	"denmark": "DK", "egypt": "EG", "eire": "IE", "estonia": "EE", "finland": "FI", "france": "FR", "germany": "DE", "great britain": "GB",
	"greece": "GR", "hong kong": "HK", "hungary": "HU", "iceland": "IS", "india": "IN", "indonesia": "ID", "ireland": "IE", "israel": "IL",
	"italy": "IT", "japan": "JP", "kuwait": "KW", "latvia": "LV", "lebanon": "LB", "lithuania": "LT", "luxembourg": "LU", "macau": "MO",
	"malaysia": "MY", "malta": "MT", "mexico": "MX", "morocco": "MA", "netherlands": "NL", "the netherlands": "NL", "new zealand": "NZ",
	"nigeria": "NG", "norway": "NO", "pakistan": "PK", "peru": "PE", "philippines": "PH", "poland": "PL", "portugal": "PT", "qatar": "QA",
	"romania": "RO", "rsa": "ZA", "russia": "RU", "saudi arabia": "SA", "serbia": "RS", "singapore": "SG", "slovakia": "SK",
	"slovenia": "SI", "south africa": "ZA", "south korea": "KR", "korea": "KR", "spain": "ES", "sweden": "SE", "switzerland": "CH",
	"taiwan": "TW", "thailand": "TH", "turkey": "TR", "uae": "AE", "ukraine": "UA", "united arab emirates": "AE", "united kingdom": "GB",
	"uk": "GB", "united states": "US", "united states of america": "US", "usa": "US", "vietnam": "VN",
}
