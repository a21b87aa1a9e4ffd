// Package channels carries rendered messages to people: email hands them to a
// relay over SMTP, mailbox catches them on the way for demo and tests. It
// decides nothing about whom to write to and keeps no record; the outcome of
// each attempt goes back to the caller. May import campaigns, commerce,
// go-mail and go-smtp.
package channels
