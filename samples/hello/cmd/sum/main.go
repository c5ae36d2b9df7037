// Sum prints the checksum of each file, or of what it reads.
//
//	sum [FILE...]
package main

import (
	"fmt"
	"io"
	"os"

	"example.com/hello/internal/checksum"
)

func main() {
	if len(os.Args) == 1 {
		printSum(os.Stdin, "-")
	}
	for _, name := range os.Args[1:] {
		file, err := os.Open(name)
		exitOn(err)
		printSum(file, name)
		exitOn(file.Close())
	}
}

func printSum(from io.Reader, name string) {
	var sum checksum.State
	_, err := io.Copy(&sum, from)
	exitOn(err)
	fmt.Printf("%s  %s\n", sum, name)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sum:", err)
		os.Exit(1)
	}
}
