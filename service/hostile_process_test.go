package service

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What hostile requests may take of the service, beside what it has when idle.
const (
	hostileRequests = 1000 // of each kind
	hostileAtOnce   = 32
	hostileMemory   = 100 << 20
	hostileCPU      = 10 * time.Second // all kinds together, on a machine where plain requests take plainCPU
	plainRequests   = 10_000
	plainCPU        = 300 * time.Millisecond
)

// watched is a service in a process of its own, whose memory and CPU time are
// read from the system.
type watched struct {
	pid               int
	url, admin        string
	key, installation string
	webhook           string
	client            *http.Client
}

// Thousands of hostile requests of each kind, 32 at once, are all refused and
// together take little memory and time, measured at the built service.
func TestHostileRequestsTakeLittleMemoryAndTime(t *testing.T) {
	if testing.Short() {
		t.Skip("sends thousands of large requests")
	}
	if _, err := os.Stat("/proc/self/clear_refs"); err != nil {
		t.Skip("memory is measured by /proc")
	}
	s := startWatched(t)
	plain := s.plain(t)
	idle, spent := s.memory(t, "VmRSS"), s.cpu(t)
	for _, kind := range s.kinds(t) {
		s.resetPeak(t)
		before := s.cpu(t)
		answers := s.sends(t, kind)
		peak, took := s.memory(t, "VmHWM")-idle, s.cpu(t)-before
		t.Logf("%-38s peak %+4d MB, CPU %6.2f s, answers %v", kind.name, peak>>20, took.Seconds(), answers)
		if peak > hostileMemory {
			t.Errorf("%s: got a peak of %d MB above idle, want at most %d", kind.name, peak>>20, hostileMemory>>20)
		}
		for status := range answers {
			if status != 0 && (status < 400 || status > 499) {
				t.Errorf("%s: got %v, want each refused", kind.name, answers)
			}
		}
	}
	took := s.cpu(t) - spent
	plain = (plain + s.plain(t)) / 2
	most := max(hostileCPU, hostileCPU*plain/plainCPU)
	t.Logf(
		"%v of CPU for all, at most %v: %d plain requests take %v, %v on the machine that the limit is of", took, most, plainRequests,
		plain, plainCPU,
	)
	if took > most {
		t.Errorf("got %v of CPU for all, want at most %v", took, most)
	}
	s.asks(t, http.StatusOK, http.MethodGet, "/v1/shop", s.key, "")
}

// plain is the CPU time of requests without work: it measures the machine's
// present speed, because other programs may run.
func (s *watched) plain(t *testing.T) time.Duration {
	t.Helper()
	before := s.cpu(t)
	s.sends(t, hostileKind{"plain", http.MethodGet, plainRequests, func(int) string { return "/livez" }, func(int) string { return "" }, nil})
	return s.cpu(t) - before
}

func startWatched(t *testing.T) *watched {
	t.Helper()
	data := t.TempDir()
	command := child(t, buildService(t), data, scriptRelay(t))
	s := &watched{pid: command.Process.Pid, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: hostileAtOnce}}}
	await(t, time.Minute, func() bool {
		a, err := Announced(data)
		s.url, s.admin = a.URL, a.Token
		return err == nil
	})
	s.asks(t, http.StatusCreated, http.MethodPost, "/v1/shops", s.admin, `{"id":"s","name":"S","currency":"EUR","market":"west","zone":"UTC"}`)
	s.installation = s.made(t, "/v1/keys", s.admin, `{"name":"i"}`)["key"].(string)
	s.key = s.made(t, "/v1/keys", s.admin, `{"name":"k","shop":"s"}`)["key"].(string)
	url := s.made(t, "/v1/connections", s.key, `{"slug":"gen","platform":"generic"}`)["webhook_url"].(string)
	s.webhook = url[strings.Index(url, "/hooks/"):]
	s.asks(t, http.StatusCreated, http.MethodPost, "/v1/segments", s.key, `{"schema":1,"id":"list","name":"L","static":true}`)
	return s
}

func (s *watched) made(t *testing.T, path, key, body string) map[string]any {
	t.Helper()
	var made map[string]any
	if err := json.Unmarshal(s.asks(t, http.StatusCreated, http.MethodPost, path, key, body), &made); err != nil {
		t.Fatal(err)
	}
	return made
}

func (s *watched) asks(t *testing.T, status int, method, path, key, body string) []byte {
	t.Helper()
	got, answer, err := s.do(method, path, key, []byte(body))
	if err != nil || got != status {
		t.Fatalf("%s %s: got %d %.300s, %v; want %d", method, path, got, answer, err, status)
	}
	return answer
}

