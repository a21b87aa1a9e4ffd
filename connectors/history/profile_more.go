package history

import "slices"

// moreProfiles are the exports of other platforms and tools. The ones with more
// headers of their own come first.
func moreProfiles() []Profile {
	return slices.Concat(wooProfiles(), westProfiles(), chinaProfiles())
}
