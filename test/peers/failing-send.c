/* Preloaded into a process under test: a datagram that begins with 0xe0 is refused with the error that its second octet numbers, as the
 * kernel would refuse it: sendmmsg stops before it, and says so only when it is the first. One that begins with 0xe1 is refused once. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

static int refused_once;

static int error_for(const void *octets, size_t length) {
  const unsigned char *at = octets;
  if (length < 2 || (at[0] != 0xe0 && at[0] != 0xe1)) return 0;
  if (at[0] == 0xe1 && refused_once++ % 2 == 1) return 0;
  return at[1];
}

ssize_t sendto(int fd, const void *octets, size_t length, int flags, const struct sockaddr *to, socklen_t size) {
  static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
  if (real == 0) real = (ssize_t (*)(int, const void *, size_t, int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "sendto");
  int error = error_for(octets, length);
  if (error == 0) return real(fd, octets, length, flags, to, size);
  errno = error;
  return -1;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  static int (*real)(int, struct mmsghdr *, unsigned, int);
  if (real == 0) real = (int (*)(int, struct mmsghdr *, unsigned, int))dlsym(RTLD_NEXT, "sendmmsg");
  for (unsigned i = 0; i < count; i++) {
    struct iovec *piece = messages[i].msg_hdr.msg_iov;
    int error = error_for(piece->iov_base, piece->iov_len);
    if (error == 0) continue;
    if (i > 0) return real(fd, messages, i, flags);
    errno = error;
    return -1;
  }
  return real(fd, messages, count, flags);
}
