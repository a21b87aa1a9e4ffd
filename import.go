package main

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"comeback/commerce"
	"comeback/connectors/history"
	"comeback/jobs"
	"comeback/service"
)

// importOptions are the flags of import.
type importOptions struct {
	jobs.ImportRequest
	currency, zone, market string // of a new shop
}

func (p *program) importCommand() *cobra.Command {
	cmd := p.importOf(commerce.ImportOrders, "import --shop SHOP FILE",
		"Import a shop's history: order lines as CSV or xlsx, or the generic schema as NDJSON",
		`Reads order lines as CSV or xlsx (usual names of columns are recognised, others see --map) or records of the generic schema,
one a line, as NDJSON (comeback schema generic). FILE may be gzipped; - is standard input. A repeated import changes nothing;
repeat an interrupted one to complete it. Of two imports the later one counts; what the shop reports by webhook is never
overwritten. No campaign starts unless --live is given. Messages name settings as the API does: dates=dmy is --dates=dmy here.
Exit code 1: lines were refused, see the list.

  comeback import --shop acme --currency GBP --zone Europe/London online_retail.csv
  comeback import --shop acme --map order=Name,at=Created,product=SKU,quantity=Qty,price=Price,email=Email orders.csv`)
	cmd.AddCommand(
		p.importOf(commerce.ImportCustomers, "customers --shop SHOP FILE",
			"Import customers: attributes, tags, consents with their times, suppressions",
			`Reads one customer a row as CSV or xlsx: exports of Shopify, WooCommerce, Klaviyo, Mailchimp, Omnisend, or a member table with
usual names of columns. Nobody gets a mail because of it: it makes no event. An older consent in the file lifts no later
unsubscription, and somebody who unsubscribed in the file gets no marketing.

  comeback import customers --shop acme --connection main klaviyo.csv`),
		p.importOf(commerce.ImportProducts, "products --shop SHOP FILE",
			"Import products: SKU, category, brand, attributes, unit cost",
			`Reads one product or variant a row as CSV or xlsx. What the platform reports of a product goes before the file; the file adds
what the platform does not report, such as the unit cost.

  comeback import products --shop acme --connection main costs.csv`),
	)
	return cmd
}

// importOf is the command that imports one kind of file.
func (p *program) importOf(kind commerce.ImportKind, use, short, long string) *cobra.Command {
	var o importOptions
	o.Kind = kind
	cmd := &cobra.Command{
		Use: use, Short: short, Args: wanting(cobra.ExactArgs(1)), Long: long,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			return p.importFile(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Shop, "shop", "", "the shop's id (required)")
	f.StringVar(&o.Connection, "connection", "history",
		"connection the records belong to; name the store's own, so that its webhooks find them")
	f.StringVar(&o.Dates, "dates", "", "dmy, mdy or ymd: order of day, month and year; default: by the dates of the file")
	f.StringVar(&o.Decimal, "decimal", "", "comma or point: sign before the fraction of numbers; default: by the numbers of the file")
	f.StringVar(&o.Sheet, "sheet", "", "name of the sheet of an xlsx workbook; default: the first with rows")
	f.StringVar(&o.Encoding, "encoding", "", "encoding of the file; default: by its bytes; one of "+strings.Join(history.Encodings(), ", "))
	f.BoolVar(&o.Check, "check", false, "read the whole file, store nothing; shows how the file is read, and its first orders")
	f.BoolVar(&o.Check, "dry-run", false, "the same as --check")
	f.StringVar(&o.currency, "currency", "", "make the shop, with this currency, if there is none")
	f.StringVar(&o.zone, "zone", "UTC", "time zone of the shop that is made")
	f.StringVar(&o.market, "market", string(commerce.West), "market of the shop that is made: cn or west")
	o.kindFlags(cmd)
	return cmd
}

// kindFlags are the flags that differ between kinds of files.
func (o *importOptions) kindFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	fields, profiles := history.Fields(), history.Profiles()
	switch o.Kind {
	case commerce.ImportCustomers:
		fields, profiles = history.CustomerFields(), history.CustomerExports()
	case commerce.ImportProducts:
		fields, profiles = history.ProductFields(), history.ProductExports()
	}
	f.StringVar(&o.Columns, "map", "", "field=Column,... for columns of CSV that are not recognised; field= leaves one out; fields: "+
		strings.Join(fields, ", "))
	f.StringVar(&o.Profile, "profile", "", "export that made the CSV; default: by its header; one of "+strings.Join(profiles, ", "))
	if o.Kind != commerce.ImportOrders {
		f.StringVar(&o.Format, "format", "", "csv or xlsx; default: by the file's name")
		f.BoolVar(&o.Custom, "custom", false, "columns without a field become custom fields")
		return
	}
	f.StringVar(&o.Format, "format", "", "csv, xlsx or ndjson; default: by the file's name")
	f.StringVar(&o.Statuses, "status", "", "word=meaning,... for states of orders; meanings: "+strings.Join(history.Meanings(), ", "))
	f.BoolVar(&o.Live, "live", false, "start campaigns, as if the shop had sent every record now")
}

