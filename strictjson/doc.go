// Package strictjson reads the JSON of strangers: what people write (Read, and
// Into for a struct) and what programs send (Decode). One scanner knows the grammar
// for all of them.
//
// It refuses documents that two readers would read differently, and documents that
// are made to exhaust the service:
//
//   - A key that is given twice: one reader takes its first value, another the last.
//   - Text behind the document: it would be lost without a word.
//   - Bytes that are not UTF-8, and in Read half a surrogate pair: no store keeps
//     them as they are.
//   - Nesting of more than 64 levels, keys of more than 1 KiB and too many values: a
//     small body must not take much memory.
//   - In Into, a key that the struct does not have: a misspelt setting must not
//     look like an absent one.
//
// Each refusal has a reason and a place. Read and Into collect the first 100
// problems, each with a JSON Pointer, a line and a column. Decode ends at the first
// fault and names its pointer and its byte. A pointer is made for a problem only,
// because a document has as many pointers as values.
package strictjson
