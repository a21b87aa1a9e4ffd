// Package campaigns decides which message is sent to which customer, and when,
// and measures the result. It holds the campaign files, the decision engine,
// attribution and results. Package mail below it makes the mails.
//
// The package is pure: it uses no clock, store or network, and no randomness but a
// hash. The caller fetches the facts that Needs lists and does the actions that
// Decide returns. Live campaigns, validation and the tests inside campaign files
// run the same code. The package imports commerce and segments.
package campaigns
