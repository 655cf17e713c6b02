/* The clocks of rtp-load.c, what it counts times in, and the payloads that it sends from a file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define BINS 100000
#define BIN_NS 10000LL /* the last bin holds all from a second on */
#define FILE_MAX (1 << 24)
#define FRAMES_MAX (1 << 16)

typedef struct { uint32_t bins[BINS + 1]; uint64_t count; int64_t max; } Histogram;
typedef struct { uint8_t *octets; int *starts; int count; } Frames;

static void stop_for(const char *what) { perror(what); exit(1); }

static int64_t now_ns(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static double own_cpu_ms(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static void note(Histogram *all, int64_t ns) {
    int64_t bin = ns < 0 ? 0 : ns / BIN_NS;
    all->bins[bin > BINS ? BINS : bin]++;
    all->count++;
    if (ns > all->max) all->max = ns;
}

static double at_part(const Histogram *all, double part) {
    uint64_t seen = 0;
    for (int i = 0; i <= BINS; i++) if ((seen += all->bins[i]) > all->count * part) return (i + 0.5) * BIN_NS / 1e6;
    return 0;
}

static Frames read_frames(const char *name) {
    FILE *file = fopen(name, "rb");
    Frames read = {malloc(FILE_MAX), malloc(sizeof(int) * FRAMES_MAX), 0};
    if (file == NULL || read.octets == NULL || read.starts == NULL) stop_for(name);
    size_t size = fread(read.octets, 1, FILE_MAX, file);
    for (size_t at = 0; at + 2 < size && read.count < FRAMES_MAX; at += 2 + (read.octets[at] << 8 | read.octets[at + 1])) read.starts[read.count++] = at;
    fclose(file);
    if (read.count == 0) { fprintf(stderr, "%s holds no frame\n", name); exit(1); }
    return read;
}
