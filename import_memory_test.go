package main

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An import needs little memory beside that of an import of one order, however long the
// file is. With COMEBACK_TEST_LINES it imports so many lines of text, and with
// COMEBACK_TEST_ROWS a workbook of so many rows, for the figures.
func TestImportOfAnyLengthNeedsLittleMemory(t *testing.T) {
	t.Parallel()
	if besideRaces {
		t.Skip("runs the built program, which is without the race detector")
	}
	if _, err := peakOf(os.Getpid()); err != nil {
		t.Skipf("this system does not show the memory of a process: %v", err)
	}
	binary := buildProgram(t)
	idle := importMemory(t, binary, "one.csv", orderLines(2, 2))
	lines := many("COMEBACK_TEST_LINES", 100_000)
	if over := importMemory(t, binary, "many.csv", orderLines(lines, 10)) - idle; over > 100<<10 {
		t.Errorf("%d lines: %d KiB over %d, want 100 MiB at most", lines, over, idle)
	}
	rows := many("COMEBACK_TEST_ROWS", 0)
	if rows == 0 {
		return
	}
	if over := importMemory(t, binary, "many.xlsx", orderSheet(rows)) - idle; over > 300<<10 {
		t.Errorf("%d rows: %d KiB over %d, want 300 MiB at most", rows, over, idle)
	}
}

// buildProgram builds the program. COMEBACK_TEST_BINARY names one that is built.
func buildProgram(t *testing.T) (binary string) {
	t.Helper()
	if built := os.Getenv("COMEBACK_TEST_BINARY"); built != "" {
		return built
	}
	binary = filepath.Join(t.TempDir(), "comeback")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func many(setting string, n int) int {
	_, _ = fmt.Sscan(os.Getenv(setting), &n) // not set: n
	return n
}

// importMemory imports a file by the built program, and returns its peak memory in KiB.
func importMemory(t *testing.T, binary, name string, content func(io.Writer)) (kib int) {
	t.Helper()
	file, data := filepath.Join(t.TempDir(), name), t.TempDir()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	content(w)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	command := exec.CommandContext(t.Context(), binary, "import", "--shop", "s", "--currency", "EUR", file)
	command.Env = []string{"COMEBACK_DATA=" + data, "HOME=" + data, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + data}
	var out strings.Builder
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, out.String())
			}
			t.Logf("%s: at most %d KiB, %v", name, kib, time.Since(began))
			return kib
		case <-look.C:
			if now, err := peakOf(command.Process.Pid); err == nil {
				kib = now
			}
		}
	}
}

// peakOf is the most memory that a process had so far, in KiB.
func peakOf(process int) (kib int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		return 0, err
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	_, err = fmt.Sscan(peak, &kib)
	return kib, err
}

// orderLines are lines of text, so many of each order.
func orderLines(lines, ofOrder int) func(io.Writer) {
	return func(w io.Writer) {
		fmt.Fprint(w, "order,at,sku,quantity,price,email\n")
		for i := range lines {
			n := i / ofOrder
			fmt.Fprintf(w, "A%d,2011-%02d-%02d 10:00:00,sku-%d,1,%d.50,c%d@shop.example\n",
				n, 1+n/28%12, 1+n%28, i%5000, 5+i%90, n*7919%(lines/ofOrder/4+1))
		}
	}
}

// orderSheet is a workbook with five rows an order. The title of each row and every
// tenth buyer are texts of their own.
func orderSheet(rows int) func(io.Writer) {
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	return func(to io.Writer) {
		z := zip.NewWriter(to)
		add := func(name, before, after string, each func(w io.Writer, row int)) {
			part, _ := z.Create(name)
			w := bufio.NewWriter(part)
			fmt.Fprint(w, before)
			for i := range rows {
				each(w, i)
			}
			fmt.Fprint(w, after)
			_ = w.Flush()
		}
		none := func(io.Writer, int) {}
		add("_rels/.rels", `<Relationships><Relationship Id="r" Type="`+office+`officeDocument" Target="/xl/workbook.xml"/>`,
			`</Relationships>`, none)
		add("xl/workbook.xml", `<workbook><sheets><sheet name="A" sheetId="7" r:id="r9"/>`, `</sheets></workbook>`, none)
		add("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r9" Type="`+office+`worksheet" Target="worksheets/sheet1.xml"/>`+
			`<Relationship Id="r8" Type="`+office+`sharedStrings" Target="sharedStrings.xml"/>`, `</Relationships>`, none)
		head := `<worksheet><sheetData><row r="1">`
		for _, name := range []string{"order", "title", "email", "at", "price", "quantity"} {
			head += `<c t="inlineStr"><is><t>` + name + `</t></is></c>`
		}
		add("xl/worksheets/sheet1.xml", head+`</row>`, `</sheetData></worksheet>`, func(w io.Writer, i int) {
			fmt.Fprintf(w, `<row r="%d"><c><v>%d</v></c><c t="s"><v>%d</v></c><c t="s"><v>%d</v></c><c><v>%d.4375</v></c><c><v>9.9</v></c>`+
				`<c><v>1</v></c></row>`, i+2, 500000+i/5, i, rows+i/50, 40600+i/5%400)
		})
		add("xl/sharedStrings.xml", `<sst>`, sheetBuyers(rows)+`</sst>`, func(w io.Writer, i int) {
			fmt.Fprintf(w, `<si><t>Tea no. 20110%d</t></si>`, i)
		})
		_ = z.Close()
	}
}

func sheetBuyers(rows int) string {
	var texts strings.Builder
	for i := range rows/50 + 1 {
		fmt.Fprintf(&texts, `<si><t>c%d@shop.example</t></si>`, i)
	}
	return texts.String()
}
