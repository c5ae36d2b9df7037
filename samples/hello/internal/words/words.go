// Package words counts the words of a text.
package words

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

//go:generate go run gen.go

// Count counts words. The zero Count is ready to use.
type Count struct {
	times map[string]int
	total int
}

// Word is a word and how often it was seen.
type Word struct {
	Text  string
	Times int
}

// Add counts the words of a text.
func (c *Count) Add(text string) {
	if c.times == nil {
		c.times = make(map[string]int)
	}
	for _, word := range strings.FieldsFunc(text, isBetweenWords) {
		c.times[strings.ToLower(word)]++
		c.total++
	}
}

// Total is the number of words.
func (c *Count) Total() int { return c.total }

// Different is the number of words that differ from each other.
func (c *Count) Different() int { return len(c.times) }

// Top returns the n most frequent words but for those that say nothing, such as "the".
func (c *Count) Top(n int) []Word {
	var top []Word
	for text, times := range c.times {
		if !stopWords[text] {
			top = append(top, Word{text, times})
		}
	}
	slices.SortFunc(top, func(a, b Word) int {
		if byTimes := cmp.Compare(b.Times, a.Times); byTimes != 0 {
			return byTimes
		}
		return cmp.Compare(a.Text, b.Text)
	})
	return top[:min(n, len(top))]
}

// Favourite is the most frequent word, or "nobody" in an empty text.
func (c *Count) Favourite() string {
	for _, word := range c.Top(1) {
		return word.Text
	}
	return "nobody"
}

func isBetweenWords(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }
