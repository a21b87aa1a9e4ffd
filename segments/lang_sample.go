package segments

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"comeback/commerce"
	"comeback/strictjson"
)

// sample is {"sample": {"percent": 10, "seed": "2026-q4"}}: the same customers at
// every evaluation, other customers with another seed.
type sample struct {
	pointer string
	percent commerce.Decimal
	seed    string
}

// match draws by a hash of seed and customer. A customer without an id is never
// drawn.
func (c sample) match(v *evaluation) bool {
	if v.params.Customer == "" {
		return false
	}
	return c.draws([]byte(c.seed + "\x00" + v.params.Customer))
}

// draws reports whether a customer is drawn. key is the seed, a zero byte and the
// id.
func (c sample) draws(key []byte) bool {
	return fraction{drawnAt(key), 10_000}.cmp(c.percent) < 0
}

// drawnAt is the position of a key in the order of a sample, in 1/10,000 percent.
func drawnAt(key []byte) int64 {
	hash := sha256.Sum256(key)
	return int64(binary.BigEndian.Uint64(hash[:8]) % 1_000_000)
}

func (c sample) explain(v *evaluation) Verdict {
	verdict := Verdict{Pointer: c.pointer, Test: fmt.Sprintf("in a sample of %s %% by %s", c.percent, c.seed), Match: c.match(v),
		Seen: "unset"}
	if v.params.Customer != "" {
		verdict.Seen = "at " + commerce.Decimal{Units: drawnAt([]byte(c.seed + "\x00" + v.params.Customer)), Scale: 4}.String() + " %"
	}
	return verdict
}

func parseSample(p *parser, n *strictjson.Node, _ int) Condition {
	at := n.Member("sample")
	if !p.keys(n, "sample") {
		return nil
	}
	percent, seed := at.Member("percent"), at.Member("seed")
	if percent == nil || seed == nil || percent.Kind != strictjson.Number || seed.Kind != strictjson.String || seed.Text == "" {
		p.problem(at, `write {"percent": 10, "seed": "2026-q4"}; another seed draws other customers`)
		return nil
	}
	if !p.keys(at, "percent", "seed") {
		return nil
	}
	d, ok := p.plain(percent)
	if !ok {
		return nil
	}
	if d.Units <= 0 || d.Cmp(commerce.Decimal{Units: 100}) > 0 {
		p.problem(percent, "percent is above 0 and at most 100")
		return nil
	}
	return sample{n.Pointer(), d, seed.Text}
}
