// Hello greets a text: it counts the words and draws the most frequent ones.
//
//	hello [-top N] [FILE...]
//
// Without a file it greets the story that it brings along.
package main

import (
	"flag"
	"fmt"
	"os"

	"example.com/hello/internal/chart"
	"example.com/hello/internal/checksum"
	"example.com/hello/internal/story"
	"example.com/hello/internal/terminal"
	"example.com/hello/internal/words"
)

func main() {
	top := flag.Int("top", 8, "how many words to draw")
	flag.Parse()
	if err := greet(*top, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
}

func greet(top int, files []string) error {
	var count words.Count
	var sum checksum.State
	if len(files) == 0 {
		count.Add(story.Text)
		sum.Write([]byte(story.Text))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		count.Add(string(text))
		sum.Write(text)
	}
	fmt.Printf("Hello, %s!\n\n", count.Favourite())
	chart.Draw(os.Stdout, count.Top(top), chart.Look{
		Width:  terminal.Width(os.Stdout),
		Colour: terminal.Is(os.Stdout),
	})
	fmt.Printf("\n%d words, %d different, checksum %s\n", count.Total(), count.Different(), sum)
	return nil
}
