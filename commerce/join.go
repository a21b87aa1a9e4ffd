package commerce

import (
	"cmp"
	"slices"
)

// Which records are one person's. The strong identities come first: records
// that share a platform id of one connection, or an e-mail, are one person's,
// and so are two ids that their platform says are one. What they make one never
// parts by itself. An e-mail joins two ids of one connection too: whoever reads
// that inbox reads the mail of both.
//
// A phone is weak. People have several, families and offices share one, clerks
// write their own. JoinByPhone says whom it joins; who is joined by it alone is
// parted again when a later record contradicts it.

// Person is all that strong identities have made one, and the phones that its
// records carry. Records that carry a phone alone are a person too.
type Person struct {
	ID          string
	Mail        bool     // some record carries an e-mail
	Connections []string // those that know the person by an id
	Phones      []Number
}

// Number is a phone some record of a person carries.
type Number struct {
	ID     string
	Shared bool // it names many, or somebody split whom it had joined: it joins nobody
}

// Contradicts tells whether something stronger than a phone tells p and q
// apart: each has an e-mail, and so another one; or one connection knows each
// by an id, and so by another one.
func (p Person) Contradicts(q Person) bool {
	return p.Mail && q.Mail || slices.ContainsFunc(p.Connections, func(c string) bool { return slices.Contains(q.Connections, c) })
}

// JoinByPhone says who of people is one person by the phones they carry: of
// each, who speaks for all of them, the smallest ID.
//
//   - A phone that two people carry who contradict each other is shared: it
//     joins nobody, neither the two nor others.
//   - People whom the other phones connect, directly or through one another, are
//     one, unless two of them contradict each other: then nobody can say whose
//     the phones between them are, and all stay apart.
//
// The answer depends on who is given alone, never on their order: whatever the
// order of arrival, records with different e-mails or different ids of one
// connection are never joined by a phone.
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
	speaks := map[string]string{}
	for i, p := range people {
		if _, done := speaks[p.ID]; done {
			continue
		}
		group := connected(people, i, carriers, shared)
		least := slices.MinFunc(group, func(a, b int) int { return cmp.Compare(people[a].ID, people[b].ID) })
		apart := contradictory(people, group)
		for _, member := range group {
			speaks[people[member].ID] = people[least].ID
			if apart {
				speaks[people[member].ID] = people[member].ID
			}
		}
	}
	return speaks
}

// connected are the people that phones which are not shared lead to from one.
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

// Split says how records that were taken for one person's come apart, each given
// by its identities: of each the group it belongs to, and the identities that
// are to join nobody any more. What phones alone made one (as they did before
// contradictions were heeded) comes apart first; where strong identities make
// all of it one, so do ids of one connection that an e-mail joins. One group
// means that nothing can come apart.
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

// groupBy numbers the groups of records that identities of some sort connect. A
// record that has none of them goes by the strongest it has.
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

// between are the identities that records of several groups carry.
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

// sharedMails are the e-mails that records of two ids of one connection carry.
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
