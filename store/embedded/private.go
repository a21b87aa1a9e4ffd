package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// databaseFiles are SQLite's files in the folder. A log and its index are made
// with the mode of their database.
var databaseFiles = []string{"lock.db", "comeback.db", "comeback.db-wal", "comeback.db-shm", "comeback.db-journal", "lock.db-journal"}

// private makes the folder and its database readable by their owner alone,
// because they contain personal data. A folder of another owner stays as it is,
// and so does one in which everybody may write: its files are private either
// way.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // rights are inherited there
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSticky == 0 && info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(dir, 0o700); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	for _, name := range []string{"lock.db", "comeback.db"} { // made here, for SQLite would make them readable by all
		if err := create(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	for _, name := range databaseFiles {
		if err := closeToOthers(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// create makes a file if there is none. It does not open an existing one:
// closing it again would end the locks that this process has on it.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func closeToOthers(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || info.Mode().Perm()&0o077 == 0 || !info.Mode().IsRegular() {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("others may read it, and it cannot be changed; run chmod 600 %s as its owner: %w", path, err)
	}
	return nil
}
