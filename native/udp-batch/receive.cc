// Draining: recvfrom where a socket has one packet, which is the rule, recvmmsg where it has more, on one level-triggered epoll set.

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "batch.h"

namespace udp_batch {
namespace {

// A socket reports an error of an earlier packet once; the call after it reads on.
constexpr int kTries = 3;

uint8_t* slotAt(Batch* batch, uint32_t slot) { return batch->block + static_cast<size_t>(batch->slotSize) * (slot + 1); }

bool sameHost(const Address& a, const Address& b) {
  if (a.any.sa_family != b.any.sa_family) return false;
  if (a.any.sa_family == AF_INET) return a.v4.sin_addr.s_addr == b.v4.sin_addr.s_addr;
  return a.v6.sin6_scope_id == b.v6.sin6_scope_id && memcmp(&a.v6.sin6_addr, &b.v6.sin6_addr, sizeof a.v6.sin6_addr) == 0;
}

uint32_t hashOf(const Address& host) {
  uint32_t words[4] = {host.v4.sin_addr.s_addr, 0, 0, 0};
  if (host.any.sa_family == AF_INET6) memcpy(words, &host.v6.sin6_addr, sizeof words);
  uint32_t hash = 0;
  for (uint32_t word : words) hash = (hash ^ word) * 0x9e3779b1u;
  return hash ^ (hash >> 15);
}

// The source's place in the table, whose text JavaScript knows or is told to ask for. Nothing that this drain refers to is replaced.
int32_t placeOf(Batch* batch, Socket* socket, const Address& from) {
  Source* last = socket->from == kNoPlace ? nullptr : &batch->sources[socket->from];
  if (last != nullptr && sameHost(last->host, from)) {
    last->seenIn = batch->drains;
    return socket->from;
  }
  uint32_t first = hashOf(from) % (batch->sourceCount / kWays) * kWays;
  int32_t free = kNoPlace;
  for (uint32_t i = 0; i < kWays; i++) {
    uint32_t place = first + (i + batch->lastReplaced) % kWays;
    Source* source = &batch->sources[place];
    if (sameHost(source->host, from)) {
      source->seenIn = batch->drains;
      return socket->from = static_cast<int32_t>(place);
    }
    if (free == kNoPlace && source->seenIn != batch->drains) free = static_cast<int32_t>(place);
  }
  if (free == kNoPlace) return kNoPlace;
  batch->lastReplaced++;
  batch->sources[free].host = from;
  batch->sources[free].seenIn = batch->drains;
  batch->fresh[free] = 1;
  return socket->from = free;
}

void note(Batch* batch, uint32_t id, uint32_t slot, uint32_t length) {
  const Address& from = batch->names[slot];
  batch->owners[slot] = static_cast<int32_t>(id);
  batch->lengths[slot] = static_cast<int32_t>(length);
  batch->ports[slot] = ntohs(from.any.sa_family == AF_INET ? from.v4.sin_port : from.v6.sin6_port);
  batch->places[slot] = placeOf(batch, &batch->sockets[id], from);
}

// Whether a call that failed should be made again: what an earlier packet met is told once, in the way of the next.
bool readsOn(Batch* batch, int tries) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
  if (errno != EINTR) countError(batch, errno);
  return tries < kTries;
}

// Reads one packet of a socket. Returns the new number of packets.
uint32_t receiveOne(Batch* batch, uint32_t id, uint32_t filled) {
  for (int tries = 1;; tries++) {
    socklen_t nameLength = sizeof(Address);
    // With MSG_TRUNC the real length is told, also of a datagram that has no room.
    ssize_t length = recvfrom(batch->sockets[id].fd, slotAt(batch, filled), batch->slotSize, MSG_DONTWAIT | MSG_TRUNC,
                              &batch->names[filled].any, &nameLength);
    if (length < 0) {
      if (readsOn(batch, tries)) continue;
      return filled;
    }
    if (static_cast<size_t>(length) > batch->slotSize) {
      batch->counts[kTooLong]++;
      return filled;
    }
    note(batch, id, filled, static_cast<uint32_t>(length));
    return filled + 1;
  }
}

unsigned receiveMessages(Batch* batch, int fd, uint32_t from, unsigned wanted) {
  for (unsigned i = 0; i < wanted; i++) batch->incoming[from + i].msg_hdr.msg_namelen = sizeof(Address);
  for (int tries = 1;; tries++) {
    int got = recvmmsg(fd, batch->incoming + from, wanted, MSG_DONTWAIT, nullptr);
    if (got >= 0) return static_cast<unsigned>(got);
    if (!readsOn(batch, tries)) return 0;
  }
}

// Reads what a socket has, as far as there is room and its turn goes. Returns the new number of packets.
uint32_t receiveMany(Batch* batch, uint32_t id, uint32_t filled) {
  unsigned wanted = kMessages;
  for (unsigned taken = 0; taken < kTurn && filled < batch->slots; taken += wanted) {
    if (wanted > batch->slots - filled) wanted = batch->slots - filled;
    uint32_t first = filled;
    unsigned got = receiveMessages(batch, batch->sockets[id].fd, filled, wanted);
    for (unsigned i = 0; i < got; i++) {
      uint32_t slot = first + i;
      if ((batch->incoming[slot].msg_hdr.msg_flags & MSG_TRUNC) != 0) {
        batch->counts[kTooLong]++;
        continue;
      }
      uint32_t length = batch->incoming[slot].msg_len;
      if (filled != slot) {
        // One before it was dropped.
        memmove(slotAt(batch, filled), slotAt(batch, slot), length);
        batch->names[filled] = batch->names[slot];
      }
      note(batch, id, filled, length);
      filled++;
    }
    if (got < wanted) break;
  }
  return filled;
}

}  // namespace

uint32_t drainAll(Batch* batch) {
  batch->drains++;
  uint32_t filled = 0;
  // Most sockets have one packet, and to ask for a second costs nearly as much as to read it: what has more is ready again in the
  // next round. There are no more rounds than fit the slots with turns, so that a flood cannot hold this call for good.
  for (uint32_t round = 0; round <= 1 + batch->slots / kTurn && filled < batch->slots; round++) {
    int ready = epoll_wait(batch->epoll, batch->events, kEvents, 0);
    if (ready <= 0) break;
    for (int i = 0; i < ready && filled < batch->slots; i++) {
      uint32_t id = batch->events[i].data.u32;
      if (socketAt(batch, id) == nullptr) continue;
      filled = round == 0 ? receiveOne(batch, id, filled) : receiveMany(batch, id, filled);
    }
  }
  return filled;
}

}  // namespace udp_batch
