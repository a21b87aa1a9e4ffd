package demo

import (
	"errors"
	"os"
	"path/filepath"
)

// memoryFolder is the folder of Linux for files in memory; other systems have none.
const memoryFolder = "/dev/shm"

// Folder makes a temporary folder for the demo. It is in memory if the system offers
// that and the demo's data fits, because the data is needed only while the demo runs
// and the demo then waits for no disk. Otherwise it is in the system's temporary
// folder.
func Folder(options Options) (string, error) {
	const pattern = "comeback-demo-"
	if os.Getenv("TMPDIR") == "" { // otherwise the caller chose a folder
		folder, err := os.MkdirTemp(memoryFolder, pattern)
		if err == nil {
			if fits(folder, options.bytes()) {
				return folder, nil
			}
			_ = os.RemoveAll(folder)
		}
	}
	return os.MkdirTemp("", pattern)
}

// bytes is an upper limit of what the demo writes.
func (o Options) bytes() int64 { return 32<<20 + 2500*int64(o.Customers)*int64(o.Days) }

// fits tries to write: containers limit the memory for files without showing it.
func fits(folder string, size int64) bool {
	name := filepath.Join(folder, "fits")
	file, err := os.Create(name)
	if err != nil {
		return false
	}
	block := make([]byte, 1<<20)
	for ; size > 0 && err == nil; size -= int64(len(block)) {
		_, err = file.Write(block)
	}
	return errors.Join(err, file.Close(), os.Remove(name)) == nil
}
