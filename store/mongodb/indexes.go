package mongodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// buildTimeout is the longest time for the indexes of one collection: a large one
// takes minutes.
const buildTimeout = 24 * time.Hour

// indexNotFound is the server's code of an index that is dropped already.
const indexNotFound = 27

// spec is an index as the server has it.
type spec struct {
	Name    string   `bson:"name"`
	Keys    bson.Raw `bson:"key"`
	Partial bson.Raw `bson:"partialFilterExpression,omitempty"`
	Unique  bool     `bson:"unique,omitempty"`
	Sparse  bool     `bson:"sparse,omitempty"`
	Expires *int32   `bson:"expireAfterSeconds,omitempty"`
}

// finds reports whether two indexes find the same documents in the same order.
func (s spec) finds(other spec) bool {
	return bytes.Equal(plain(s.Keys), plain(other.Keys)) && bytes.Equal(s.Partial, other.Partial) &&
		s.Unique == other.Unique && s.Sparse == other.Sparse && (s.Expires == nil) == (other.Expires == nil)
}

// plain are keys in one form: a server may show directions as another type of number.
func plain(keys bson.Raw) []byte {
	elements, err := keys.Elements()
	if err != nil {
		return keys
	}
	var text strings.Builder
	for _, e := range elements {
		n, ok := e.Value().AsInt64OK()
		fmt.Fprintf(&text, "%q:%d,%t ", e.Key(), n, ok)
	}
	return []byte(text.String())
}

// specOf is a declared index. It has _id at its end, so that the order of every
// search comes from an index.
func specOf(x documents.Index) (spec, error) {
	keys := bson.D{}
	if !x.Global {
		keys = append(keys, bson.E{Key: "shop", Value: int32(1)})
	}
	for _, f := range x.Fields {
		keys = append(keys, bson.E{Key: f, Value: int32(1)})
	}
	raw, err := bson.Marshal(append(keys, bson.E{Key: "_id", Value: int32(1)}))
	if err != nil || x.Only.IsZero() {
		return spec{Name: "by_" + x.Name, Keys: raw}, err
	}
	only, err := bson.Marshal(x.Only.Filter())
	return spec{Name: "by_" + x.Name, Keys: raw, Partial: only}, err
}

// shardKey is the index of {shop, _id}, which every collection has.
func shardKey() (spec, error) {
	s, err := specOf(documents.Index{})
	s.Name = "shop"
	return s, err
}

func specsOf(list []documents.Index) ([]spec, error) {
	specs := make([]spec, len(list))
	for i, x := range list {
		s, err := specOf(x)
		if err != nil {
			return nil, err
		}
		specs[i] = s
	}
	return specs, nil
}

// BuildIndexes builds the missing indexes, one collection after the other, and waits
// for those that the server is building already. Then it drops the indexes of older
// versions. It drops no others. It calls begun with the names before each build. An
// index of a declared name with other fields is a Conflict: an operator has to drop
// it. A collection that fails leaves the others unaffected, unless the database is away.
// built and dropped are such as "messages.by_due".
func (db *DB) BuildIndexes(ctx context.Context, begun func(what string)) (built, dropped []string, err error) {
	for _, name := range db.schema.Names() {
		made, gone, failed := db.buildIndexes(ctx, name, begun)
		built, dropped = append(built, made...), append(dropped, gone...)
		if failed = named(name, failed); commerce.CodeOf(failed) == commerce.Unavailable {
			return built, dropped, failed
		}
		err = errors.Join(err, failed)
	}
	return built, dropped, err
}

func named(coll string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("indexes of %s: %w", coll, err)
}