func (p *program) importFile(ctx context.Context, o importOptions) error {
	config, err := service.LoadConfig(p.env)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	file, size, err := p.open(o.File)
	if err != nil {
		return err
	}
	defer file.Close()
	o.Size = size
	db, running, err := p.reach(ctx, config)
	if err != nil {
		return err
	}
	if running != nil {
		return p.report(p.importThrough(ctx, running, o, p.metered(file, size)))
	}
	frugal(db, o)
	report, err := p.importInto(ctx, db, o, file)
	return errors.Join(p.report(report, err), db.Close())
}

// frugal makes an import need little memory. It collects the garbage early, because it
// comes in large batches. The texts of a workbook are in memory, so it has no limit. The
// limit is a soft one.
func frugal(db *service.Database, o importOptions) {
	db.SpareMemory()
	debug.SetGCPercent(50)
	if o.Format != "xlsx" {
		debug.SetMemoryLimit(52 << 20)
	}
}

func (p *program) importInto(ctx context.Context, db *service.Database, o importOptions, file io.Reader) (jobs.ImportReport, error) {
	shop, err := p.shopOf(ctx, db, o)
	if err != nil {
		return jobs.ImportReport{}, err
	}
	m := jobs.NewImporter(db, p.wall)
	if o.Check {
		m = jobs.NewChecker(shop, p.wall)
	}
	meter := p.metered(file, o.Size)
	return m.Run(ctx, o.ImportRequest, meter, meter.counts)
}

// report prints the report; refused lines fail the command.
func (p *program) report(report jobs.ImportReport, err error) error {
	if err != nil {
		return err
	}
	printImport(p.stdout, report)
	if report.Refused > 0 {
		return errReported
	}
	return nil
}

// check checks the flags, and sets the format by the file's name where none is given.
func (o *importOptions) check() error {
	if o.Shop == "" {
		return commerce.Errorf(commerce.Invalid, "--shop: is required, it names the shop of the history")
	}
	name := strings.TrimSuffix(strings.ToLower(o.File), ".gz")
	switch {
	case o.Format != "":
	case strings.HasSuffix(name, ".csv"), strings.HasSuffix(name, ".tsv"):
		o.Format = "csv"
	case strings.HasSuffix(name, ".xlsx"), strings.HasSuffix(name, ".xls"):
		o.Format = "xlsx"
	case strings.HasSuffix(name, ".ndjson"), strings.HasSuffix(name, ".jsonl"):
		o.Format = "ndjson"
	default:
		return commerce.Errorf(commerce.Invalid, "%s: name the format with --format csv, xlsx or ndjson", o.File)
	}
	return o.ImportRequest.Validate()
}

// open opens a file. size is 0 if it is not known.
func (p *program) open(name string) (file io.ReadCloser, size int64, err error) {
	if name == "-" {
		return io.NopCloser(p.stdin), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, commerce.Errorf(commerce.Invalid, "%w", err)
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	return f, size, nil
}

// shopMaker reads and makes shops, in the database or by the running service.
type shopMaker interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	AddShop(ctx context.Context, shop commerce.Shop) error
}

// shopOf returns the shop. With --currency it makes a shop that does not exist, unless
// this is a check.
func (p *program) shopOf(ctx context.Context, shops shopMaker, o importOptions) (commerce.Shop, error) {
	shop, err := shops.Shop(ctx, o.Shop)
	switch {
	case err == nil && o.currency != "" && o.currency != shop.Currency:
		return shop, commerce.Errorf(commerce.Conflict, "shop %q has the currency %s, not %s", o.Shop, shop.Currency, o.currency)
	case err == nil || commerce.CodeOf(err) != commerce.NotFound:
		return shop, err
	case o.currency == "":
		return shop, commerce.Errorf(commerce.NotFound, "shop %q: not found; --currency (and --zone, --market) makes it", o.Shop)
	}
	shop = commerce.Shop{
		ID: o.Shop, Name: o.Shop, Market: commerce.Market(o.market), Zone: o.zone, Currency: o.currency, Language: "en",
		CreatedAt: p.wall(),
	}
	if !commerce.Slug(shop.ID) {
		return shop, commerce.Errorf(commerce.Invalid, "shop %q: write %s", shop.ID, commerce.SlugRule)
	}
	if err := shop.Check(); err != nil || o.Check {
		return shop, err
	}
	return shop, shops.AddShop(ctx, shop)
}
