// Package chart draws words as bars.
package chart

import (
	"fmt"
	"io"
	"unicode/utf8"

	"example.com/ansi"
	"example.com/ansi/bar"
	"example.com/hello/internal/words"
)

// Look is how a chart looks.
type Look struct {
	Width  int
	Colour bool
}

// Draw writes one line for each word: the longest bar fills the width.
func Draw(to io.Writer, top []words.Word, look Look) {
	longest, most := 0, 0
	for _, word := range top {
		longest = max(longest, utf8.RuneCountInString(word.Text))
		most = max(most, word.Times)
	}
	room := max(1, look.Width-longest-len(fmt.Sprint(most))-2)
	for _, word := range top {
		drawn := bar.Of(word.Times, most, room)
		if look.Colour {
			drawn = ansi.Cyan.Paint(drawn)
		}
		fmt.Fprintf(to, "%-*s %s %d\n", longest, word.Text, drawn, word.Times)
	}
}
