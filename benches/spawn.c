/* Starts commands the way cmd/go starts tools, many times, in turns, and says what each costs.
 *
 * Knows processes, clocks and medians; does not know what the commands are. Plays the part of the go command: it is their
 * parent, stdin is /dev/null, stdout and stderr are pipes that it reads, and its own directory is where a trace goes.
 *
 *     spawn PLAN ROUNDS [RAW]
 *
 * PLAN is a text file; words are separated by tabs:
 *
 *     case     NAME EVERY          a group of commands to compare; run in every EVERYth round
 *     env      NAME=VALUE          set for the commands of the case
 *     run      LABEL WORD…         one of its commands. The first is the bare one, the second the reference of the ratios.
 *                                  A WORD in front of the program's path that holds a = is set for this one only
 *
 * In one round every command of every case runs once, the commands of a case in an order drawn anew each time, so that
 * whatever disturbs the machine disturbs all of them alike. RAW is a file for one line per run.
 *
 * CPU is user + system time of the command and of all its descendants, as wait4 gives it. On Linux that sum is the
 * scheduler's own nanosecond account (sum_exec_runtime); only its division into user and system is sampled by ticks,
 * so the division is not shown. `spawn --check` compares that account with work of known length. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CASES = 8, MAX_RUNS = 12, MAX_WORDS = 4096, MAX_ENV = 16, RESAMPLES = 2000 };

struct sample {
    float cpu_us, wall_us, faults, switches;
};

struct run {
    char *label;
    char **settings, **argv, **environment; /* the settings end where argv begins */
    struct sample *samples;
};

struct group {
    char *name, *env[MAX_ENV];
    int every, env_count, run_count, rounds;
    struct run runs[MAX_RUNS];
};

static struct group groups[MAX_CASES];
static int group_count;
extern char **environ;

static void fail(const char *what) {
    fprintf(stderr, "spawn: %s: %s\n", what, errno ? strerror(errno) : "not understood");
    exit(2);
}

static void *need(void *memory) {
    if (!memory) fail("memory");
    return memory;
}

static long long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* --- the plan --------------------------------------------------------------------------------------------------- */

static int split(char *line, char **words, int limit) {
    int count = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *word = strsep(&line, "\t"); word; word = strsep(&line, "\t")) {
        if (count == limit) fail("a line of the plan has too many words");
        words[count++] = need(strdup(word));
    }
    return count;
}

static void read_plan(const char *path) {
    static char *words[MAX_WORDS];
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    char *line = NULL;
    size_t room = 0;
    struct group *group = NULL;
    while (getline(&line, &room, file) > 0) {
        int count = split(line, words, MAX_WORDS);
        if (!*words[0]) continue;
        if (!strcmp(words[0], "case") && count == 3 && group_count < MAX_CASES) {
            group = &groups[group_count++];
            group->name = words[1];
            group->every = atoi(words[2]);
            if (group->every < 1) fail(words[2]);
        } else if (!strcmp(words[0], "env") && count == 2 && group && group->env_count < MAX_ENV) {
            group->env[group->env_count++] = words[1];
        } else if (!strcmp(words[0], "run") && count >= 3 && group && group->run_count < MAX_RUNS) {
            struct run *run = &group->runs[group->run_count++];
            run->label = words[1];
            run->argv = run->settings = need(calloc((size_t)count, sizeof *run->argv));
            memcpy(run->argv, words + 2, (size_t)(count - 2) * sizeof *words);
            while (**run->argv != '/' && strchr(*run->argv, '=') && run->argv[1]) run->argv++;
        } else {
            errno = 0;
            fail(words[0]);
        }
    }
    fclose(file);
    free(line);
}

static char **environment_of(const struct group *group, const struct run *run) {
    int own = 0;
    while (environ[own]) own++;
    size_t settings = (size_t)(run->argv - run->settings), shared = (size_t)group->env_count;
    char **all = need(calloc((size_t)own + shared + settings + 1, sizeof *all));
    memcpy(all, environ, (size_t)own * sizeof *all);
    memcpy(all + own, group->env, shared * sizeof *all);
    memcpy(all + own + shared, run->settings, settings * sizeof *all);
    return all;
}

/* --- one run ---------------------------------------------------------------------------------------------------- */

static int null_fd, from_stdout, from_stderr, to_stdout, to_stderr;

static void open_pipes(void) {
    int out[2], err[2];
    null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd < 0 || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) fail("pipes");
    from_stdout = out[0], to_stdout = out[1], from_stderr = err[0], to_stderr = err[1];
    if (fcntl(from_stdout, F_SETFL, O_NONBLOCK) || fcntl(from_stderr, F_SETFL, O_NONBLOCK)) fail("pipes");
}

