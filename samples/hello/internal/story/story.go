// Package story holds something to read.
package story

import _ "embed"

// Text is the story.
//
//go:embed gopher.txt
var Text string
