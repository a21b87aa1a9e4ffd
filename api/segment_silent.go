package api

import (
	"context"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// tallied counts conditions, given as JSON, in one state of the shop's index.
// ok is false for a shop without an index or without customers: then there are
// no notes.
func (j *judge) tallied(ctx context.Context, shop string, conditions []string) (sizes []int, base int, ok bool, err error) {
	held, err := j.open(ctx, shop)
	if code := commerce.CodeOf(err); code == commerce.TooLarge || code == commerce.Unsupported {
		return nil, 0, false, nil
	}
	if err != nil {
		return nil, 0, false, err
	}
	defer held.Close()
	known, err := surroundingsOf(ctx, j.store, shop, j.now())
	if err != nil {
		return nil, 0, false, err
	}
	at, base := j.now(), held.Index.Len()
	scope := known.scope(segments.NewSet(filesOf(known.definitions)))
	for _, text := range conditions {
		size := base
		if text != "" {
			root, _ := strictjson.Read([]byte(text))
			c, problems := segments.Parse(root, scope)
			if size = -1; !strictjson.Refused(problems) { // an invalid condition is not counted
				found := &segments.Bitmap{}
				held.Index.Members(c, at, found)
				size = found.Count()
			}
		}
		sizes = append(sizes, size)
	}
	return sizes, base, base > 0, nil
}

// silent are the notes of conditions that match no customer.
func (j *judge) silent(ctx context.Context, shop string, probes []segments.Probe) (notes []strictjson.Problem, err error) {
	if len(probes) == 0 {
		return nil, nil
	}
	var conditions []string
	for _, p := range probes {
		conditions = append(conditions, p.Condition)
	}
	sizes, _, ok, err := j.tallied(ctx, shop, conditions)
	if err != nil || !ok {
		return nil, err
	}
	for i, size := range sizes {
		if size == 0 {
			notes = append(notes, probes[i].Note)
		}
	}
	return notes, nil
}

// silentIn are those of a condition or a segment file.
func (j *judge) silentIn(ctx context.Context, shop string, data []byte) ([]strictjson.Problem, error) {
	root, _ := strictjson.Read(data)
	return j.silent(ctx, shop, segments.Probes(root))
}
