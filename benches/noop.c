/* A tool that does nothing: what the benchmarks put in the place of a compiler, so that the cost of a shim is not lost in
 * the noise of real work.
 *
 * Knows two habits of Go's tools: it answers -V=full with a version line, and it writes no other output. Knows no libc: what
 * it costs itself is the kernel's price of a process and nothing else. With NOOP_UNTIL_EOF in the environment it reads
 * stdin to the end first, so that somebody can look at its parent meanwhile. */

#if defined(__x86_64__)
static long call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
enum { READ = 0, WRITE = 1, EXIT = 231 };
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
enum { READ = 63, WRITE = 64, EXIT = 94 };
__asm__(".globl _start\n_start: mov x0, sp\n bl start\n");
#else
#error "benches/noop.c knows x86-64 and arm64"
#endif

static const char version[] = "compile version go1.99.0 buildID=AAAAAAAAAAAAAAAAAAAA/AAAAAAAAAAAAAAAAAAAA\n";

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
    char text[64];
    if (is_set(argv + argc + 1, "NOOP_UNTIL_EOF"))
        while (call(READ, 0, (long)text, sizeof text) > 0) continue;
    call(EXIT, 0, 0, 0);
    __builtin_unreachable();
}
