//go:build cgo && unix

#include <sys/ioctl.h>

#include "columns.h"

int columns(int fd) {
	struct winsize size;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
