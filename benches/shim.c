/* The least that a recording shim can do, as the yardstick for gotrace: start the tool, wait for it, append one line.
 *
 * Knows wall time, CPU and peak memory of the tool. Knows nothing of what gotrace adds: where the trace belongs, a start
 * event, the package's imports, sources and module, the go command, passing signals on, keeping secrets out. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    long long began = now(CLOCK_REALTIME), start = now(CLOCK_MONOTONIC);
    pid_t pid;
    int failed = posix_spawn(&pid, argv[1], NULL, NULL, argv + 1, environ);
    if (failed) return 127;
    int status;
    struct rusage usage;
    if (wait4(pid, &status, 0, &usage) < 0) return 127;
    const char *package = getenv("TOOLEXEC_IMPORTPATH"), *slash = strrchr(argv[1], '/');
    char line[1024];
    int length = snprintf(line, sizeof line,
                          "{\"tool\":\"%s\",\"package\":\"%s\",\"time_ns\":%lld,\"wall_ns\":%lld,\"user_us\":%lld,"
                          "\"sys_us\":%lld,\"max_rss_kb\":%ld,\"status\":%d}\n",
                          slash ? slash + 1 : argv[1], package ? package : "", began, now(CLOCK_MONOTONIC) - start,
                          microseconds(usage.ru_utime), microseconds(usage.ru_stime), usage.ru_maxrss, status);
    int trace = open("trace.c.jsonl", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (trace >= 0 && length > 0 && (size_t)length < sizeof line && write(trace, line, (size_t)length) < 0) return 127;
    if (WIFSIGNALED(status)) raise(WTERMSIG(status));
    return WEXITSTATUS(status);
}
