/* The columns of the terminal behind a descriptor; 0 where there is none. */
int columns(int fd);
