// Sending: sendto where a socket has one packet, which is the rule, sendmmsg where it has more in a row.

#include <errno.h>
#include <string.h>

#include "batch.h"

namespace udp_batch {

void countError(Batch* batch, int error) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      batch->counts[kFull]++;
      return;
    case ECONNREFUSED:
      batch->counts[kRefused]++;
      return;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
      batch->counts[kUnreachable]++;
      return;
    case EPERM:
    case EACCES:
      batch->counts[kForbidden]++;
      return;
    default:
      batch->counts[kUnsendable]++;
  }
}

namespace {

constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;

// Returns how many were sent, -1 with errno when the first was not.
int sendSome(int fd, mmsghdr* messages, unsigned count) {
  if (count > 1) return sendmmsg(fd, messages, count, kFlags);
  const msghdr& header = messages->msg_hdr;
  const sockaddr* to = static_cast<const sockaddr*>(header.msg_name);
  return sendto(fd, header.msg_iov->iov_base, header.msg_iov->iov_len, kFlags, to, header.msg_namelen) < 0 ? -1 : 1;
}

// Sends prepared messages of one socket in order. Each that is not taken is left out and counted, and those after it have their chance.
void sendMessages(Batch* batch, int fd, unsigned count) {
  bool again = false;
  for (unsigned done = 0; done < count;) {
    int sent = sendSome(fd, batch->outgoing + done, count - done);
    if (sent > 0) {
      done += static_cast<unsigned>(sent);
      again = false;
      continue;
    }
    if (errno == EINTR) continue;
    if (!again) countError(batch, errno);
    // A refusal may tell of an earlier packet, in the way of this one.
    again = errno == ECONNREFUSED && !again;
    if (!again) done++;
  }
}

}  // namespace

void sendAll(Batch* batch, uint8_t* block, const int32_t* owners, const int32_t* lengths, uint32_t slots, uint32_t first, uint32_t count) {
  int fd = -1;
  unsigned prepared = 0;
  for (uint32_t i = 0; i < count; i++) {
    size_t slot = (first + i) % slots;
    Socket* socket = owners[slot] < 0 ? nullptr : socketAt(batch, static_cast<uint32_t>(owners[slot]));
    if (socket == nullptr) continue;
    if (lengths[slot] < 0 || static_cast<uint32_t>(lengths[slot]) > batch->slotSize || socket->toLength == 0) {
      batch->counts[kUnsendable]++;
      continue;
    }
    if (prepared > 0 && (socket->fd != fd || prepared == kMessages)) {
      sendMessages(batch, fd, prepared);
      prepared = 0;
    }
    fd = socket->fd;
    batch->outgoingPieces[prepared] = {block + slot * batch->slotSize, static_cast<size_t>(lengths[slot])};
    msghdr* header = &batch->outgoing[prepared].msg_hdr;
    memset(header, 0, sizeof *header);
    header->msg_name = &socket->to;
    header->msg_namelen = socket->toLength;
    header->msg_iov = &batch->outgoingPieces[prepared];
    header->msg_iovlen = 1;
    prepared++;
  }
  if (prepared > 0) sendMessages(batch, fd, prepared);
}

}  // namespace udp_batch
