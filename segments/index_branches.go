package segments

// branches are the categories of a chunk's lines as a tree: the names of a line
// are the paths it hangs under, from the root.
type branches struct {
	namesOf
	above  []uint32 // of each branch 1 more than the one it grows from, 0 of a root
	unsaid int      // branch without a name, -1: there is none
}

// nowhere is above branches that cannot be reached from a root.
const nowhere = ^uint32(0)

// branches is the tree of the chunk's lines. It is made when it is first asked
// for.
func (k *catalog) branches(c *chunk) *branches {
	if kept := k.tree.Load(); kept != nil {
		return kept
	}
	t := &branches{namesOf: newNames(c, k.shop, branchesOf), unsaid: -1}
	for code, name := range t.names {
		if name == "" {
			t.unsaid = code
		}
		above := uint32(0)
		if path := branchAbove(name); path != "" {
			above = nowhere
			if parent, known := t.known[path]; known {
				above = parent + 1
			}
		}
		t.above = append(t.above, above)
	}
	k.tree.Store(t)
	return t
}