static void drain(int fd, const char *label, int is_error) {
    char text[4096];
    ssize_t count;
    while ((count = read(fd, text, sizeof text)) > 0)
        if (is_error) {
            fprintf(stderr, "spawn: %s wrote to stderr: %.*s\n", label, (int)count, text);
            exit(1);
        }
}

static struct sample run_once(const struct run *run) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, null_fd, 0);
    posix_spawn_file_actions_adddup2(&actions, to_stdout, 1);
    posix_spawn_file_actions_adddup2(&actions, to_stderr, 2);
    pid_t pid;
    int status;
    struct rusage usage;
    long long start = now(CLOCK_MONOTONIC);
    errno = posix_spawn(&pid, run->argv[0], &actions, NULL, run->argv, run->environment);
    if (errno) fail(run->argv[0]);
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR) fail("wait4");
    long long end = now(CLOCK_MONOTONIC);
    posix_spawn_file_actions_destroy(&actions);
    drain(from_stdout, run->label, 0);
    drain(from_stderr, run->label, 1);
    if (status) {
        fprintf(stderr, "spawn: %s: status %d\n", run->label, status);
        exit(1);
    }
    double cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    return (struct sample){(float)cpu, (float)((end - start) / 1e3), (float)(usage.ru_minflt + usage.ru_majflt),
                           (float)(usage.ru_nvcsw + usage.ru_nivcsw)};
}

/* --- figures ---------------------------------------------------------------------------------------------------- */

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static unsigned draw(unsigned below) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 32) * below >> 32);
}

static int ascending(const void *a, const void *b) {
    float left = *(const float *)a, right = *(const float *)b;
    return (left > right) - (left < right);
}

/* Sorts `values`. `share` is in percent: 50 is the median. */
static float quantile(float *values, int count, int share) {
    qsort(values, (size_t)count, sizeof *values, ascending);
    return values[(long)(count - 1) * share / 100];
}

static float median_of(const struct group *group, const struct run *run, size_t field, float *room) {
    for (int i = 0; i < group->rounds; i++) room[i] = *(float *)((char *)&run->samples[i] + field);
    return quantile(room, group->rounds, 50);
}

/* What a run adds to the bare one, round by round: the two ran within milliseconds of each other. */
static void added(const struct group *group, const struct run *run, size_t field, float *into) {
    for (int i = 0; i < group->rounds; i++)
        into[i] = *(float *)((char *)&run->samples[i] + field) - *(float *)((char *)&group->runs[0].samples[i] + field);
}

/* The ratio of the medians of two columns, and the middle 95 % of it over resampled rounds. */
static void ratio(const float *column, const float *reference, int count, float result[3], float *room) {
    static float ratios[RESAMPLES];
    float *other = room + count;
    for (int i = 0; i < RESAMPLES; i++) {
        for (int j = 0; j < count; j++) {
            unsigned round = draw((unsigned)count);
            room[j] = column[round], other[j] = reference[round];
        }
        ratios[i] = quantile(room, count, 50) / quantile(other, count, 50);
    }
    memcpy(room, column, (size_t)count * sizeof *room);
    memcpy(other, reference, (size_t)count * sizeof *other);
    result[0] = quantile(room, count, 50) / quantile(other, count, 50);
    result[1] = quantile(ratios, RESAMPLES, 2), result[2] = quantile(ratios, RESAMPLES, 97);
}

static void report(const struct group *group) {
    size_t size = (size_t)group->rounds * sizeof(float);
    float *room = need(malloc(2 * size)), *column = need(malloc(size)), *reference = need(malloc(size));
    printf("\n%s (%d rounds)\n", group->name, group->rounds);
    printf("%-28s %9s  %21s  %22s %9s %9s %7s %9s\n", "", "CPU us", "CPU added us [IQR]", "ratio [95 %]", "wall us",
           "added", "faults", "switches");
    for (int i = 0; i < group->run_count; i++) {
        const struct run *run = &group->runs[i];
        printf("%-28s %9.0f  ", run->label, median_of(group, run, offsetof(struct sample, cpu_us), room));
        if (i == 0) {
            printf("%21s  %22s ", "", "");
        } else {
            float ratios[3];
            added(group, run, offsetof(struct sample, cpu_us), column);
            added(group, &group->runs[1], offsetof(struct sample, cpu_us), reference);
            memcpy(room, column, size);
            float middle = quantile(room, group->rounds, 50);
            printf("%7.0f [%5.0f,%6.0f]  ", middle, quantile(room, group->rounds, 25), quantile(room, group->rounds, 75));
            memcpy(room, reference, size);
            if (i == 1) {
                printf("%6.2f %15s ", 1.0, "");
            } else if (quantile(room, group->rounds, 25) <= 0) {
                printf("%22s ", "lost in the noise");
            } else {
                ratio(column, reference, group->rounds, ratios, room);
                printf("%6.2f [%5.2f,%6.2f]  ", ratios[0], ratios[1], ratios[2]);
            }
        }
        printf("%9.0f ", median_of(group, run, offsetof(struct sample, wall_us), room));
        added(group, run, offsetof(struct sample, wall_us), column);
        if (i == 0) printf("%9s ", "");
        else printf("%9.0f ", quantile(column, group->rounds, 50));
        printf("%7.0f %9.0f\n", median_of(group, run, offsetof(struct sample, faults), room),
               median_of(group, run, offsetof(struct sample, switches), room));
    }
    free(room), free(column), free(reference);
}

