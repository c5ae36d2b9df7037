//go:build !amd64

package checksum

func sum(state uint64, p []byte) uint64 {
	for _, b := range p {
		state = (state ^ uint64(b)) * prime
	}
	return state
}
