package checksum

import (
	"hash/fnv"
	"strings"
	"testing"
)

func TestAgreesWithTheStandardLibrary(t *testing.T) {
	for _, text := range []string{"", "a", "gopher", strings.Repeat("tunnel ", 1000)} {
		var state State
		for _, part := range strings.SplitAfter(text, " ") {
			state.Write([]byte(part))
		}
		want := fnv.New64a()
		want.Write([]byte(text))
		if state.Sum() != want.Sum64() {
			t.Errorf("checksum of %.10q is %x, want %x", text, state.Sum(), want.Sum64())
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	var state State
	block := make([]byte, 64<<10)
	b.SetBytes(int64(len(block)))
	for i := 0; i < b.N; i++ {
		state.Write(block)
	}
}