func (db *DB) buildIndexes(ctx context.Context, name string, begun func(string)) (built, dropped []string, err error) {
	p, err := db.planIndexes(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	if dropped, err = db.dropIndexes(ctx, name, p.inTheWay); err != nil { // their names are needed
		return nil, dropped, err
	}
	if len(p.missing) > 0 {
		begun(name + ": " + strings.Join(p.missing, ", "))
	}
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	if len(p.models) > 0 {
		if _, err := db.colls[name].Indexes().CreateMany(ctx, p.models); err != nil {
			return nil, dropped, errors.Join(p.conflict, translate(err))
		}
	}
	for _, index := range p.missing {
		built = append(built, name+"."+index)
	}
	gone, err := db.dropIndexes(ctx, name, p.retired)
	return built, append(dropped, gone...), errors.Join(p.conflict, err)
}

// dropIndexes drops indexes; one that is not there is dropped.
func (db *DB) dropIndexes(ctx context.Context, coll string, list []string) (dropped []string, err error) {
	for _, index := range list {
		err := db.colls[coll].Indexes().DropOne(ctx, index)
		var server mongo.ServerError
		if err != nil && !(errors.As(err, &server) && server.HasErrorCode(indexNotFound)) {
			return dropped, translate(err)
		}
		dropped = append(dropped, coll+"."+index)
	}
	return dropped, nil
}

// indexPlan is what is to be done for the indexes of one collection.
type indexPlan struct {
	models   []mongo.IndexModel // all declared ones that another index does not replace
	missing  []string           // names of those that the server does not have
	inTheWay []string           // indexes of older versions that have the name of a new one
	retired  []string           // other indexes of older versions
	conflict error              // indexes of somebody else that have the name of a declared one
}

func (db *DB) planIndexes(ctx context.Context, name string) (p indexPlan, err error) {
	coll, err := db.schema.Collection(name)
	if err != nil {
		return p, err
	}
	present, err := db.indexes(ctx, name)
	if err != nil {
		return p, err
	}
	retired, err := specsOf(coll.Retired)
	if err != nil {
		return p, err
	}
	wanted, err := specsOf(coll.Indexes)
	if err != nil {
		return p, err
	}
	shop, err := shardKey()
	if err != nil {
		return p, err
	}
	for _, x := range append([]spec{shop}, wanted...) {
		p.add(name, x, present, retired)
	}
	for _, old := range retired {
		if has(present, old) && !slices.Contains(p.inTheWay, old.Name) {
			p.retired = append(p.retired, old.Name)
		}
	}
	return p, nil
}

// add plans one declared index.
func (p *indexPlan) add(coll string, x spec, present, retired []spec) {
	named := slices.IndexFunc(present, func(s spec) bool { return s.Name == x.Name })
	switch {
	case named < 0 && slices.ContainsFunc(present, x.finds): // under another name
		return
	case named < 0:
		p.missing = append(p.missing, x.Name)
	case present[named].finds(x):
	case has(retired, present[named]):
		p.inTheWay, p.missing = append(p.inTheWay, x.Name), append(p.missing, x.Name)
	default:
		p.conflict = errors.Join(p.conflict, commerce.Errorf(commerce.Conflict,
			"index %s has other fields than Comeback needs; drop it with db.%s.dropIndex(%q)", x.Name, coll, x.Name))
		return
	}
	opts := options.Index().SetName(x.Name)
	if x.Partial != nil {
		opts.SetPartialFilterExpression(x.Partial)
	}
	p.models = append(p.models, mongo.IndexModel{Keys: x.Keys, Options: opts})
}

// has reports whether list has the index under its name.
func has(list []spec, x spec) bool {
	return slices.ContainsFunc(list, func(s spec) bool { return s.Name == x.Name && s.finds(x) })
}

// indexes lists the indexes that a collection has; none if it does not exist. A
// server also lists those that it is still building.
func (db *DB) indexes(ctx context.Context, coll string) (list []spec, err error) {
	rows, err := db.colls[coll].Indexes().List(ctx)
	if err == nil {
		err = rows.All(ctx, &list)
	}
	return list, translate(err)
}

// IndexProgress reports how far the server is with the indexes of this database, such
// as "messages 41 %". It is empty where the server builds none, or does not show it
// to this user.
func (db *DB) IndexProgress(ctx context.Context) string {
	var ops struct {
		Running []struct {
			NS       string `bson:"ns"`
			Progress struct {
				Done  float64 `bson:"done"`
				Total float64 `bson:"total"`
			} `bson:"progress"`
		} `bson:"inprog"`
	}
	query := bson.D{{Key: "currentOp", Value: 1}, {Key: "msg", Value: bson.Regex{Pattern: "^Index Build"}}}
	if err := db.client.Database("admin").RunCommand(ctx, query).Decode(&ops); err != nil {
		return "" // the user may not ask, or the server is too busy; the build goes on
	}
	var shown []string
	for _, op := range ops.Running {
		coll, ours := strings.CutPrefix(op.NS, db.name+".")
		if ours && op.Progress.Total > 0 {
			shown = append(shown, fmt.Sprintf("%s %.0f %%", coll, 100*op.Progress.Done/op.Progress.Total))
		}
	}
	slices.Sort(shown)
	return strings.Join(slices.Compact(shown), ", ")
}