/* --- the rounds ------------------------------------------------------------------------------------------------- */

static void run_group(struct group *group, FILE *raw, int is_warm_up) {
    int order[MAX_RUNS];
    for (int i = 0; i < group->run_count; i++) order[i] = i;
    for (int i = group->run_count - 1; i > 0; i--) {
        int other = (int)draw((unsigned)i + 1), kept = order[i];
        order[i] = order[other], order[other] = kept;
    }
    for (int i = 0; i < group->run_count; i++) {
        struct run *run = &group->runs[order[i]];
        struct sample sample = run_once(run);
        if (is_warm_up) continue;
        run->samples[group->rounds] = sample;
        if (raw)
            fprintf(raw, "%s\t%s\t%.0f\t%.1f\t%.0f\t%.0f\n", group->name, run->label, sample.cpu_us, sample.wall_us,
                    sample.faults, sample.switches);
    }
    if (!is_warm_up) group->rounds++;
}

static void run_all(int rounds, FILE *raw) {
    enum { WARM_UP = 3 };
    for (int i = 0; i < group_count; i++)
        for (int j = 0; j < groups[i].run_count; j++) {
            struct run *run = &groups[i].runs[j];
            run->environment = environment_of(&groups[i], run);
            run->samples = need(calloc((size_t)rounds, sizeof(struct sample)));
        }
    for (int round = -WARM_UP; round < rounds; round++)
        for (int i = 0; i < group_count; i++)
            if (round < 0 || round % groups[i].every == 0) run_group(&groups[i], raw, round < 0);
}

/* --- is the account of CPU time to be trusted? ------------------------------------------------------------------ */

static void burn(long long ns) {
    long long end = now(CLOCK_PROCESS_CPUTIME_ID) + ns;
    while (now(CLOCK_PROCESS_CPUTIME_ID) < end) continue;
}

/* Children that burn a known amount on their own clock; what wait4 says beyond an idle child is compared with it. */
static void check(void) {
    enum { ROUNDS = 301 };
    static const int burns_us[] = {0, 50, 100, 200, 500, 1000};
    static float seen[sizeof burns_us / sizeof *burns_us][ROUNDS];
    size_t kinds = sizeof burns_us / sizeof *burns_us;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t kind = 0; kind < kinds; kind++) {
            pid_t pid = fork();
            if (pid < 0) fail("fork");
            if (pid == 0) {
                burn(burns_us[kind] * 1000LL);
                _exit(0);
            }
            struct rusage usage;
            if (wait4(pid, NULL, 0, &usage) < 0) fail("wait4");
            seen[kind][round] = (float)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
        }
    float idle = quantile(seen[0], ROUNDS, 50);
    printf("CPU account of wait4 (an idle fork: %.0f us; medians of %d)\n", idle, ROUNDS);
    for (size_t kind = 1; kind < kinds; kind++)
        printf("  burnt %5d us, accounted %5.0f us\n", burns_us[kind], quantile(seen[kind], ROUNDS, 50) - idle);
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "--check")) {
        check();
        return 0;
    }
    if (argc < 3 || argc > 4 || atoi(argv[2]) < 1) {
        fprintf(stderr, "usage: spawn PLAN ROUNDS [RAW] | spawn --check\n");
        return 2;
    }
    read_plan(argv[1]);
    open_pipes();
    FILE *raw = argc == 4 ? fopen(argv[3], "w") : NULL;
    if (argc == 4 && !raw) fail(argv[3]);
    run_all(atoi(argv[2]), raw);
    if (raw && fclose(raw)) fail(argv[3]);
    for (int i = 0; i < group_count; i++) report(&groups[i]);
    return 0;
}
