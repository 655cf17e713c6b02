/*
 * The far ends of the calls that the relay benchmarks measure: two RTP streams a call, 50 packets a second each, spread evenly over the packet
 * time, and what comes back. Built and run by rtp-load.ts.
 *
 *   rtp-load CALLS WARM_UP_MS MEASURE_MS CORE [FRAMES_EVEN FRAMES_ODD]
 *
 * Leg 2n and leg 2n+1 are the two ends of call n. Prints the port that each leg has; then reads a line a leg: port of the relay, payload type,
 * timestamp units a packet, and for an SRTP leg its key and the relay's in base64 (AES_CM_128_HMAC_SHA1_80), else two dashes. Prints `begin` and
 * `end` around the measured time, and one line of JSON at the end. CORE -1 pins nothing. Many legs share a socket, so that sending and receiving
 * take few system calls: this program must not be what is measured. Ends when its standard input does.
 *
 * A payload holds, without files of frames, the time it was sent (nanoseconds), the leg and the number of the packet. With them the payloads are
 * those of the file of the leg's parity, again and again (two octets of length before each), and packets that come back are told by their
 * timestamps. A packet's way ends when the kernel takes it in for us, so that how often we look does not count.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "rtp-load-figures.h"
#ifdef WITH_SRTP
#include "rtp-load-srtp.h"
#endif

#define PTIME_NS 20000000LL
#define ROUND_NS 250000LL      /* between two looks at what is due; what came is fetched every fourth time */
#define ROUNDS_A_FETCH 4
#define STALL_NS 40000000LL    /* this late, the beat begins anew */
#define AFTER_PACKETS 15       /* sent and awaited after the measured ones */
#define LEGS_A_SOCKET 64
#define BATCH 32
#define ROOM 1500
#define HEADER 12
#define STAMP 16
#define G711_OCTETS 160
#define SENT_RING 64
#define FETCH_BUFFER (4 << 20)

typedef struct {
    struct sockaddr_in to;
    int fd, step;
    uint8_t payload_type;
    uint16_t sequence;
    uint32_t timestamp, sent, highest;
    int64_t sent_at[SENT_RING];
    int heard, synced;
    uint32_t first_timestamp, first_number;
#ifdef WITH_SRTP
    srtp_t protect, unprotect;
#endif
} Leg;

static Leg *legs;
static int *sockets;
static int leg_count, socket_count, secure, framed;
static Frames frames[2];
static int leg_of_port[65536];
static Histogram way, late;
static uint32_t measure_from, measure_to;
static uint64_t sent_count, received_count, unsent, stalls, reordered, duplicate, strange, broken;
static uint8_t out[BATCH][ROOM], in[BATCH][ROOM];

static int open_socket(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), on = 1, size = FETCH_BUFFER;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) < 0) stop_for("socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    sockets[socket_count++] = fd;
    return fd;
}

/* Both ends of a call have sockets of their own. */
static void open_legs(void) {
    for (int i = 0; i < leg_count; i++) {
        legs[i].fd = i / 2 % LEGS_A_SOCKET == 0 ? open_socket() : legs[i - 2].fd;
        struct sockaddr_in own;
        socklen_t size = sizeof own;
        getsockname(legs[i].fd, (struct sockaddr *)&own, &size);
        printf("%d%c", ntohs(own.sin_port), i + 1 < leg_count ? ' ' : '\n');
    }
    fflush(stdout);
}

static void read_legs(void) {
    for (int i = 0; i < leg_count; i++) {
        Leg *leg = &legs[i];
        int port, type;
        char ours[80], theirs[80];
        if (scanf("%d %d %d %79s %79s", &port, &type, &leg->step, ours, theirs) != 5) exit(1);
        leg->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        leg->payload_type = type;
        leg->sequence = i * 7;
        leg->timestamp = i * 1009;
        leg_of_port[port] = i + 1;
        if (strcmp(ours, "-") == 0) continue;
        secure = 1;
#ifdef WITH_SRTP
        leg->protect = session(ours, ssrc_any_outbound);
        leg->unprotect = session(theirs, ssrc_any_inbound);
#else
        fprintf(stderr, "built without SRTP\n");
        exit(1);
#endif
    }
}

