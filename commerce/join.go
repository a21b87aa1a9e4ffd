package commerce

import (
	"cmp"
	"slices"
)

// Records of one person are found by identities. The strong identities come
// first: records with one platform id of one connection, or with one e-mail, are
// one person's. So are two ids that their platform has merged. Strong identities
// join for good. An e-mail joins two ids of one connection too, because one
// person reads the mail of both.
//
// A phone number is weak: people have several, families and offices share one,
// and staff enter their own. JoinByPhone returns the people it joins. They are
// separated again if a later record contradicts it.

// Person is a person by strong identities, with the phone numbers of its
// records. Records with nothing but a phone number are a person too.
type Person struct {
	ID          string
	Mail        bool     // some record has an e-mail
	Connections []string // connections with an id of the person
	Phones      []Number
}

// Number is a phone number of some record of a person.
type Number struct {
	ID     string
	Shared bool // several people have it, or a user split a customer it joined: it joins nobody
}

// Contradicts reports whether a stronger identity distinguishes p from q: both
// have an e-mail, or one connection has an id of each. Equal ones would have
// made them one person.
func (p Person) Contradicts(q Person) bool {
	return p.Mail && q.Mail || slices.ContainsFunc(p.Connections, func(c string) bool { return slices.Contains(q.Connections, c) })
}

// JoinByPhone joins people by their phone numbers. The result maps each ID to
// the smallest ID of its group.
//
//   - A number of two people who contradict each other is shared. It joins nobody.
//   - People connected by other numbers, directly or through one another, are one
//     person. If two of them contradict each other, the owner of the numbers is
//     unclear, and all of them stay separate.
//
// The result does not depend on the order of people. Whatever the order of
// arrival, a phone number never joins records with different e-mails or with
// different ids of one connection.
func JoinByPhone(people []Person) map[string]string {
	carriers := map[string][]int{}
	shared := map[string]bool{}
	for i, p := range people {
		for _, n := range p.Phones {
			shared[n.ID] = shared[n.ID] || n.Shared
			for _, other := range carriers[n.ID] {
				shared[n.ID] = shared[n.ID] || other != i && p.Contradicts(people[other])
			}
			carriers[n.ID] = append(carriers[n.ID], i)
		}
	}
	joined := map[string]string{}
	for i, p := range people {
		if _, done := joined[p.ID]; done {
			continue
		}
		members := connected(people, i, carriers, shared)
		least := slices.MinFunc(members, func(a, b int) int { return cmp.Compare(people[a].ID, people[b].ID) })
		apart := contradictory(people, members)
		for _, member := range members {
			joined[people[member].ID] = people[least].ID
			if apart {
				joined[people[member].ID] = people[member].ID
			}
		}
	}
	return joined
}

// connected returns the people that can be reached from one by numbers that are
// not shared.
func connected(people []Person, from int, carriers map[string][]int, shared map[string]bool) []int {
	group := []int{from}
	for at := 0; at < len(group); at++ {
		for _, n := range people[group[at]].Phones {
			for _, other := range carriers[n.ID] {
				if !shared[n.ID] && !slices.Contains(group, other) {
					group = append(group, other)
				}
			}
		}
	}
	return group
}

func contradictory(people []Person, group []int) bool {
	for i, a := range group {
		for _, b := range group[i+1:] {
			if people[a].Contradicts(people[b]) {
				return true
			}
		}
	}
	return false
}

// Split separates records that were joined as one customer, each given by its
// identities. It returns the group of each record, and the identities that must
// not join any more. Records joined by phone only are separated first. Else ids
// of one connection that an e-mail joined are separated. One group means that
// nothing can be separated.
func Split(records [][]Identity) (groups []int, undone []Identity) {
	if len(records) == 0 {
		return nil, nil
	}
	groups = groupBy(records, func(i Identity) bool { return i.Kind != Phone })
	if slices.Max(groups) != slices.Min(groups) {
		return groups, between(records, groups)
	}
	shared := sharedMails(records)
	groups = groupBy(records, func(i Identity) bool { return i.Kind != Phone && !slices.Contains(shared, i) })
	return groups, between(records, groups)
}

// groupBy numbers the groups of records that the counted identities connect. A
// record without any of them is grouped by its strongest identity.
func groupBy(records [][]Identity, counts func(Identity) bool) []int {
	first, groups := map[Identity]int{}, make([]int, len(records))
	for at, ids := range records {
		groups[at] = at
		joined := slices.DeleteFunc(slices.Clone(ids), func(i Identity) bool { return !counts(i) })
		if len(joined) == 0 {
			joined = ids[:min(len(ids), 1)]
		}
		for _, i := range joined {
			other, seen := first[i]
			if !seen {
				first[i] = at
				continue
			}
			from, to := groups[at], groups[other]
			for k := range groups[:at+1] {
				if groups[k] == from {
					groups[k] = to
				}
			}
		}
	}
	return groups
}

// between returns the identities found in records of several groups.
func between(records [][]Identity, groups []int) (shared []Identity) {
	in := map[Identity]int{}
	for at, ids := range records {
		for _, i := range ids {
			if group, seen := in[i]; seen && group != groups[at] && !slices.Contains(shared, i) {
				shared = append(shared, i)
			}
			in[i] = groups[at]
		}
	}
	return shared
}

// sharedMails returns the e-mails found in records of two ids of one
// connection.
func sharedMails(records [][]Identity) (shared []Identity) {
	known := map[Identity]map[string]string{} // e-mail to connection to the platform's id
	for _, ids := range records {
		if len(ids) == 0 || ids[0].Kind != PlatformID {
			continue
		}
		parts, _ := SplitKey(ids[0].Value)
		for _, mail := range ids[1:] {
			if mail.Kind != Email {
				continue
			}
			if known[mail] == nil {
				known[mail] = map[string]string{}
			}
			if other := known[mail][parts[0]]; other != "" && other != ids[0].Value && !slices.Contains(shared, mail) {
				shared = append(shared, mail)
			}
			known[mail][parts[0]] = ids[0].Value
		}
	}
	return shared
}
