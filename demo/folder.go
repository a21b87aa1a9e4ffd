package demo

import (
	"errors"
	"os"
	"path/filepath"
)

// memoryFolder is where Linux keeps files in memory; absent elsewhere.
const memoryFolder = "/dev/shm"

// Folder makes a folder of the demo's own: in memory where the system
// offers that and the demo fits in, for its data need not outlive it and then
// waits for no disk; else among the temporary files.
func Folder(p Plan) (string, error) {
	const pattern = "comeback-demo-"
	if os.Getenv("TMPDIR") == "" { // else somebody chose
		folder, err := os.MkdirTemp(memoryFolder, pattern)
		if err == nil {
			if fits(folder, p.bytes()) {
				return folder, nil
			}
			_ = os.RemoveAll(folder)
		}
	}
	return os.MkdirTemp("", pattern)
}

// bytes is more than the demo writes.
func (p Plan) bytes() int64 { return 32<<20 + 2500*int64(p.Customers)*int64(p.Days) }

// fits tries: containers give little memory to files and do not say so.
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
