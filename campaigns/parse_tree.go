package campaigns

import "comeback/strictjson"

const (
	mostSteps = 100 // of a file, with those of branches
	mostDepth = 5   // of branches in branches
)

// tree is a step with the steps of its branches, as the file nests them.
type tree struct {
	Step
	branches [][]tree
}

// steps reads the steps of a campaign.
func (r *reader) steps(n *strictjson.Node, class Class) []Step {
	trees := r.sequence(n, "steps", class, 0)
	size := sizeOf(trees)
	if size > mostSteps {
		r.problem(n, "steps: at most %d, with those of branches", mostSteps)
		return nil
	}
	return flat(make([]Step, 0, size), trees, size)
}

// sequence reads steps that follow one another. One behind a step that never goes on is refused.
func (r *reader) sequence(n *strictjson.Node, what string, class Class, depth int) []tree {
	if depth > mostDepth {
		r.problem(n, "%s: branches nest at most %d deep", what, mostDepth)
		return nil
	}
	if n.Kind == strictjson.Array && len(n.Items) == 0 {
		r.problem(n, "%s: at least one step is wanted", what)
	}
	trees := list(r, n, what, 50, func(n *strictjson.Node) tree { return r.step(n, class, depth) })
	for i := range max(0, len(trees)-1) {
		if trees[i].ends() {
			r.problem(trees[i+1].at, "unreachable: step %s comes after step %s, which every customer leaves the campaign by",
				trees[i+1].ID, trees[i].ID)
			break
		}
	}
	return trees
}

// ends reports whether no step follows this one, whatever happens.
func (t tree) ends() bool {
	if t.Do == DoExit {
		return t.If == nil && t.Expires == 0 && t.Until == nil
	}
	for _, b := range t.branches {
		if len(b) == 0 || !b[len(b)-1].ends() {
			return false
		}
	}
	return len(t.branches) > 0 && t.Expires == 0 && t.Until == nil && (t.If == nil || t.Do == DoIf)
}

func sizeOf(trees []tree) (n int) {
	for _, t := range trees {
		n++
		for _, b := range t.branches {
			n += sizeOf(b)
		}
	}
	return n
}

// flat appends steps in the order of the file. next is the index of the step that follows the last.
func flat(steps []Step, trees []tree, next int) []Step {
	for i, t := range trees {
		at := len(steps)
		t.size = sizeOf(trees[i : i+1])
		if t.Next = next; i < len(trees)-1 {
			t.Next = at + t.size
		}
		steps = append(steps, t.Step)
		for b, branch := range t.branches {
			first := t.Next
			if len(branch) > 0 {
				first = len(steps)
			}
			steps[at].Branches[b].First = first
			steps = flat(steps, branch, t.Next)
		}
	}
	return steps
}

// passed is a step on the way to another one, and its branch there; -1: none.
type passed struct{ step, branch int }

// way lists the steps that an enrolment takes at least before a step.
func (c *Campaign) way(to int) (list []passed) {
	for at := 0; at != to; {
		s := c.Steps[at]
		p := passed{at, -1}
		next := s.Next
		if to < at+s.size {
			for i, b := range s.Branches {
				if b.First <= to {
					p.branch, next = i, b.First
				}
			}
		}
		list, at = append(list, p), next
	}
	return list
}

// sends are the steps that send.
func (c *Campaign) sends() (list []Step) {
	for _, s := range c.Steps {
		if s.Do == DoSend {
			list = append(list, s)
		}
	}
	return list
}

// FirstSend is the first step that sends, in the order of the file.
func (c *Campaign) FirstSend() (s Step, ok bool) {
	if list := c.sends(); len(list) > 0 {
		return list[0], true
	}
	return Step{}, false
}
