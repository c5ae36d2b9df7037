/* What the things that a shim is made of cost on this machine: CPU time per piece, over many of them in a row.
 *
 * Knows system calls and page faults; does not know a shim. The figures are for an order of magnitude: a first call is
 * dearer than the thousandth. `price PROGRAM` maps PROGRAM to see what the faults of a program file cost. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, WINDOW = 16 * PAGE, TIMES = 2000 };

static double cpu_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static void need(int holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(2);
    }
}

#define PRICE(what, pieces, ...)                                                         \
    do {                                                                                 \
        double start = cpu_us();                                                         \
        for (int i = 0; i < TIMES; i++) { __VA_ARGS__; }                                 \
        printf("  %-52s %6.2f us\n", what, (cpu_us() - start) / TIMES / (pieces));       \
    } while (0)

static char *anonymous(size_t length) {
    char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(memory != MAP_FAILED, "mmap");
    return memory;
}

static void touch(volatile char *memory, size_t step, int count) {
    for (int i = 0; i < count; i++) memory[(size_t)i * step] = 1;
}

static char look(const volatile char *memory, size_t step, int count) {
    char sum = 0;
    for (int i = 0; i < count; i++) sum = (char)(sum + memory[(size_t)i * step]);
    return sum;
}

static void files(const char *folder) {
    char path[256], text[2048] = "";
    struct stat about;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)getppid());
    PRICE("open, read and close /proc/PID/stat", 1, int fd = open(path, O_RDONLY); need(read(fd, text, 512) > 0, path); close(fd));
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)getppid());
    PRICE("readlink /proc/PID/cwd", 1, need(readlink(path, text, sizeof text) > 0, path));
    snprintf(path, sizeof path, "%s/price.tmp", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    need(fd >= 0, path);
    PRICE("open a file to append, and close it", 1, int other = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600); close(other));
    PRICE("append 200 bytes", 1, need(write(fd, text, 200) == 200, path));
    PRICE("append 1100 bytes", 1, need(write(fd, text, 1100) == 1100, path));
    PRICE("stat a file", 1, need(!stat(path, &about), path));
    close(fd);
    unlink(path);
}

static void memory(const char *program) {
    enum { WINDOWS = 7 };
    PRICE("mmap and munmap, nothing touched", 1, munmap(anonymous(PAGE), PAGE));
    PRICE("a page of fresh memory touched (with 1/32 of an mmap)", 32, char *page = anonymous(32 * PAGE); touch(page, PAGE, 32);
          munmap(page, 32 * PAGE));
    int fd = open(program, O_RDONLY);
    need(fd >= 0, program);
    PRICE("a first look at 64 KiB of a program (with 1/7 mmap)", WINDOWS,
          char *text = mmap(NULL, WINDOWS * WINDOW, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0); need(text != MAP_FAILED, program);
          look(text, WINDOW, WINDOWS); munmap(text, WINDOWS * WINDOW));
    close(fd);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: price PROGRAM\n");
        return 2;
    }
    PRICE("a system call that does nothing (getppid)", 1, syscall(SYS_getppid));
#if defined(__x86_64__)
    PRICE("cpuid (a virtual machine traps it)", 1, unsigned a = 4; unsigned b; unsigned c = 0; unsigned d;
          __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)));
#endif
    files(".");
    memory(argv[1]);
    return 0;
}
