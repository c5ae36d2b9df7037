// Package bar draws bars out of block characters, to an eighth of a column.
package bar

import "strings"

var eighths = [8]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Of is the bar of a value among values up to most, where the bar of most is width columns wide.
func Of(value, most, width int) string {
	if most <= 0 || value <= 0 {
		return ""
	}
	length := value * width * 8 / most
	return strings.Repeat("█", length/8) + eighths[length%8]
}
