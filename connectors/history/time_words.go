package history

import "strings"

// monthOf is the number of a month by its name; 0: not a name of a month.
func monthOf(name string) int {
	for _, list := range monthNames {
		for i, month := range strings.Fields(list) {
			if name == month {
				return i + 1
			}
		}
	}
	return 0
}

// Names of months in English, German, French, Spanish, Italian, Portuguese, Dutch,
// Swedish, Danish, Norwegian and Polish.
var monthNames = []string{
	"january february march april may june july august september october november december",
	"jan feb mar apr may jun jul aug sep oct nov dec",
	"januar februar märz april mai juni juli august september oktober november dezember",
	"jän - mrz - - - - - sept okt - dez",
	"jänner feber maerz - - - - - - - - -",
	"janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
	"janv févr - avr - - juil aoû - - - déc",
	"- fevrier - - - - - aout - - - decembre",
	"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
	"ene - - abr - - - ago set - - dic",
	"gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
	"gen - - - mag giu lug - - ott - -",
	"janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
	"- fev - - - - - - - out - -",
	"januari februari maart april mei juni juli augustus september oktober november december",
	"- - mrt - - - - - - - - -",
	"januari februari mars april maj juni juli augusti september oktober november december",
	"januar februar marts april maj juni juli august september oktober november desember",
	"- - - - - - - - - okt - des",
	"stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
	"sty lut - kwi - cze lip sie wrz paź lis gru",
}

var dayHalves = map[string]int{
	"am": morning, "pm": afternoon, "上午": morning, "凌晨": morning, "早上": morning, "下午": afternoon, "晚上": afternoon, "中午": afternoon,
	"오전": morning, "오후": afternoon, "午前": morning, "午後": afternoon,
}

// zoneNames are the zones that mean one offset, in minutes. Others (CST, IST)
// are used by several countries and are refused.
var zoneNames = map[string]int{
	"z": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 60, "cet": 60, "mez": 60, "cest": 120, "mesz": 120, "eet": 120, "eest": 180,
	"msk": 180, "jst": 540, "kst": 540, "hkt": 480, "sgt": 480, "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360,
	"pst": -480, "pdt": -420, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780,
}

// noTimeWord reports whether a word in a time may be passed over.
func noTimeWord(name string) bool {
	if strings.HasPrefix(name, "星期") || strings.HasPrefix(name, "周") || strings.HasPrefix(name, "週") {
		return true
	}
	for _, list := range passedOver {
		for _, word := range strings.Fields(list) {
			if name == word {
				return true
			}
		}
	}
	return false
}

var passedOver = []string{
	"st nd rd th de del of the at um uhr à le",
	"mon tue wed thu fri sat sun tues thur thurs monday tuesday wednesday thursday friday saturday sunday",
	"mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonntag",
	"lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim",
	"日 一 二 三 四 五 六 月 火 水 木 金 土",
	"lunes martes miércoles jueves viernes sábado domingo",
}
