package bar

import "testing"

func TestOf(t *testing.T) {
	for _, test := range []struct {
		value, most, width int
		want               string
	}{
		{4, 4, 3, "███"},
		{1, 2, 3, "█▌"},
		{0, 4, 3, ""},
		{0, 0, 3, ""},
	} {
		if got := Of(test.value, test.most, test.width); got != test.want {
			t.Errorf("Of(%d, %d, %d) is %q, want %q", test.value, test.most, test.width, got, test.want)
		}
	}
}
