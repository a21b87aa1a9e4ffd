package commerce

// Clip shortens a text to at most so many characters, for a message that quotes
// input. A text that was cut ends with "...", in addition to the limit.
// Characters are never split.
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
