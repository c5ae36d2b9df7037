/* A tool that does nothing: what the benchmarks put in the place of a compiler, so that the cost of a shim is not lost in
 * the noise of real work.
 *
 * Knows three habits of Go's tools: it answers -V=full with a version line, tells where its time went in the file that
 * -bench=FILE names, and writes no other output. Knows no libc: what it costs itself is the kernel's price of a process and
 * nothing else. With NOOP_UNTIL_EOF in the environment it reads
 * stdin to the end first, so that somebody can look at its parent meanwhile. */

#if defined(__x86_64__)
static long call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
enum { READ = 0, WRITE = 1, EXIT = 231, OPENAT = 257 };
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
enum { READ = 63, WRITE = 64, EXIT = 94, OPENAT = 56 };
__asm__(".globl _start\n_start: mov x0, sp\n bl start\n");
#else
#error "benches/noop.c knows x86-64 and arm64"
#endif

static const char version[] = "compile version go1.99.0 buildID=AAAAAAAAAAAAAAAAAAAA/AAAAAAAAAAAAAAAAAAAA\n";

/* What Go 1.27's compile wrote of path/filepath. */
static const char phases[] =
    "commit: go1.27.3\ngoos: linux\ngoarch: amd64\n"
    "BenchmarkCompile:path/filepath:fe:init                       1        648135 ns/op      0.67 %\n"
    "BenchmarkCompile:path/filepath:fe:loadsys                    1       1045286 ns/op      1.08 %\n"
    "BenchmarkCompile:path/filepath:fe:parse                      1      19216325 ns/op     19.85 %    1234 lines    64216 lines/s\n"
    "BenchmarkCompile:path/filepath:fe:pgo-load-profile           1          4210 ns/op      0.00 %\n"
    "BenchmarkCompile:path/filepath:fe:devirtualize-and-inline    1       9642411 ns/op      9.96 %\n"
    "BenchmarkCompile:path/filepath:fe:escapes                    1       3012876 ns/op      3.11 %\n"
    "BenchmarkCompile:path/filepath:fe:subtotal                   1      33569243 ns/op     34.67 %\n"
    "BenchmarkCompile:path/filepath:be:compilefuncs               1      57110220 ns/op     58.99 %      61 funcs     1068 funcs/s\n"
    "BenchmarkCompile:path/filepath:be:dumpobj                    1       6135003 ns/op      6.34 %\n"
    "BenchmarkCompile:path/filepath:be:subtotal                   1      63245223 ns/op     65.33 %\n"
    "BenchmarkCompile:path/filepath:total                         1      96814466 ns/op    100.00 %\n";

static const char *after(const char *text, const char *start) {
    while (*start && *text == *start) text++, start++;
    return *start ? 0 : text;
}

static int equal(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static int is_set(char **environment, const char *name) {
    for (; *environment; environment++) {
        const char *at = *environment, *want = name;
        while (*want && *at == *want) at++, want++;
        if (!*want && *at == '=') return 1;
    }
    return 0;
}

/* `stack` is as the kernel leaves it: argc, argv, NULL, environment, NULL. */
__attribute__((used, noreturn)) void start(long *stack) {
    long argc = stack[0];
    char **argv = (char **)(stack + 1);
    if (argc == 2 && equal(argv[1], "-V=full")) call(WRITE, 1, (long)version, sizeof version - 1);
    enum { CURRENT_DIRECTORY = -100, FOR_WRITING = 1, AT_THE_END = 02000 };
    const char *name = argc > 1 ? after(argv[1], "-bench=") : 0;
    if (name) {
        long file = call(OPENAT, CURRENT_DIRECTORY, (long)name, FOR_WRITING | AT_THE_END);
        if (call(WRITE, file, (long)phases, sizeof phases - 1) != sizeof phases - 1) call(EXIT, 1, 0, 0);
    }
    char text[64];
    if (is_set(argv + argc + 1, "NOOP_UNTIL_EOF"))
        while (call(READ, 0, (long)text, sizeof text) > 0) continue;
    call(EXIT, 0, 0, 0);
    __builtin_unreachable();
}