static int write_packet(uint8_t *to, int index, int64_t at) {
    Leg *leg = &legs[index];
    uint32_t ssrc = htonl(0x50000000u + index), timestamp = htonl(leg->timestamp), number[2] = {index, leg->sent};
    uint16_t sequence = htons(leg->sequence);
    to[0] = 0x80;
    to[1] = leg->payload_type;
    memcpy(to + 2, &sequence, 2);
    memcpy(to + 4, &timestamp, 4);
    memcpy(to + 8, &ssrc, 4);
    int length = HEADER;
    if (framed) {
        const Frames *all = &frames[index & 1];
        /* Each leg begins somewhere else, so that not all have the loud moment at once. */
        const uint8_t *frame = all->octets + all->starts[(leg->sent + (uint32_t)index * 13) % all->count];
        int octets = frame[0] << 8 | frame[1];
        memcpy(to + HEADER, frame + 2, octets);
        length += octets;
    } else {
        memcpy(to + HEADER, &at, 8);
        memcpy(to + HEADER + 8, number, 8);
        memset(to + HEADER + STAMP, 0xd5, G711_OCTETS - STAMP);
        length += G711_OCTETS;
    }
#ifdef WITH_SRTP
    if (leg->protect != NULL && srtp_protect(leg->protect, to, &length) != srtp_err_status_ok) broken++;
#endif
    leg->sent_at[leg->sent % SENT_RING] = at;
    if (leg->sent >= measure_from && leg->sent < measure_to) sent_count++;
    leg->sent++;
    leg->sequence++;
    leg->timestamp += leg->step;
    return length;
}

/* First the one ends of all calls, then the other ends. */
static int leg_at(uint64_t turn) {
    int place = turn % leg_count, calls = leg_count / 2;
    return place < calls ? 2 * place : 2 * (place - calls) + 1;
}

static void send_batch(int fd, struct mmsghdr *messages, int count) {
    for (int done = 0, tries = 0; done < count;) {
        int sent = sendmmsg(fd, messages + done, count - done, 0);
        if (sent > 0) { done += sent; tries = 0; continue; }
        /* A refusal is of an earlier packet; then this one has its turn. */
        if (tries++ < 2) continue;
        unsent++;
        done++;
        tries = 0;
    }
}

static void send_due(uint64_t *done, uint64_t due, int64_t start) {
    static struct mmsghdr messages[BATCH];
    static struct iovec pieces[BATCH];
    while (*done < due) {
        int64_t at = now_ns(CLOCK_REALTIME), ideal = start + (int64_t)(*done * PTIME_NS / leg_count);
        int fd = legs[leg_at(*done)].fd, count = 0;
        if (*done / leg_count >= measure_from && *done / leg_count < measure_to) note(&late, now_ns(CLOCK_MONOTONIC) - ideal);
        for (; count < BATCH && *done < due; count++, ++*done) {
            int index = leg_at(*done);
            if (legs[index].fd != fd) break;
            pieces[count] = (struct iovec){out[count], write_packet(out[count], index, at)};
            messages[count].msg_hdr = (struct msghdr){&legs[index].to, sizeof legs[index].to, &pieces[count], 1, NULL, 0, 0};
        }
        send_batch(fd, messages, count);
    }
}

/* The number of a packet by its timestamp: the first that comes is the last that was sent before. */
static uint32_t number_of(Leg *to, const Leg *from, uint32_t timestamp, int64_t came) {
    if (!to->synced) {
        uint32_t last = from->sent - 1;
        while (last > 0 && from->sent - last < SENT_RING && from->sent_at[last % SENT_RING] > came) last--;
        to->first_timestamp = timestamp;
        to->first_number = last;
        to->synced = from->sent + 25 >= measure_from;
    }
    return to->first_number + (int32_t)(timestamp - to->first_timestamp) / to->step;
}

static void take(uint8_t *packet, int length, int port, int64_t came) {
    int index = leg_of_port[port] - 1;
    if (packet[1] >= 192 && packet[1] <= 223) return; /* RTCP (RFC 5761 section 4) */
    if (index < 0 || length < HEADER + STAMP) { strange++; return; }
    if (!framed && !secure) {
        /* By what it says of itself: without a relay, many legs come from one port. */
        memcpy(&index, packet + HEADER + 8, 4);
        index ^= 1;
        if (index < 0 || index >= leg_count || ntohs(legs[index].to.sin_port) != port) { strange++; return; }
    }
    Leg *to = &legs[index], *from = &legs[index ^ 1];
#ifdef WITH_SRTP
    if (to->unprotect != NULL && srtp_unprotect(to->unprotect, packet, &length) != srtp_err_status_ok) { broken++; return; }
#endif
    if ((packet[1] & 0x7f) != to->payload_type) { strange++; return; }
    uint32_t timestamp, stamped[2], number;
    int64_t sent;
    if (framed) {
        memcpy(&timestamp, packet + 4, 4);
        number = number_of(to, from, ntohl(timestamp), came);
        sent = from->sent_at[number % SENT_RING];
        if (from->sent - number > SENT_RING) { strange++; return; }
    } else {
        memcpy(&sent, packet + HEADER, 8);
        memcpy(stamped, packet + HEADER + 8, 8);
        if ((int)stamped[0] != (index ^ 1)) { strange++; return; }
        number = stamped[1];
    }
    int new = !to->heard || number > to->highest, counts = number >= measure_from && number < measure_to;
    if (counts && to->heard && number == to->highest) { duplicate++; return; }
    if (new) to->highest = number;
    to->heard = 1;
    if (!counts) return;
    if (!new) reordered++;
    received_count++;
    note(&way, came - sent);
}

