// Package terminal knows how wide the terminal is.
package terminal

import "os"

// Narrow is the width where there is no terminal to ask.
const Narrow = 80

// Is reports whether the file is a terminal.
func Is(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Width is the number of columns of the terminal that the file is.
func Width(file *os.File) int {
	if columns := columns(file.Fd()); columns > 0 {
		return columns
	}
	return Narrow
}
