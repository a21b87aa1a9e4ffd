package jobs

import (
	"bufio"
	"errors"
	"io"
	"os"

	"comeback/commerce"
	"comeback/connectors/history"
)

// openHistory opens a file of history, which may be gzipped, as UTF-8. A
// workbook is stored in a temporary file meanwhile, because its end names its
// parts; other files are read as they come. done removes the temporary file.
func openHistory(file io.Reader, q ImportRequest, market commerce.Market) (text *history.Text, done func(), err error) {
	r, err := history.Open(file)
	if err != nil {
		return nil, nil, err
	}
	head, err := r.Peek(512)
	if err != nil && len(head) == 0 && !errors.Is(err, io.EOF) { // a short file that breaks off is read as far as it came
		return nil, nil, commerce.Errorf(commerce.Invalid, "file: %w", err)
	}
	workbook, err := history.IsWorkbook(head)
	if err != nil {
		return nil, nil, err
	}
	if !workbook {
		if q.Sheet != "" {
			return nil, nil, commerce.Errorf(commerce.Invalid, "sheet: leave it out, the file is not an xlsx workbook")
		}
		text, err = history.Decode(r, q.Encoding, market)
		return text, func() {}, err
	}
	spool, size, err := spooled(r)
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = spool.Close() }
	lines, err := history.OpenSheet(spool, size, q.Sheet)
	if err != nil {
		done()
		return nil, nil, err
	}
	return &history.Text{Reader: bufio.NewReaderSize(lines, history.PeekBytes)}, done, nil
}

// spooled copies a file to a temporary file.
func spooled(r io.Reader) (*os.File, int64, error) {
	spool, err := temporary()
	if err != nil {
		return nil, 0, err
	}
	size, err := io.Copy(spool, io.LimitReader(r, history.MaxSheetBytes+1))
	if err == nil && size > history.MaxSheetBytes {
		err = commerce.Errorf(commerce.TooLarge, "file: a workbook has at most %d MB; save the sheet as CSV", history.MaxSheetBytes>>20)
	}
	if err != nil {
		return nil, 0, errors.Join(err, spool.Close())
	}
	return spool, size, nil
}
