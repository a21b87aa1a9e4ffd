// Package campaigns decides what is sent to whom, when, and what came of it:
// campaign files, the decision engine, attribution, results. Package mail below
// it makes the mails.
//
// It is pure: no clock, store or network, and no randomness but a hash. The
// caller fetches the facts that Needs names, and does the actions that Decide
// answers; live running, validation and the tests inside campaign files are the
// same code. It imports commerce and segments.
package campaigns
