package checksum

// sum is written in sum_amd64.s.
//
//go:noescape
func sum(state uint64, p []byte) uint64
