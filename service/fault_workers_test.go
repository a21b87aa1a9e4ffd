//go:build fault

package service

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"comeback/campaigns"
)

// Two workers are killed in turn, again and again, while Redis loses everything ten times.
// No mail is lost. With on_uncertain hold none is sent twice. With resend only a mail whose
// outcome was unknown is, under one Message-ID.
func TestTwoWorkersThatAreKilledAgainAndAgainLoseNoMail(t *testing.T) {
	t.Parallel()
	mails, kills := inFaults(200, 20_000), inFaults(4, 200)
	for _, policy := range []campaigns.OnUncertain{campaigns.Hold, campaigns.Resend} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, 0)
			f.key = f.owes(t, policy, mails)
			f.start(t, "api")
			workers := []*exec.Cmd{f.start(t, "worker"), f.start(t, "worker")}
			random := rand.New(rand.NewPCG(uint64(len(policy)), 21))
			for n := range kills {
				enough := min(f.relay.caught()+1+random.IntN(mails/kills*3/2), mails*9/10)
				await(t, 3*time.Minute, func() bool { return f.relay.caught() >= enough })
				dying := random.IntN(len(workers))
				ok(t, workers[dying].Process.Kill())
				_ = workers[dying].Wait()
				workers[dying] = f.start(t, "worker")
				if n%max(1, kills/10) == 0 {
					f.redis.forgets(t)
				}
			}
			waiting := waitingStates()
			if policy == campaigns.Resend {
				waiting = append(waiting, campaigns.Uncertain)
			}
			awaitAnswer(t, 20*time.Minute, func() bool { return settled(t, f.client(), waiting, mails) })
			db, err := OpenDatabase(t.Context(), f.direct, ownProcess(), NewLogger(Logs{LogLevel: "error", LogFormat: "text"}, os.Stderr))
			ok(t, err)
			defer db.Close()
			judgeStored(t, db.Store, f.relay, policy, mails, kills)
		})
	}
}

// owes gives the installation another database, with due reminders, and returns a key.
func (f *faulty) owes(t *testing.T, policy campaigns.OnUncertain, mails int) (key string) {
	t.Helper()
	f.direct.MongoURI = mongoDatabase(t).String()
	process := ownProcess()
	process.Now = longAgo
	db, err := OpenDatabase(t.Context(), f.direct, process, NewLogger(Logs{LogLevel: "error", LogFormat: "text"}, os.Stderr))
	ok(t, err)
	defer db.Close()
	f.env = append(f.env, "COMEBACK_MONGO_URI="+f.direct.MongoURI) // the last one counts
	return fillDue(t, db.Store, "s", policy, mails)
}
