package api

import (
	"bufio"
	"bytes"
	"io"

	"comeback/connectors/history"
)

// workbookType is the Content-Type of an xlsx workbook.
const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// asText is a table as UTF-8. A workbook becomes the lines of its first sheet with
// rows; it is small enough to be held in memory.
func asText(body *bufio.Reader, list listFile) (*bufio.Reader, error) {
	head, _ := body.Peek(512) // an error comes again when the body is read
	workbook, err := history.IsWorkbook(head)
	if err != nil {
		return nil, err
	}
	if !workbook {
		text, err := history.Decode(body, list.encoding, list.shop.Market)
		if err != nil {
			return nil, err
		}
		return text.Reader, nil
	}
	file, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	lines, err := history.OpenSheet(bytes.NewReader(file), int64(len(file)), "")
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(lines, history.PeekBytes), nil
}
