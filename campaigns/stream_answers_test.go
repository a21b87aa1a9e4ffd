package campaigns_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/campaigns"
)

// aMonday is far from the present.
func aMonday() time.Time { return time.Date(2011, 3, 14, 9, 0, 0, 0, time.UTC) }

// While the relay takes the mails to others, every refusal of one or two domains is about them,
// however the answers are mixed, from the first one on.
func TestRefusalIsOfItsDomainWhileTheRelayTakesOthers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a campaigns.Answers
		now := aMonday()
		a.Accepted("first.example", now)
		closed := rapid.IntRange(1, 2).Draw(t, "closed")
		for range rapid.IntRange(1, 300).Draw(t, "answers") {
			now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
			a.Accepted(fmt.Sprintf("open%d.example", rapid.IntRange(1, 50).Draw(t, "open")), now)
			if domain := rapid.IntRange(1, 2).Draw(t, "domain"); domain <= closed {
				if is, _ := a.Refused(fmt.Sprintf("closed%d.example", domain), now); !is {
					t.Fatal("got a refusal of the relay, want one of the domain")
				}
			}
		}
	})
}

// Where the relay refuses everything, the refusals are soon taken to be its own, however many
// domains there are and whatever it took before.
func TestRefusalsOfAllDomainsAreTheRelays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a campaigns.Answers
		now := aMonday()
		name := func() string { return fmt.Sprintf("d%d.example", rapid.IntRange(1, 40).Draw(t, "domain")) }
		for range rapid.IntRange(0, 100).Draw(t, "accepted before") {
			a.Accepted(name(), now)
		}
		wrong, seen := 0, map[string]bool{}
		for range 60 {
			domain := name()
			if is, _ := a.Refused(domain, now); is && len(seen) > 1 {
				wrong++
			}
			seen[domain] = true
			now = now.Add(100 * time.Millisecond)
		}
		if wrong > 6 {
			t.Errorf("got %d refusals of single domains, want 6 at most", wrong)
		}
	})
}

// Where no mail to another domain was seen, a refusal is the relay's. It is unsure, because
// other workers may have seen one.
func TestRefusalWithoutOtherMailsIsUnsure(t *testing.T) {
	t.Parallel()
	var a campaigns.Answers
	now := aMonday()
	a.Accepted("one.example", now)
	for range 20 {
		if is, unsure := a.Refused("one.example", now); is || !unsure {
			t.Fatalf("got %t, unsure %t; want a refusal of the relay, unsure", is, unsure)
		}
	}
	a.Accepted("two.example", now)
	if is, unsure := a.Refused("one.example", now); !is || unsure {
		t.Errorf("got %t, unsure %t; want one of the domain", is, unsure)
	}
	if is, _ := a.Refused("one.example", now.Add(time.Hour)); is {
		t.Error("got a refusal of the domain an hour later, want one of the relay")
	}
}

func refuse(s campaigns.Stream, f campaigns.Fault, message string, now time.Time) campaigns.Stream {
	return s.Refuse(f, "no", "s", message, false, now)
}

// A domain is not held because of one message: the message may be the reason.
func TestDomainIsHeldBySeveralMessagesOnly(t *testing.T) {
	t.Parallel()
	now, doubt := aMonday(), campaigns.Fault{State: campaigns.StreamRefusing, Doubt: true, Domain: true, Otherwise: campaigns.MailFailed}
	s := campaigns.Stream{Domain: "d.example"}
	for range 5 {
		if s = refuse(s, doubt, "m1", now); s.Held() {
			t.Fatal("one message has held the domain")
		}
	}
	if s = refuse(s, doubt, "m2", now); !s.Held() || !s.Restricted(now) {
		t.Error("two messages have not held the domain")
	}
}

// A domain that takes mails again gets one in the first second, and more in each second after,
// until nothing limits them.
func TestMailsToAHealedDomainFlowAtAnIncreasingPace(t *testing.T) {
	t.Parallel()
	now := aMonday()
	s := campaigns.Stream{Domain: "d.example", State: campaigns.StreamRefusing, NextAt: now}
	s, ok := s.Probing("me", "s", now, now.Add(time.Minute))
	if s = s.Accepted(1, true, now); !ok || s.Held() {
		t.Fatal("an accepted probe has not ended the hold")
	}
	var rates []int
	for range 30 {
		now = now.Add(time.Second)
		var mails int
		s, mails = s.Take(math.MaxInt, 0, now)
		s = s.Accepted(mails, false, now)
		rates = append(rates, mails)
	}
	if rates[0] != 1 || rates[9] < 2*rates[0] || rates[29] < 10*rates[9] {
		t.Errorf("got %v mails a second, want 1 and then more and more", rates)
	}
	if now = now.Add(time.Minute); s.Restricted(now) && !s.Rests(now) {
		t.Error("the domain is still slowed down after a minute without a refusal")
	}
}

// A limit lets so many mails go a second, and a second's mails at once.
func TestLimitLetsARateThrough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]float64{0.2, 1, 2.5, 10, 300}).Draw(t, "rate")
		s, now, sent, seconds := campaigns.Stream{State: campaigns.StreamUp}, aMonday(), 0, 0.0
		for range 200 {
			want := rapid.IntRange(0, 400).Draw(t, "wanted")
			var mails int
			s, mails = s.Take(want, rate, now)
			back := rapid.IntRange(0, mails).Draw(t, "not tried")
			s = s.Return(back)
			sent += mails - back
			if float64(sent) > rate*seconds+max(1, rate)+1e-6 {
				t.Fatalf("got %d mails in %g s, want %g a second", sent, seconds, rate)
			}
			step := rapid.IntRange(0, 3000).Draw(t, "ms")
			now, seconds = now.Add(time.Duration(step)*time.Millisecond), seconds+float64(step)/1000
		}
		if opens := s.OpensAt("s", now); opens.After(now) {
			if _, mails := s.Take(1, rate, opens.Add(time.Millisecond)); mails != 1 {
				t.Error("it opens without a token")
			}
		}
	})
}
