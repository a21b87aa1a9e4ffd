package commerce_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"comeback/commerce"
)

func anyPeople(t *rapid.T) []commerce.Person {
	var people []commerce.Person
	for i := range rapid.IntRange(0, 8).Draw(t, "people") {
		p := commerce.Person{ID: fmt.Sprint(i), Mail: rapid.IntRange(0, 2).Draw(t, "mail") == 0}
		if rapid.Bool().Draw(t, "known by an id") {
			p.Connections = []string{rapid.SampledFrom([]string{"c", "d"}).Draw(t, "connection")}
		}
		for _, n := range rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", "3", "4"}), 0, 2).Draw(t, "phones") {
			p.Phones = append(p.Phones, commerce.Number{ID: n, Shared: rapid.IntRange(0, 9).Draw(t, "shared") == 0})
		}
		people = append(people, p)
	}
	return people
}

// A phone never joins two people whom stronger identities distinguish, directly
// or through others. The order of people does not matter.
func TestPhoneNeverJoinsContradictingPeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		people := anyPeople(t)
		group := commerce.JoinByPhone(people)
		for _, p := range people {
			for _, q := range people {
				if p.ID != q.ID && group[p.ID] == group[q.ID] && p.Contradicts(q) {
					t.Fatalf("%+v and %+v are one", p, q)
				}
			}
			if group[group[p.ID]] != group[p.ID] || group[p.ID] > p.ID {
				t.Fatalf("%s is the id of the group of %s, but not of its own, or is greater", group[p.ID], p.ID)
			}
		}
		again := commerce.JoinByPhone(rapid.Permutation(people).Draw(t, "order"))
		if diff := cmp.Diff(group, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Cases in which a phone joins people, and in which it does not.
func TestPeopleJoinedByPhone(t *testing.T) {
	t.Parallel()
	mail := func(id string, phones ...string) commerce.Person {
		return commerce.Person{ID: id, Mail: true, Phones: numbers(phones)}
	}
	known := func(id, connection string, phones ...string) commerce.Person {
		return commerce.Person{ID: id, Connections: []string{connection}, Phones: numbers(phones)}
	}
	bare := func(id, phone string) commerce.Person {
		return commerce.Person{ID: id, Phones: numbers([]string{phone})}
	}
	for name, c := range map[string]struct {
		people []commerce.Person
		want   map[string]string
	}{
		"a phone alone joins its owner": {
			[]commerce.Person{mail("a", "1"), bare("z", "1")}, map[string]string{"a": "a", "z": "a"},
		},
		"two shops' ids and one phone are one": {
			[]commerce.Person{known("a", "c", "1"), known("b", "d", "1")}, map[string]string{"a": "a", "b": "a"},
		},
		"an id and an e-mail with one phone are one": {
			[]commerce.Person{known("a", "c", "1"), mail("b", "1")}, map[string]string{"a": "a", "b": "a"},
		},
		"two e-mails are two, and the phone is shared": {
			[]commerce.Person{mail("a", "1"), mail("b", "1"), bare("z", "1")}, map[string]string{"a": "a", "b": "b", "z": "z"},
		},
		"two ids of one connection are two": {
			[]commerce.Person{known("a", "c", "1"), known("b", "c", "1")}, map[string]string{"a": "a", "b": "b"},
		},
		"a shared phone joins no third person either": {
			[]commerce.Person{mail("a", "1"), mail("b", "1"), known("p", "d", "1")}, map[string]string{"a": "a", "b": "b", "p": "p"},
		},
		"the second phone of a person with a shared one joins": {
			[]commerce.Person{mail("a", "1", "2"), mail("b", "1"), bare("z", "2")}, map[string]string{"a": "a", "b": "b", "z": "a"},
		},
		"a person between two e-mails joins neither": {
			[]commerce.Person{mail("a", "1"), known("m", "d", "1", "2"), mail("b", "2")}, map[string]string{"a": "a", "b": "b", "m": "m"},
		},
	} {
		if diff := cmp.Diff(commerce.JoinByPhone(c.people), c.want); diff != "" {
			t.Errorf("%s: got, want: %s", name, diff)
		}
	}
}

func numbers(ids []string) (list []commerce.Number) {
	for _, id := range ids {
		list = append(list, commerce.Number{ID: id})
	}
	return list
}
