package service

import (
	"io"
	"log/slog"
	"os"
)

// NewLogger makes a logger that writes to w: text on a terminal, else JSON, unless l
// chooses the format.
func NewLogger(l Logs, w io.Writer) *slog.Logger {
	level, _ := l.level() // LoadConfig has checked it
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "text" || l.LogFormat == "auto" && IsTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// IsTerminal reports whether w is a character device.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
