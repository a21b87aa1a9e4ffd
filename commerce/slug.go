package commerce

// SlugRule says in words what Slug takes, and SlugPattern as a regular
// expression of JSON Schema.
const (
	SlugRule    = "1 to 60 of a-z, 0-9 and -, not starting with -"
	SlugPattern = `^[a-z0-9][a-z0-9-]{0,59}$`
)

// Slug tells whether a text may name a shop, a connection, a campaign, a segment
// or a template: it is part of ids, addresses and file names, and no flag of a
// command.
func Slug(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' || i == 0) {
			return false
		}
	}
	return 1 <= len(text) && len(text) <= 60
}
