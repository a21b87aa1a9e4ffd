package embedded

import (
	"path/filepath"
	"testing"
)

// A file of before incremental compaction shrinks once it is rebuilt.
func TestOldFileIsRebuilt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, err := connect(filepath.Join(dir, "comeback.db"), []string{"PRAGMA auto_vacuum=NONE", "PRAGMA journal_mode=WAL"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.exec("CREATE TABLE t (x)"); err != nil {
		t.Fatal(err)
	}
	if err := old.close(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	mode := func() int64 {
		n, err := db.figure(t.Context(), "auto_vacuum")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if mode() != 0 {
		t.Fatalf("the old file has auto_vacuum %d, want 0", mode())
	}
	if rebuilt, err := db.Rebuild(t.Context()); err != nil || !rebuilt {
		t.Fatalf("got %t, %v, want it rebuilt", rebuilt, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = Open(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if mode() != 2 {
		t.Errorf("got auto_vacuum %d, want 2 (incremental)", mode())
	}
	if rebuilt, err := db.Rebuild(t.Context()); err != nil || rebuilt {
		t.Errorf("the second time: got %t, %v, want nothing to do", rebuilt, err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
