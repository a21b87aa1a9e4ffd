package segments

import "strings"

// branches are the categories of a chunk's lines as a tree: the names of a line
// are the paths above it, from the root.
type branches struct {
	namesOf
	above   []uint32 // of each branch 1 more than its parent, 0 of a root
	unnamed int      // branch without a name, -1: there is none
	spelt   spelling
}

// spelling is the names and paths by which a test finds branches. A branch whose
// name looks like a path is found by that path.
type spelling struct {
	names []string
	known map[string]uint32
	last  []uint32 // of each path its last name; of a name itself
	above []uint32 // of each path 1 more than the one above, 0 of a root
	of    []uint32 // the path of each branch
}

// nowhere is above branches that cannot be reached from a root.
const nowhere = ^uint32(0)

// branches is the tree of the chunk's lines, made on first use.
func (k *lineCategories) branches(c *chunk) *branches {
	if known := k.tree.Load(); known != nil {
		return known
	}
	t := &branches{namesOf: newNames(c, k.shop, branchesOf), unnamed: -1}
	for code, name := range t.names {
		if name == "" {
			t.unnamed = code
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
	t.spelt = newSpelling(k.paths.names, t.names)
	k.tree.Store(t)
	return t
}

// newSpelling lists the names of branches. Most branches are the beginning of one
// of the paths: each path is read once.
func newSpelling(paths, branches []string) spelling {
	s := spelling{known: map[string]uint32{}}
	for _, path := range paths {
		s.add(path)
	}
	for _, branch := range branches {
		code, known := s.known[branch]
		if !known {
			code = s.add(branch)
		}
		s.of = append(s.of, code)
	}
	return s
}

// add splits a path as pathNames does, and returns its code.
func (s *spelling) add(path string) (code uint32) {
	end, above := 0, uint32(0)
	for name := range strings.SplitSeq(path, pathSeparator) {
		last := s.number(name)
		code, end = last, end+len(name)
		if above > 0 {
			end += len(pathSeparator)
			code = s.number(path[:end])
			s.last[code], s.above[code] = last, above
		}
		above = code + 1
	}
	return code
}

func (s *spelling) number(name string) uint32 {
	code, known := s.known[name]
	if !known {
		code = uint32(len(s.names))
		s.known[name], s.names = code, append(s.names, name)
		s.last, s.above = append(s.last, code), append(s.above, 0)
	}
	return code
}

func (s *spelling) bytes() int {
	return 4*(cap(s.last)+cap(s.above)+cap(s.of)) + 48*len(s.names) // their bytes belong to the branches
}
