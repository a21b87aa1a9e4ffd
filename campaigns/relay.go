package campaigns

// Relay names the mail relay of a worker. Workers with the same Key share its streams.
type Relay struct {
	Key   string // of host, port and user
	Name  string // host:port, for people
	Setup string // changes with every setting, the password too
}
