package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// workbook is an xlsx file of order lines below a merged title, on the second
// sheet. Its dates and its phone are numbers, as Excel stores them.
func workbook(t *testing.T, at time.Time) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	_, err := f.NewSheet("订单")
	date, err2 := f.NewStyle(&excelize.Style{NumFmt: 22})
	var file bytes.Buffer
	err = errors.Join(
		err, err2, f.MergeCell("订单", "A1", "F1"), f.SetCellValue("订单", "A1", "店铺订单"),
		f.SetSheetRow("订单", "A2", &[]any{"订单编号", "下单时间", "商品", "数量", "单价", "手机"}),
		f.SetSheetRow("订单", "A3", &[]any{"1234567890123456789", at, "茶", 2, 19.989999999999998, 13800138000}),
		f.SetSheetRow("订单", "A4", &[]any{"1234567890123456789", at, "壶", 1, 100, 13800138000}),
		f.SetSheetRow("订单", "A6", &[]any{"00012", at, "茶", "many", 1, 13900139000}),
		f.SetCellStyle("订单", "B3", "B6", date), f.Write(&file),
	)
	if err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// A workbook is imported as CSV is, over HTTP.
func TestWorkbookIsImportedAsCSVIs(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		at := h.at().AddDate(-1, 0, 0).UTC().Truncate(time.Second)
		file := workbook(t, at)
		columns := url.QueryEscape("order=订单编号,at=下单时间,product=商品,quantity=数量,price=单价,phone=手机")
		call := "POST /v1/shops/s/imports?connection=past&format=xlsx&name=a.xlsx&map=" + columns
		l.asks(t, adminToken, 200, call, file, `"orders":1`, `"line":6`, `"refused_lines":1`)
		l.asks(t, l.key, 200, "GET /v1/orders", "", "1234567890123456789", "139.98", at.Format(time.RFC3339))
		l.asks(t, adminToken, 200, call+"&sheet="+url.QueryEscape("订单"), file, `"orders":1`)
		l.asks(t, adminToken, 400, call+"&sheet=Orders", file, "Sheet1, 订单")
		l.asks(t, adminToken, 400, call, file[:len(file)/2], "not a valid zip")
		l.asks(t, adminToken, 400, call, "\xd0\xcf\x11\xe0"+strings.Repeat("x", 1000), "save it as .xlsx")
		l.asks(t, adminToken, 400, call, "<html><table>", "a web page")
	})
}

// A list of people in a workbook fills a segment, as a list in CSV does.
func TestWorkbookOfPeopleFillsASegmentAsCSVDoes(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.subscriber(t, "ann", "ann@example.com")
		l.asks(t, l.key, 201, "POST /v1/segments", `{"schema": 1, "id": "vip", "name": "VIP", "static": true}`)
		f := excelize.NewFile()
		defer f.Close()
		var file bytes.Buffer
		err := errors.Join(
			f.SetCellValue("Sheet1", "A1", "Guests of the fair"), f.SetSheetRow("Sheet1", "A3", &[]any{"Name", "Email"}),
			f.SetSheetRow("Sheet1", "A4", &[]any{"Ann", "Ann@Example.com"}), f.SetSheetRow("Sheet1", "A5", &[]any{"Bo", "bo@example.com"}),
			f.Write(&file),
		)
		if err != nil {
			t.Fatal(err)
		}
		kind := "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		response, answer := h.calls(t, l.key, "POST", "/v1/segments/vip/import", file.Bytes(), kind)
		var report struct{ Lines, Found, Unknown int }
		if err := json.Unmarshal(answer, &report); err != nil || response.StatusCode != 200 || report.Found != 1 || report.Unknown != 1 {
			t.Errorf("%d %s (%v), want one found and one unknown", response.StatusCode, answer, err)
		}
	})
}
