/*
 * Lets spandsp's DTMF receiver hear 16-bit mono sound of 8 kHz from standard input, 20 ms at a time, and prints the digits it reported and
 * the CPU time it took, in microseconds for 20 ms. Built by bench/dtmf-peers.ts; the reading of the input is not counted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <spandsp.h>

#define FRAME 160

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

int main(void)
{
    size_t room = 1 << 20, count = 0, got;
    int16_t *sound = malloc(room * sizeof(int16_t));
    while (sound && (got = fread(sound + count, sizeof(int16_t), room - count, stdin)) > 0) {
        count += got;
        if (count == room) sound = realloc(sound, (room *= 2) * sizeof(int16_t));
    }
    dtmf_rx_state_t *receiver = dtmf_rx_init(NULL, NULL, NULL);
    if (!sound || !receiver) return 1;
    char digits[256];
    double begun = cpu_us();
    for (size_t at = 0; at < count; at += FRAME) {
        dtmf_rx(receiver, sound + at, count - at < FRAME ? (int) (count - at) : FRAME);
        size_t known = dtmf_rx_get(receiver, digits, sizeof(digits) - 1);
        if (known > 0) fwrite(digits, 1, known, stdout);
    }
    double spent = cpu_us() - begun;
    printf("\n%.3f\n", count ? spent / ((double) count / FRAME) : 0.0);
    return 0;
}
