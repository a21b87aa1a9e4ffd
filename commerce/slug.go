package commerce

const (
	// SlugRule is the rule of Slug in words, for messages.
	SlugRule = "1 to 60 of a-z, 0-9 and -, not starting with -"
	// SlugPattern is the rule of Slug as a regular expression of JSON Schema.
	SlugPattern = `^[a-z0-9][a-z0-9-]{0,59}$`
)

// Slug reports whether a text may name a shop, a connection, a campaign, a
// segment or a template. Such a name is part of ids, addresses and file names,
// and never looks like a flag of a command.
func Slug(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' || i == 0) {
			return false
		}
	}
	return 1 <= len(text) && len(text) <= 60
}
