// Package strictjson reads the JSON of strangers: what people write (Read, and
// Into for a struct) and what programs send (Decode). One scanner knows the grammar
// for all of them.
//
// It refuses what can be read in two ways, and what serves an attack:
//
//   - A key that is given twice: one reader takes its first value, another the last.
//   - Text behind the document: it would be lost without a word.
//   - Bytes that are not UTF-8, and in Read half a surrogate pair: no store keeps
//     them as they are.
//   - Nesting of more than 64 levels, keys of more than 1 KiB and more values than
//     anybody writes: a small body must not take much memory.
//   - In Into, a key that the struct does not have: a misspelt setting must not
//     pass for an absent one.
//
// Whatever is refused has a reason with its place. Read and Into collect
// the problems, the first 100 of them, each with a JSON Pointer, a line and a
// column. Decode ends at the first fault and has its pointer and its byte. A pointer
// is made only for what is wrong, because a document has as many pointers as values.
package strictjson
