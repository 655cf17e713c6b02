/*
 * A relay that does nothing but what every relay must, as the limit to measure against: two sockets a call, drained by epoll as often as Sotto does and
 * recvmmsg, the header's SSRC, sequence number and timestamp made its own, sent on with sendmmsg; a single packet by recvfrom and sendto, which cost less. It knows its far ends beforehand and asks nobody. Built and
 * run by c-relay.ts.
 *
 *   rtp-relay CALLS CORE
 *
 * Prints the port of each leg, then reads the far port of each, and relays leg 2n to leg 2n+1 and back until its standard input ends. CORE -1 pins
 * nothing.
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
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* As Sotto drains (src/media/drain-beat.ts): the same batching, or the two could not be compared. */
#define MANY_NS 3000000L
#define FEW_NS 4000000L
#define FEW_PACKETS 32
#define MANY_PACKETS 96
#define DRAINS_A_LOOK 50 /* at standard input */
#define PACKETS 2048
#define ROOM 1500
#define FEW 4 /* a socket seldom holds more */
#define EVENTS 512
#define BUFFER (1 << 20)

typedef struct {
    struct sockaddr_in far;
    int fd;
    uint16_t sequence, heard_sequence;
    uint32_t ssrc, offset;
    int heard;
} Leg;

static Leg *legs;
static uint8_t block[PACKETS][ROOM];
static struct mmsghdr messages[PACKETS];
static struct iovec pieces[PACKETS];
static struct sockaddr_in names[PACKETS];
static int from[PACKETS];

static void fail(const char *what) { perror(what); exit(1); }

static void open_leg(Leg *leg, int index, int epoll) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    socklen_t length = sizeof own;
    int size = BUFFER;
    leg->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (leg->fd < 0 || bind(leg->fd, (struct sockaddr *)&own, sizeof own) < 0) fail("socket");
    setsockopt(leg->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(leg->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, leg->fd, &event) < 0) fail("epoll_ctl");
    getsockname(leg->fd, (struct sockaddr *)&own, &length);
    leg->ssrc = 0x70000000u + index * 7919u;
    leg->offset = index * 104729u;
    printf("%d ", ntohs(own.sin_port));
}

/* Most sockets hold one packet; what holds more is ready again in the next round. */
static int receive(int leg, int filled, int round) {
    if (round == 0) {
        socklen_t size = sizeof names[0];
        ssize_t length = recvfrom(legs[leg].fd, block[filled], ROOM, MSG_DONTWAIT, (struct sockaddr *)&names[filled], &size);
        messages[filled].msg_len = length;
        return length > 0;
    }
    for (int i = filled; i < filled + FEW; i++) {
        pieces[i] = (struct iovec){block[i], ROOM};
        messages[i].msg_hdr = (struct msghdr){&names[i], sizeof names[i], &pieces[i], 1, NULL, 0, 0};
    }
    int got = recvmmsg(legs[leg].fd, messages + filled, FEW, MSG_DONTWAIT, NULL);
    return got > 0 ? got : 0;
}

static int drain(int epoll) {
    static struct epoll_event events[EVENTS];
    int filled = 0, ready;
    for (int round = 0; filled + FEW <= PACKETS && (ready = epoll_wait(epoll, events, EVENTS, 0)) > 0; round++) {
        for (int e = 0; e < ready && filled + FEW <= PACKETS; e++) {
            int leg = events[e].data.u32, got = receive(leg, filled, round);
            for (int i = 0; i < got; i++) from[filled++] = leg;
        }
    }
    return filled;
}

/* Written for the leg that sends it; order and gaps stay as they came. */
static int rewrite(Leg *to, Leg *heard, uint8_t *packet, int length, const struct sockaddr_in *name) {
    if (length < 12 || packet[0] >> 6 != 2 || name->sin_port != heard->far.sin_port) return 0;
    uint16_t sequence;
    uint32_t timestamp, ssrc = htonl(to->ssrc);
    memcpy(&sequence, packet + 2, 2);
    memcpy(&timestamp, packet + 4, 4);
    sequence = ntohs(sequence);
    if (!heard->heard) heard->heard_sequence = sequence - 1;
    heard->heard = 1;
    uint16_t out = to->sequence + (uint16_t)(sequence - heard->heard_sequence);
    if ((int16_t)(sequence - heard->heard_sequence) > 0) {
        to->sequence = out;
        heard->heard_sequence = sequence;
    }
    sequence = htons(out);
    timestamp = htonl(ntohl(timestamp) + to->offset);
    memcpy(packet + 2, &sequence, 2);
    memcpy(packet + 4, &timestamp, 4);
    memcpy(packet + 8, &ssrc, 4);
    return 1;
}

static void send_from(Leg *leg, int first, int count) {
    if (count == 1) sendto(leg->fd, pieces[first].iov_base, pieces[first].iov_len, MSG_DONTWAIT, (struct sockaddr *)&leg->far, sizeof leg->far);
    else if (count > 1) sendmmsg(leg->fd, messages + first, count, MSG_DONTWAIT);
}

static void send_on(int count) {
    int done = 0;
    while (done < count) {
        int leg = from[done] ^ 1, last = done, prepared = done;
        for (; last < count && (from[last] ^ 1) == leg; last++) {
            int length = messages[last].msg_len;
            if (!rewrite(&legs[leg], &legs[leg ^ 1], block[last], length, &names[last])) continue;
            pieces[prepared] = (struct iovec){block[last], length};
            messages[prepared].msg_hdr = (struct msghdr){&legs[leg].far, sizeof legs[leg].far, &pieces[prepared], 1, NULL, 0, 0};
            prepared++;
        }
        send_from(&legs[leg], done, prepared - done);
        done = last;
    }
}

int main(int count, char **words) {
    if (count != 3) { fprintf(stderr, "usage: rtp-relay CALLS CORE\n"); return 2; }
    int leg_count = 2 * atoi(words[1]), epoll = epoll_create1(0), port;
    cpu_set_t core;
    CPU_ZERO(&core);
    if (atoi(words[2]) >= 0) CPU_SET(atoi(words[2]), &core);
    if (atoi(words[2]) >= 0 && sched_setaffinity(0, sizeof core, &core) < 0) fail("sched_setaffinity");
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    prctl(PR_SET_PDEATHSIG, 9UL, 0UL, 0UL, 0UL);
    legs = calloc(leg_count, sizeof *legs);
    if (epoll < 0 || legs == NULL) fail("epoll_create1");
    for (int i = 0; i < leg_count; i++) open_leg(&legs[i], i, epoll);
    printf("\n");
    fflush(stdout);
    for (int i = 0; i < leg_count; i++) {
        if (scanf("%d", &port) != 1) return 1;
        legs[i].far = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    }
    printf("ready\n");
    fflush(stdout);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    long wait = MANY_NS;
    for (int beat = 0;; beat++) {
        int count = drain(epoll);
        send_on(count);
        if (beat % DRAINS_A_LOOK == 0 && poll(&input, 1, 0) > 0 && (input.revents & POLLHUP) != 0) return 0;
        wait = count >= (wait == MANY_NS ? FEW_PACKETS : MANY_PACKETS) ? MANY_NS : FEW_NS;
        next.tv_nsec += wait;
        if (next.tv_nsec >= 1000000000L) { next.tv_nsec -= 1000000000L; next.tv_sec++; }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}
