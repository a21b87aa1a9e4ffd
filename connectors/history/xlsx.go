package history

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"comeback/commerce"
)

// MaxSheetBytes is the largest size of an xlsx file's parts together, unpacked.
const MaxSheetBytes = 200 << 20

// workbook is an xlsx file: a zip of XML parts.
type workbook struct {
	parts   map[string]*zip.File
	left    *int64 // bytes that may still be unpacked
	sheets  []worksheet
	related []relation // of the workbook's main part
	since   dateSystem
}

// worksheet is a sheet of a workbook in the order of its tabs.
type worksheet struct {
	name, id, part string
	hidden         bool
}

// IsWorkbook reports whether a file that begins with head must be read by
// OpenSheet. It is an error for files that programs name .xls but nobody can
// read as a table: old workbooks, workbooks with a password, web pages.
func IsWorkbook(head []byte) (yes bool, err error) {
	start := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff"))))
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return true, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return false, commerce.Errorf(
			commerce.Invalid, "file: an old .xls workbook, or a workbook with a password: save it as .xlsx without a password, or as CSV",
		)
	case slices.ContainsFunc([]string{"<html", "<!doctype html", "<table", "<?xml"}, func(tag string) bool {
		return bytes.HasPrefix(start, []byte(tag))
	}):
		return false, commerce.Errorf(commerce.Invalid, "file: a web page, not a table: open it in Excel or WPS, and save it as .xlsx or CSV")
	case slices.ContainsFunc([]string{"%pdf-", "rar!", "7z\xbc\xaf", "\x1f\x9d", "\x89PNG", "\xff\xd8\xff"}, func(mark string) bool {
		return bytes.HasPrefix(head, []byte(mark)) || bytes.HasPrefix(start, []byte(mark))
	}):
		return false, commerce.Errorf(commerce.Invalid, "file: a PDF, an archive or a picture, not a table: send CSV or .xlsx")
	}
	return false, nil
}

func openWorkbook(file io.ReaderAt, size int64) (*workbook, error) {
	packed, err := zip.NewReader(file, size)
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "file: begins like xlsx, but is not a valid zip: %w", err)
	}
	left := int64(MaxSheetBytes)
	w := &workbook{parts: map[string]*zip.File{}, left: &left}
	var names []string
	for _, part := range packed.File {
		name := strings.TrimPrefix(strings.ReplaceAll(part.Name, `\`, "/"), "/")
		w.parts[strings.ToLower(name)] = part
		names = append(names, name)
	}
	whole, err := w.relations("")
	if err != nil {
		return nil, err
	}
	main := related(whole, "officeDocument")
	if main == "" || strings.HasSuffix(main, ".bin") || w.parts[main] == nil {
		return nil, commerce.Errorf(
			commerce.Invalid, "file: a zip with %s, not an xlsx workbook: unpack it, or save it as .xlsx or CSV",
			commerce.Clip(strings.Join(names[:min(len(names), 5)], ", "), 200),
		)
	}
	return w, w.readSheets(main)
}

// readSheets reads the names of the sheets and the date system.
func (w *workbook) readSheets(main string) error {
	err := w.each(main, func(e xml.StartElement) {
		switch e.Name.Local {
		case "workbookPr":
			if on := attribute(e, "date1904"); on == "1" || on == "true" {
				w.since = since1904
			}
		case "sheet":
			state := attribute(e, "state")
			w.sheets = append(w.sheets, worksheet{
				name: attribute(e, "name"), id: attribute(e, "id"), hidden: state == "hidden" || state == "veryHidden",
			})
		}
	})
	if err != nil {
		return err
	}
	if w.related, err = w.relations(main); err != nil {
		return err
	}
	for i, s := range w.sheets {
		if at := slices.IndexFunc(w.related, func(r relation) bool { return r.id == s.id && r.kind == "worksheet" }); at >= 0 {
			w.sheets[i].part = w.related[at].part
		}
	}
	w.sheets = slices.DeleteFunc(w.sheets, func(s worksheet) bool { return w.parts[s.part] == nil }) // charts have no rows
	if len(w.sheets) == 0 {
		return commerce.Errorf(commerce.Invalid, "file: the workbook has no worksheet")
	}
	return nil
}

// relation is a part that another part names.
type relation struct{ id, kind, part string }

// relations are the parts that a part names, in order.
func (w *workbook) relations(of string) ([]relation, error) {
	folder, name := path.Split(of)
	list := path.Join(folder, "_rels", name+".rels")
	var found []relation
	err := w.each(list, func(e xml.StartElement) {
		part := strings.ReplaceAll(attribute(e, "Target"), `\`, "/")
		if e.Name.Local != "Relationship" {
			return
		}
		if !strings.HasPrefix(part, "/") {
			part = path.Join(folder, part)
		}
		part = strings.ToLower(strings.TrimPrefix(path.Clean(part), "/"))
		found = append(found, relation{attribute(e, "Id"), path.Base(attribute(e, "Type")), part})
	})
	return found, err
}

// related is the part of a kind, "" if there is none.
func related(list []relation, kind string) string {
	for _, r := range list {
		if r.kind == kind {
			return r.part
		}
	}
	return ""
}

// each calls do for every element of a part. A part that is not there has none.
func (w *workbook) each(part string, do func(xml.StartElement)) error {
	if w.parts[strings.ToLower(part)] == nil {
		return nil
	}
	r, err := w.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	for tokens := xml.NewDecoder(r); ; {
		token, err := tokens.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadablePart(part, err)
		}
		if e, ok := token.(xml.StartElement); ok {
			do(e)
		}
	}
}

// open opens a part. All parts together are limited, whatever sizes the zip
// states.
func (w *workbook) open(part string) (io.ReadCloser, error) {
	file := w.parts[strings.ToLower(part)]
	if file.UncompressedSize64 > uint64(*w.left) {
		return nil, tooLargeSheet()
	}
	r, err := file.Open()
	if err != nil {
		return nil, unreadablePart(part, err)
	}
	return &limitedPart{ReadCloser: r, left: w.left}, nil
}

// limitedPart is a part of a workbook that counts what it unpacks. The XML
// decoder holds a text or a tag as a whole, so these are limited too.
type limitedPart struct {
	io.ReadCloser
	left *int64
	text int // bytes since the last <
}

// longestText is the largest text or tag of a part, in bytes. Excel's cells have
// at most 32,767 characters.
const longestText = 1 << 20

// Read reads the part until the workbook's limit.
func (p *limitedPart) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if *p.left -= int64(n); *p.left < 0 {
		return 0, tooLargeSheet()
	}
	if first := bytes.IndexByte(b[:n], '<'); first >= 0 {
		p.text += first
		if p.text <= longestText {
			p.text = n - bytes.LastIndexByte(b[:n], '<')
		}
	} else {
		p.text += n
	}
	if p.text > longestText {
		return 0, commerce.Errorf(commerce.Invalid, "file: a cell of the workbook has more than %d bytes", longestText)
	}
	return n, err
}

func tooLargeSheet() error {
	return commerce.Errorf(
		commerce.TooLarge, "file: the workbook unpacks to more than %d MB; save the sheet as CSV, or split it", MaxSheetBytes>>20,
	)
}

func unreadablePart(part string, err error) error {
	var own *commerce.Error
	if errors.As(err, &own) {
		return err
	}
	return commerce.Errorf(commerce.Invalid, "file: its part %s cannot be read: %w; open it in Excel or WPS and save it again", part, err)
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
