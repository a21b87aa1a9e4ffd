// Package segments has the condition grammar, Match of a condition on one profile,
// and Explain, which gives the reason.
//
// It is pure: no clock, store, network or driver. It imports commerce and
// strictjson only. The same parsed Condition serves audiences, trigger filters,
// exits and branches, so that one condition means one thing everywhere.
//
// The first word of a file's name is what the file is about. Read in this
// order:
//
//   - lang_: the language. Fields, operators, events and groups, how they are
//     parsed, which notes a parse gives, and their JSON Schema. comparison.go is
//     the test of one field.
//   - match.go: Condition and Match, which define what a condition means. The
//     index and the filters of databases are tested against Match. explain.go
//     gives the reason.
//   - rfm_, stage_, habits.go, model.go: the scores, stages and habits that
//     fields read, with the sources of their formulas.
//   - index_: the columnar index of one shop, how it is built and changed, and
//     how a condition is compiled to it and counted.
//   - pushdown_: a condition as a filter of the database.
//   - set.go, membership.go, definition.go: the segments of a shop, which may
//     refer to one another.
//   - profile_, statistics_: what distinguishes the members of a segment.
//   - nearmiss_: the smallest change that makes a condition true.
package segments
