// UDP in batches for the media process: many sockets are drained into one block of octets, and many packets sent, with one call
// from JavaScript for all of them and nothing allocated per packet.
//
// The sockets are Node's: it binds, passes and closes them; here only descriptors are read and written that Node does not read. All
// state belongs to a batch that JavaScript holds, so batches, threads and processes do not know of each other.

#pragma once

#define NAPI_VERSION 8

#include <netinet/in.h>
#include <node_api.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace udp_batch {

// Messages of one recvmmsg or sendmmsg: more gain nothing.
constexpr unsigned kMessages = 32;
// What one socket may fill in a round before the others have had their turn.
constexpr unsigned kTurn = 128;
constexpr int kEvents = 1024;
constexpr uint32_t kMaxSockets = 65536;
constexpr uint32_t kMaxSlots = 65536;
constexpr uint32_t kMaxSlotSize = 65536;
// Places in the table of sources that one address may have.
constexpr uint32_t kWays = 4;
// In place of one in the table, when all its places are in use by this drain.
constexpr int32_t kNoPlace = -1;
constexpr int kArrays = 7;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

struct Socket {
  int fd;
  // Place of its last source in the table; most packets come from there.
  int32_t from;
  Address to;
  socklen_t toLength;
};

// An address that packets came from, whatever their port. JavaScript has its text under the same number.
struct Source {
  Address host;
  // The last drain that saw it: what this drain refers to is not replaced.
  uint32_t seenIn;
};

// By index in the array `counts`; `COUNTED` in src/media/udp-batch-addon.ts says what they mean.
enum Count { kTooLong, kFull, kRefused, kUnreachable, kForbidden, kUnsendable, kCounts };

struct Batch {
  int epoll;
  Socket* sockets;
  uint32_t socketCount;
  uint32_t slotSize;
  uint32_t slots;
  uint32_t drains;
  Source* sources;
  uint32_t sourceCount;
  // Who was replaced last, so that the places of a set are used in turn.
  uint32_t lastReplaced;

  // The arrays that JavaScript reads, by packet, and by source.
  uint8_t* block;
  int32_t* owners;
  int32_t* lengths;
  int32_t* ports;
  int32_t* places;
  uint8_t* fresh;
  uint32_t* counts;
  napi_ref refs[kArrays];

  // By slot, made once: where the kernel writes a packet and its source.
  Address* names;
  iovec* pieces;
  mmsghdr* incoming;

  iovec outgoingPieces[kMessages];
  mmsghdr outgoing[kMessages];
  epoll_event events[kEvents];
};

// Fills the arrays with what all sockets have. Returns the number of packets; what has no room stays with the kernel.
uint32_t drainAll(Batch* batch);

// Sends the slots from `first` on, each from its socket to where that aims, in order. What the system does not take is lost and counted.
void sendAll(Batch* batch, uint8_t* block, const int32_t* owners, const int32_t* lengths, uint32_t slots, uint32_t first, uint32_t count);

// The socket of that number; nullptr when there is none.
inline Socket* socketAt(Batch* batch, uint32_t id) {
  if (id >= batch->socketCount || batch->sockets[id].fd < 0) return nullptr;
  return &batch->sockets[id];
}

// Counts what the system said of a packet.
void countError(Batch* batch, int error);

}  // namespace udp_batch
