// Package ansi colours text for a terminal.
package ansi

// Colour is the number of a colour in a terminal's palette.
type Colour string

// The colours of this package.
const (
	Green Colour = "32"
	Cyan  Colour = "36"
)

// Paint returns the text in the colour.
func (c Colour) Paint(text string) string { return "\x1b[" + string(c) + "m" + text + "\x1b[0m" }
