//go:build cgo && unix

package terminal

// #include "columns.h"
import "C"

func columns(fd uintptr) int { return int(C.columns(C.int(fd))) }
