// Package jobs does the work that is due: it reads deliveries, computes
// profiles, handles events, advances enrolments and hands messages over. The
// database states what is due. The asynq queue only notifies workers, so no work
// is lost when Redis loses everything. Each kind of work is one small struct in
// one file; package service wires them. The package imports the rules
// (connectors, campaigns) and asynq, but never store, api or a channel: it
// declares what it needs of them as interfaces beside the struct.
package jobs
