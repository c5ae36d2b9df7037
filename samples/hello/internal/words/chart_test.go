package words_test

import (
	"strings"
	"testing"

	"example.com/hello/internal/chart"
	"example.com/hello/internal/story"
	"example.com/hello/internal/words"
)

func TestDraws(t *testing.T) {
	var drawn strings.Builder
	chart.Draw(&drawn, words.Digging(3), chart.Look{Width: 12})
	if got, want := drawn.String(), "dig ██████ 3\n"; got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
}

func BenchmarkCount(b *testing.B) {
	b.SetBytes(int64(len(story.Text)))
	for i := 0; i < b.N; i++ {
		var count words.Count
		count.Add(story.Text)
		count.Top(8)
	}
}
