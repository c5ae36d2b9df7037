package words

import (
	"slices"
	"strings"
	"testing"
)

func TestCountsWithoutRegardToCase(t *testing.T) {
	var count Count
	count.Add("Dig, gopher! The GOPHER digs; don't ask.")
	if count.Total() != 7 || count.Different() != 6 {
		t.Errorf("counted %d words, %d different", count.Total(), count.Different())
	}
	if got, want := count.Top(2), []Word{{"gopher", 2}, {"ask", 1}}; !slices.Equal(got, want) {
		t.Errorf("the top is %v, want %v", got, want)
	}
}

func TestAnEmptyTextHasNoFavourite(t *testing.T) {
	var count Count
	if got := count.Favourite(); got != "nobody" {
		t.Errorf("the favourite is %q", got)
	}
}

// Digging makes the words that TestDraws in the external test draws.
func Digging(times int) []Word {
	var count Count
	count.Add(strings.Repeat("dig ", times))
	return count.Top(1)
}
