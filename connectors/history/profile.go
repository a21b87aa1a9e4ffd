package history

import (
	"slices"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// Profile describes the order export of one platform or tool. It is data: a
// new export needs a profile and a sample, and no code.
type Profile struct {
	Name     string              // of --profile
	Headers  []string            // columns that identify the export, all of them; empty: it is only chosen by name
	Columns  map[string][]string // by field: names of columns, the preferred one first
	Constant map[string]string   // by field: its value in every row, such as the currency of a market
	Statuses map[string]string   // meanings of words (see Meanings), beside those known of all exports
	Decimal  string              // comma or point, where the cells do not decide it
	Dates    string              // dmy, mdy or ymd, where the cells do not decide it
	Zone     string              // IANA zone of times without an offset; empty: the shop's
	// LineTotals: the column of price is what the line cost, for all its pieces.
	LineTotals bool
	// LineStates: states and refunds are of the row's line, not of the order.
	LineStates bool
	// OwnOnly: no column is mapped but those of Columns.
	OwnOnly bool
}

// profiles are the known exports. The first one whose headers are all in a file
// is used.
func profiles() []Profile {
	return slices.Concat([]Profile{shopifyExport, onlineRetail, onlineRetailII}, moreProfiles())
}

// Profiles returns the names of the known exports, for --profile.
func Profiles() []string {
	var names []string
	for _, p := range profiles() {
		names = append(names, p.Name)
	}
	return names
}

// profileOf is the profile named, or else the one that the header shows. The
// zero Profile knows nothing but the usual words.
func profileOf(name string, header []string) (Profile, error) {
	known := profiles()
	if name != "" {
		i := slices.IndexFunc(known, func(p Profile) bool { return p.Name == name })
		if i < 0 {
			return Profile{}, invalid("profile %q: write one of %s%s",
				commerce.Clip(name, 40), strings.Join(Profiles(), ", "), nearest(name, Profiles()))
		}
		return known[i], nil
	}
	plain := plainHeaders(header)
	for _, p := range known {
		if len(p.Headers) > 0 && !slices.ContainsFunc(p.Headers, func(h string) bool { return !slices.Contains(plain, plainHeader(h)) }) {
			return p, nil
		}
	}
	return Profile{}, nil
}

func nearest(word string, known []string) string {
	if near := strictjson.Nearest(word, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// plainHeader is the form in which names of columns are compared: letters and
// digits only, lower case, half width, without what stands in brackets.
func plainHeader(name string) string {
	plain := lettersOf(withoutBrackets(name))
	if plain == "" {
		return lettersOf(name)
	}
	return plain
}

func plainHeaders(header []string) []string {
	list := make([]string, len(header))
	for i, name := range header {
		list[i] = plainHeader(name)
	}
	return list
}
