package service

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"comeback/commerce"
	"comeback/store/embedded"
)

// A backup is a tar file with the embedded database as of one moment and, where the
// settings contain no master key, secret.key.
const (
	databaseName = "comeback.db"
	keyName      = "secret.key"
)

// Backup writes a backup of the embedded database to w. The service may go on
// meanwhile. Nothing is written before the copy of the database is complete. With
// MongoDB it is Unsupported.
func (d *Database) Backup(ctx context.Context, c Storage, w io.Writer) error {
	file, ok := d.docs.(*embedded.DB)
	if !ok {
		return commerce.Errorf(commerce.Unsupported,
			"backup: for the embedded database only; with MongoDB use mongodump, and store COMEBACK_SECRET_KEY")
	}
	dir, err := os.MkdirTemp(c.Data, "backup-*") // beside the database, where there is room for it
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	copied := filepath.Join(dir, databaseName)
	if err := file.Backup(ctx, copied); err != nil {
		return err
	}
	archive := tar.NewWriter(w)
	if c.SecretKey == "" {
		if err := archived(archive, filepath.Join(c.Data, keyName)); err != nil {
			return err
		}
	}
	if err := archived(archive, copied); err != nil {
		return err
	}
	return archive.Close()
}

// archived adds a file to an archive.
func archived(archive *tar.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: filepath.Base(path), Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, file)
	return err
}

// Restore makes the folder c.Data of a backup, and opens and checks it. A folder that
// has anything in it is a Conflict and stays as it is. Where the backup is no good,
// the folder stays as it was.
func Restore(ctx context.Context, c Storage, p Process, backup io.Reader) (err error) {
	if c.MongoURI != "" {
		return commerce.Errorf(commerce.Unsupported, "restore: for the embedded database only; with MongoDB use mongorestore")
	}
	entries, err := os.ReadDir(c.Data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return commerce.Errorf(commerce.Conflict,
			"data directory %s: is not empty; name an empty one in COMEBACK_DATA, or move this one away", c.Data)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, emptied(c.Data))
		}
	}()
	if err := unpacked(c.Data, backup); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(c.Data, databaseName)); err != nil {
		return commerce.Errorf(commerce.Invalid, "backup: has no %s: not a backup that comeback made", databaseName)
	}
	if _, err := os.Stat(filepath.Join(c.Data, keyName)); err != nil && c.SecretKey == "" {
		return commerce.Errorf(commerce.Invalid, "backup: has no %s; set COMEBACK_SECRET_KEY to the key of the installation", keyName)
	}
	return checked(ctx, c, p)
}

// checked opens a restored database: its key and its version must be right, and the
// file must be whole.
func checked(ctx context.Context, c Storage, p Process) error {
	d, err := OpenDatabase(ctx, c, p, NewLogger(Logs{LogLevel: "error", LogFormat: "text"}, p.Log))
	if err != nil {
		return err
	}
	if file, ok := d.docs.(*embedded.DB); ok {
		err = file.Check(ctx)
	}
	return errors.Join(err, d.Close())
}

// unpacked writes the files of a backup to a folder. Other names are refused.
func unpacked(dir string, backup io.Reader) error {
	archive := tar.NewReader(backup)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return commerce.Errorf(commerce.Invalid, "backup: not a whole tar file: %w", err)
		}
		if header.Typeflag != tar.TypeReg || header.Name != databaseName && header.Name != keyName {
			return commerce.Errorf(commerce.Invalid, "backup: has a file %q: not a backup that comeback made", header.Name)
		}
		file, err := os.OpenFile(filepath.Join(dir, header.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, archive)
		if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
			return commerce.Errorf(commerce.Invalid, "backup: %w", err)
		}
	}
}

func emptied(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

// CheckBackup opens a backup in a folder of its own beside it, and removes that.
func CheckBackup(ctx context.Context, c Storage, p Process, file string) error {
	backup, err := os.Open(file)
	if err != nil {
		return err
	}
	defer backup.Close()
	dir, err := os.MkdirTemp(filepath.Dir(file), ".check-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c.Data = filepath.Join(dir, "data")
	return Restore(ctx, c, p, backup)
}
