package commerce

import "time"

// The years whose times are taken from outside. What is told of other years is
// a mistake: times beyond them cannot be shown, compared or stored everywhere.
const (
	firstYear = 1970
	lastYear  = 2200
)

// CheckInstant refuses a time outside the years 1970 to 2200 (UTC). Every door
// asks it: webhooks, imports and the API.
func CheckInstant(at time.Time) error {
	if year := at.UTC().Year(); year < firstYear || year > lastYear {
		return Errorf(Invalid, "year %d: write a time of the years %d to %d", year, firstYear, lastYear)
	}
	return nil
}
