package embedded_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Only the owner of the data folder reads personal data, also if the folder and
// its files were open to all before.
func TestOnlyTheOwnerReadsTheDatabase(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("rights are inherited there")
	}
	for name, before := range map[string]func(dir string){
		"a new folder":            func(string) {},
		"a folder that was there": func(dir string) { _ = os.Mkdir(dir, 0o755) },
		"a database open to all":  func(dir string) { mustClose(t, mustOpen(t, dir)); openToAll(t, dir) },
	} {
		dir := filepath.Join(t.TempDir(), "data")
		before(dir)
		db := mustOpen(t, dir)
		modes := map[string]fs.FileMode{".": mode(t, dir)}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			modes[f.Name()] = mode(t, filepath.Join(dir, f.Name()))
		}
		for file, got := range modes {
			want := fs.FileMode(0o600)
			if file == "." {
				want = 0o700
			}
			if got != want {
				t.Errorf("%s: %s: got mode %o, want %o", name, file, got, want)
			}
		}
		if len(modes) < 4 {
			t.Errorf("%s: got %v, want the database, its log and its lock", name, modes)
		}
		mustClose(t, db)
	}
}

func openToAll(t *testing.T, dir string) {
	t.Helper()
	_ = os.Chmod(dir, 0o755)
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		if err := os.Chmod(f, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