/* All sockets are asked: one that somebody waits at costs the relay more to send to, as no far end on a network does. */
static void fetch(void) {
    static struct mmsghdr messages[BATCH];
    static struct iovec pieces[BATCH];
    static struct sockaddr_in names[BATCH];
    static char controls[BATCH][64];
    for (int s = 0; s < socket_count; s++) {
        for (int got = BATCH; got == BATCH;) {
            for (int i = 0; i < BATCH; i++) {
                pieces[i] = (struct iovec){in[i], ROOM};
                messages[i].msg_hdr = (struct msghdr){&names[i], sizeof names[i], &pieces[i], 1, controls[i], sizeof controls[i], 0};
            }
            got = recvmmsg(sockets[s], messages, BATCH, 0, NULL);
            for (int i = 0; i < got; i++) {
                struct cmsghdr *told = CMSG_FIRSTHDR(&messages[i].msg_hdr);
                struct timespec at = {0};
                if (told != NULL && told->cmsg_type == SCM_TIMESTAMPNS) memcpy(&at, CMSG_DATA(told), sizeof at);
                take(in[i], messages[i].msg_len, ntohs(names[i].sin_port), at.tv_sec * 1000000000LL + at.tv_nsec);
            }
        }
    }
}

static void run(void) {
    uint64_t done = 0, begin = (uint64_t)measure_from * leg_count, end = (uint64_t)measure_to * leg_count, last = end + AFTER_PACKETS * leg_count;
    int64_t start = now_ns(CLOCK_MONOTONIC), next = start, begun = 0, ended = 0;
    double cpu = 0;
    struct pollfd input = {.fd = 0, .events = POLLIN};
    for (int round = 0; done < last || round % ROUNDS_A_FETCH != 0; round++) {
        int64_t now = now_ns(CLOCK_MONOTONIC);
        int64_t behind = now - start - (int64_t)((double)done / leg_count * PTIME_NS);
        /* What was missed for so long is not made up for: that would be a load of another kind. */
        if (behind > STALL_NS) { start += behind; stalls += done >= begin && done < end; }
        uint64_t due = (uint64_t)((double)(now - start) / PTIME_NS * leg_count);
        send_due(&done, due > last ? last : due, start);
        if (begun == 0 && done >= begin) { begun = now; cpu = own_cpu_ms(); puts("begin"); fflush(stdout); }
        if (ended == 0 && done >= end) { ended = now; cpu = own_cpu_ms() - cpu; puts("end"); fflush(stdout); }
        if (round % ROUNDS_A_FETCH == 0) fetch();
        if (round % 400 == 0 && poll(&input, 1, 0) > 0 && (input.revents & POLLHUP) != 0) exit(1);
        next = next + ROUND_NS > now ? next + ROUND_NS : now;
        struct timespec at = {next / 1000000000LL, next % 1000000000LL};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
    printf("{\"sent\":%lu,\"received\":%lu,\"unsent\":%lu,\"reordered\":%lu,\"duplicate\":%lu,\"strange\":%lu,\"broken\":%lu,\"stalls\":%lu,"
           "\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f,\"lateP99Ms\":%.3f,\"lateMaxMs\":%.3f,\"cpuMs\":%.1f,\"tookMs\":%.1f}\n",
           sent_count, received_count, unsent, reordered, duplicate, strange, broken, stalls, at_part(&way, 0.5), at_part(&way, 0.99), way.max / 1e6,
           at_part(&late, 0.99), late.max / 1e6, cpu, (ended - begun) / 1e6);
}

int main(int count, char **words) {
    if (count != 5 && count != 7) { fprintf(stderr, "usage: rtp-load CALLS WARM_UP_MS MEASURE_MS CORE [FRAMES_EVEN FRAMES_ODD]\n"); return 2; }
    leg_count = 2 * atoi(words[1]);
    measure_from = atoi(words[2]) / 20;
    measure_to = measure_from + atoi(words[3]) / 20;
    framed = count == 7;
    for (int i = 0; framed && i < 2; i++) frames[i] = read_frames(words[5 + i]);
    cpu_set_t core;
    CPU_ZERO(&core);
    if (atoi(words[4]) >= 0) CPU_SET(atoi(words[4]), &core);
    if (atoi(words[4]) >= 0 && sched_setaffinity(0, sizeof core, &core) < 0) stop_for("sched_setaffinity");
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    prctl(PR_SET_PDEATHSIG, 9UL, 0UL, 0UL, 0UL);
#ifdef WITH_SRTP
    srtp_init();
#endif
    legs = calloc(leg_count, sizeof *legs);
    sockets = calloc(leg_count, sizeof *sockets);
    if (legs == NULL || sockets == NULL) stop_for("calloc");
    open_legs();
    read_legs();
    run();
    return 0;
}
