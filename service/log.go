package service

import (
	"io"
	"log/slog"
	"os"
)

// newLogger writes what happens to w: JSON for machines, text for a terminal.
func NewLogger(l Logs, w io.Writer) *slog.Logger {
	level, _ := l.level() // checked with the settings
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "text" || l.LogFormat == "auto" && IsTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
