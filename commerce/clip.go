package commerce

// Clip shortens what a stranger wrote to at most so many characters, for a
// message. A text that is cut ends with "...", which comes on top. No character
// is cut in two.
func Clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for at := range text {
		if most--; most < 0 {
			return text[:at] + "..."
		}
	}
	return text
}

// clip shortens a number, a name or a code for the messages of this package.
func clip(text string) string { return Clip(text, 40) }
