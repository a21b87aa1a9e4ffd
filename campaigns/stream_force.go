package campaigns

import "time"

// InForce is the stream that decides about a shop's mails: of the relays of living
// workers the first that opens, or the stream of the shop's sender at that relay where it
// is held. ok is false if no worker has a relay.
func InForce(shop string, relays, senders []Stream, now time.Time) (s Stream, ok bool) {
	for _, relay := range relays {
		if !relay.Alive(now) {
			continue
		}
		deciding := relay
		for _, sender := range senders {
			if sender.Relay == relay.Relay && sender.Held() && (!relay.Held() || sender.OpensAt(shop, now).After(relay.OpensAt(shop, now))) {
				deciding = sender
			}
		}
		if !ok || deciding.OpensAt(shop, now).Before(s.OpensAt(shop, now)) || !deciding.Held() && s.Held() {
			s, ok = deciding, true
		}
	}
	return s, ok
}

// OpensAt is when the shop's next mail may go by the stream in force: not before the sender of
// the shop has a token of its limit.
func OpensAt(shop string, inForce Stream, senders []Stream, now time.Time) time.Time {
	at := inForce.OpensAt(shop, now)
	for _, sender := range senders {
		if opens := sender.Limit.opensAt(limitFor, now); sender.Relay == inForce.Relay && opens.After(at) {
			at = opens
		}
	}
	return at
}
