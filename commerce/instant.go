package commerce

import "time"

// The accepted years. Other years in input are mistakes: such times cannot be
// shown, compared or stored everywhere.
const (
	firstYear = 1970
	lastYear  = 2200
)

// CheckInstant returns an error for a time outside the years 1970 to 2200
// (UTC). Webhooks, imports and the API all use it.
func CheckInstant(at time.Time) error {
	if year := at.UTC().Year(); year < firstYear || year > lastYear {
		return Errorf(Invalid, "year %d: write a time of the years %d to %d", year, firstYear, lastYear)
	}
	return nil
}