func (s *watched) do(method, path, key string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// hostileKind is one kind of hostile request; requests differ by number.
type hostileKind struct {
	name, method string
	times        int
	path         func(number int) string
	key          func(number int) string
	body         []byte
}

func (s *watched) kinds(t *testing.T) []hostileKind {
	t.Helper()
	always := func(text string) func(int) string { return func(int) string { return text } }
	guess := func(i int) string { return fmt.Sprintf("cb_s_%016x_%s", i, strings.Repeat("a", 43)) }
	var list []hostileKind
	for _, name := range []string{
		"a long key over many members", "long keys around many members", "one key very often", "keys that nobody knows",
		"conditions without end",
	} {
		body := hostileDocuments()[name]
		fresh := s.made(t, "/v1/keys", s.admin, `{"name":"k","shop":"s"}`)["key"].(string) // with all it may take
		list = append(list, hostileKind{name, http.MethodPatch, hostileRequests, always("/v1/shop"), always(fresh), []byte(body)})
	}
	large := bytes.Repeat([]byte("a"), 5<<20-1000)
	long := func(i int) string { return "/hooks/generic/" + strings.Repeat("x", 60_000) + strconv.Itoa(i) }
	other := func(i int) string { return fmt.Sprintf("/hooks/generic/s:%s%d", strings.Repeat("x", 7000), i) }
	return append(list,
		hostileKind{"hooks with a path of 60 KB", http.MethodPost, hostileRequests, long, always(""), []byte("{}")},
		hostileKind{"hooks with a path of 7 KB", http.MethodPost, 10 * hostileRequests, other, always(""), []byte("{}")},
		hostileKind{"hooks of 5 MB for nobody", http.MethodPost, hostileRequests, always("/hooks/generic/none"), always(""), large},
		hostileKind{"hooks of 5 MB for a connection", http.MethodPost, hostileRequests, always(s.webhook), always(""), large},
		hostileKind{"guessed keys", http.MethodGet, 1500, always("/v1/shop"), guess, nil},
		hostileKind{"large bodies under guessed keys", http.MethodPatch, hostileRequests, always("/v1/shop"), guess, large[:1<<20]},
		hostileKind{"campaigns of endless tests", http.MethodPost, 50, always("/v1/campaigns/validate"), always(s.key), endlessCampaign()},
		hostileKind{"campaigns of many tests", http.MethodPost, 50, always("/v1/campaigns/validate"), always(s.key), manyTests()},
		hostileKind{
			"packed blank lines", http.MethodPost, 50, always("/v1/shops/s/imports?connection=i&format=ndjson&name=x"),
			always(s.installation), packed("\n", 200_000_000),
		},
		hostileKind{
			"one packed line", http.MethodPost, 50, always("/v1/shops/s/imports?connection=i&format=ndjson&name=x"),
			always(s.installation), packed("a", 200_000_000),
		},
	)
}

// endlessCampaign needs 200 orders of 50 steps each; manyTests has a hundred
// tests that are each just within bounds.
func endlessCampaign() []byte { return busyCampaign(50, 1, 200) }
func manyTests() []byte       { return busyCampaign(2, 100, 10) }

func busyCampaign(steps, tests, orders int) []byte {
	list := func(n int, item string) string {
		return strings.TrimSuffix(strings.Repeat(item+",", n), ",")
	}
	does, given := make([]string, steps), make([]string, orders)
	for i := range does {
		does[i] = fmt.Sprintf(`{"id":"s%d","wait":"30d","expires":"12h","send":{"channel":"email","template":"unpaid-1"}}`, i)
	}
	for i := range given {
		given[i] = fmt.Sprintf(`"%dm order.placed order=o%d customer=c%d"`, i, i, i)
	}
	test := `{"name":"t","given":[` + strings.Join(given, ",") + `],"expect":{"sent":[]}}`
	return []byte(`{"schema":1,"id":"x","name":"x","class":"service","trigger":{"event":"order.placed"},"key":"order","reentry":"always",` +
		`"steps":[` + strings.Join(does, ",") + `],"tests":[` + list(tests, test) + `]}`)
}

func packed(text string, n int) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	part := bytes.Repeat([]byte(text), 1_000_000)
	_, _ = w.Write(part)
	_ = w.Close()
	return bytes.Repeat(out.Bytes(), n/len(part)) // a gzip file may have several members
}

// sends sends the requests of a kind, 32 at once, and counts the answers;
// status 0 means that the service closed the connection before the whole
// request was sent.
func (s *watched) sends(t *testing.T, k hostileKind) map[int]int {
	t.Helper()
	var next atomic.Int64
	var mu sync.Mutex
	var running sync.WaitGroup
	answers := map[int]int{}
	for range hostileAtOnce {
		running.Go(func() {
			for i := int(next.Add(1)); i <= k.times; i = int(next.Add(1)) {
				status, answer, _ := s.do(k.method, k.path(i), k.key(i), k.body)
				if status == http.StatusOK && strings.Contains(string(answer), `"valid":false`) {
					status = http.StatusBadRequest
				}
				mu.Lock()
				answers[status]++
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return answers
}

func (s *watched) resetPeak(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.pid), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

// memory is one line of the process's status, in bytes.
func (s *watched) memory(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), name+":")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// cpu is the CPU time of the process, in user and system mode.
func (s *watched) cpu(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text)[strings.LastIndex(string(text), ")")+1:])
	ticks := 0
	for _, field := range fields[11:13] { // utime and stime, in hundredths of a second
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
