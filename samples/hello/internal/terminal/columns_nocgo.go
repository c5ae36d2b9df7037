//go:build !cgo || !unix

package terminal

import (
	"os"
	"strconv"
)

// Without C the shell is asked, which exports COLUMNS if it was told to.
func columns(uintptr) int {
	columns, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil {
		return 0
	}
	return columns
}
