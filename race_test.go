//go:build race

package main

// raced says that the race detector watches: the database, which is Go too,
// takes ten times as long then.
const raced = true
