// The batch as JavaScript sees it (Node-API, version 8; src/media/udp-batch-addon.ts has the types). Every argument is checked: a wrong one is a
// TypeError, never a wild write.

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"

namespace udp_batch {
namespace {

// Octets asked for the kernel's buffers of each socket: a stall of seconds is ridden out. The kernel may give less.
constexpr int kSocketBuffer = 1 << 20;
constexpr napi_type_tag kBatchTag = {0x5d1c8e2f70a94b36, 0x8f3e6a17c2d4590b};
// An IPv6 address, `%`, the name of an interface.
constexpr size_t kTextSize = INET6_ADDRSTRLEN + 1 + IF_NAMESIZE;

napi_value refuse(napi_env env, const char* why) {
  napi_throw_type_error(env, nullptr, why);
  return nullptr;
}

// Throws with the system's name of what was in the way.
napi_value failWith(napi_env env, int error, const char* why) {
  const char* name = error == EMFILE ? "EMFILE" : error == ENFILE ? "ENFILE" : error == ENOMEM ? "ENOMEM" : error == ENOSPC ? "ENOSPC" : "EBADF";
  napi_throw_error(env, name, why);
  return nullptr;
}

bool readArray(napi_env env, napi_value value, napi_typedarray_type type, void** data, size_t* length) {
  bool is = false;
  napi_typedarray_type found;
  if (napi_is_typedarray(env, value, &is) != napi_ok || !is) return false;
  return napi_get_typedarray_info(env, value, &found, length, data, nullptr, nullptr) == napi_ok && found == type;
}

// The arguments of a call, and the batch that is always the first of them.
template <size_t N>
struct Call {
  napi_value args[N];
  Batch* batch = nullptr;

  bool read(napi_env env, napi_callback_info info) {
    size_t count = N;
    bool is = false;
    void* data = nullptr;
    if (napi_get_cb_info(env, info, &count, args, nullptr, nullptr) != napi_ok || count < N) return false;
    if (napi_check_object_type_tag(env, args[0], &kBatchTag, &is) != napi_ok || !is) return false;
    if (napi_get_value_external(env, args[0], &data) != napi_ok) return false;
    batch = static_cast<Batch*>(data);
    return batch != nullptr;
  }

  bool number(napi_env env, size_t i, uint32_t* value) { return napi_get_value_uint32(env, args[i], value) == napi_ok; }
};

void release(Batch* batch) {
  if (batch->epoll >= 0) close(batch->epoll);
  free(batch->sockets);
  free(batch->sources);
  free(batch->names);
  free(batch->pieces);
  free(batch->incoming);
  free(batch);
}

// Called when JavaScript has forgotten the batch, and when its context ends.
void destroy(napi_env env, void* data, void*) {
  Batch* batch = static_cast<Batch*>(data);
  for (napi_ref ref : batch->refs) {
    if (ref != nullptr) napi_delete_reference(env, ref);
  }
  release(batch);
}

template <typename T>
T* zeroed(size_t count) {
  return static_cast<T*>(calloc(count, sizeof(T)));
}

// Returns a batch without arrays; nullptr with errno when there is no memory, or no descriptor left.
Batch* allocate(size_t slots, size_t sources) {
  Batch* batch = zeroed<Batch>(1);
  if (batch == nullptr) return nullptr;
  batch->epoll = epoll_create1(EPOLL_CLOEXEC);
  int error = batch->epoll < 0 ? errno : ENOMEM;
  batch->sources = zeroed<Source>(sources);
  batch->names = zeroed<Address>(slots);
  batch->pieces = zeroed<iovec>(slots);
  batch->incoming = zeroed<mmsghdr>(slots);
  if (batch->epoll >= 0 && batch->sources != nullptr && batch->names != nullptr && batch->pieces != nullptr && batch->incoming != nullptr) return batch;
  release(batch);
  errno = error;
  return nullptr;
}

// create(block, sockets, lengths, ports, places, fresh, counts, slotSize): a batch that fills these arrays; `block` begins with a slot for work.
napi_value create(napi_env env, napi_callback_info info) {
  napi_value args[kArrays + 1];
  size_t count = kArrays + 1;
  void* data[kArrays];
  size_t sizes[kArrays];
  uint32_t slotSize = 0;
  constexpr napi_typedarray_type types[kArrays] = {napi_uint8_array, napi_int32_array, napi_int32_array, napi_int32_array,
                                                   napi_int32_array, napi_uint8_array, napi_uint32_array};
  if (napi_get_cb_info(env, info, &count, args, nullptr, nullptr) != napi_ok || count < kArrays + 1) return refuse(env, "create: eight arguments");
  for (int i = 0; i < kArrays; i++) {
    if (!readArray(env, args[i], types[i], &data[i], &sizes[i])) return refuse(env, "create: an array of another type");
  }
  if (napi_get_value_uint32(env, args[kArrays], &slotSize) != napi_ok || slotSize == 0 || slotSize > kMaxSlotSize) return refuse(env, "create: slot size");
  size_t slots = sizes[1];
  if (slots == 0 || slots > kMaxSlots || sizes[0] / slotSize < slots + 1 || sizes[2] != slots || sizes[3] != slots || sizes[4] != slots ||
      sizes[5] < kWays || sizes[5] > kMaxSlots || sizes[6] < kCounts) {
    return refuse(env, "create: arrays of sizes that do not fit");
  }
  Batch* batch = allocate(slots, sizes[5]);
  if (batch == nullptr) return failWith(env, errno, "create: no memory, or no descriptor left");
  batch->slotSize = slotSize;
  batch->slots = static_cast<uint32_t>(slots);
  batch->sourceCount = static_cast<uint32_t>(sizes[5]);
  batch->block = static_cast<uint8_t*>(data[0]);
  batch->owners = static_cast<int32_t*>(data[1]);
  batch->lengths = static_cast<int32_t*>(data[2]);
  batch->ports = static_cast<int32_t*>(data[3]);
  batch->places = static_cast<int32_t*>(data[4]);
  batch->fresh = static_cast<uint8_t*>(data[5]);
  batch->counts = static_cast<uint32_t*>(data[6]);
  for (size_t i = 0; i < slots; i++) {
    batch->pieces[i] = {batch->block + slotSize * (i + 1), slotSize};
    batch->incoming[i].msg_hdr.msg_name = &batch->names[i];
    batch->incoming[i].msg_hdr.msg_iov = &batch->pieces[i];
    batch->incoming[i].msg_hdr.msg_iovlen = 1;
  }
  napi_value external = nullptr;
  if (napi_create_external(env, batch, destroy, nullptr, &external) != napi_ok) {
    release(batch);
    return refuse(env, "create: external");
  }
  for (int i = 0; i < kArrays; i++) {
    if (napi_create_reference(env, args[i], 1, &batch->refs[i]) != napi_ok) return refuse(env, "create: reference");
  }
  if (napi_type_tag_object(env, external, &kBatchTag) != napi_ok) return refuse(env, "create: tag");
  return external;
}

bool makeRoom(Batch* batch, uint32_t id) {
  if (id < batch->socketCount) return true;
  uint32_t wanted = batch->socketCount == 0 ? 64 : batch->socketCount;
  while (wanted <= id) wanted *= 2;
  Socket* grown = static_cast<Socket*>(realloc(batch->sockets, wanted * sizeof(Socket)));
  if (grown == nullptr) return false;
  batch->sockets = grown;
  for (; batch->socketCount < wanted; batch->socketCount++) grown[batch->socketCount].fd = -1;
  return true;
}

// attach(batch, id, fd): from now on the descriptor is drained as socket `id`.
napi_value attach(napi_env env, napi_callback_info info) {
  Call<3> call;
  uint32_t id = 0;
  int32_t fd = -1;
  if (!call.read(env, info) || !call.number(env, 1, &id) || napi_get_value_int32(env, call.args[2], &fd) != napi_ok || id >= kMaxSockets ||
      fd < 0 || socketAt(call.batch, id) != nullptr) {
    return refuse(env, "attach: a batch, a free number, a descriptor");
  }
  if (!makeRoom(call.batch, id)) return failWith(env, ENOMEM, "attach: no memory");
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u32 = id;
  if (epoll_ctl(call.batch->epoll, EPOLL_CTL_ADD, fd, &event) != 0) return failWith(env, errno, "attach: the descriptor cannot be watched");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kSocketBuffer, sizeof kSocketBuffer);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);
  Socket* socket = &call.batch->sockets[id];
  memset(socket, 0, sizeof *socket);
  socket->from = kNoPlace;
  socket->fd = fd;
  return nullptr;
}

// detach(batch, id): the descriptor is not touched any more. Must come before it is closed: another process may hold the socket by then.
napi_value detach(napi_env env, napi_callback_info info) {
  Call<2> call;
  uint32_t id = 0;
  if (!call.read(env, info) || !call.number(env, 1, &id)) return refuse(env, "detach: a batch, a number");
  Socket* socket = socketAt(call.batch, id);
  if (socket == nullptr) return nullptr;
  epoll_ctl(call.batch->epoll, EPOLL_CTL_DEL, socket->fd, nullptr);
  memset(socket, 0, sizeof *socket);
  socket->fd = -1;
  return nullptr;
}

// drain(batch): fills the arrays. Returns the number of packets.
napi_value drain(napi_env env, napi_callback_info info) {
  Call<1> call;
  if (!call.read(env, info)) return refuse(env, "drain: a batch");
  napi_value result = nullptr;
  napi_create_uint32(env, drainAll(call.batch), &result);
  return result;
}

// source(batch, i): where packet `i` of the last drain came from, as Node writes it. An IPv6 address of one link names the interface.
napi_value source(napi_env env, napi_callback_info info) {
  Call<2> call;
  uint32_t i = 0;
  if (!call.read(env, info) || !call.number(env, 1, &i) || i >= call.batch->slots) return refuse(env, "source: a batch, a packet");
  const Address& from = call.batch->names[i];
  char text[kTextSize] = "";
  if (from.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &from.v4.sin_addr, text, sizeof text);
  } else if (from.any.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &from.v6.sin6_addr, text, sizeof text);
    char name[IF_NAMESIZE];
    if (IN6_IS_ADDR_LINKLOCAL(&from.v6.sin6_addr) && if_indextoname(from.v6.sin6_scope_id, name) != nullptr) {
      size_t used = strlen(text);
      snprintf(text + used, sizeof text - used, "%%%s", name);
    }
  }
  napi_value result = nullptr;
  napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

// Reads an address. Returns its length, 0 when it is none.
socklen_t readAddress(char* text, uint16_t port, Address* to) {
  memset(to, 0, sizeof *to);
  if (inet_pton(AF_INET, text, &to->v4.sin_addr) == 1) {
    to->v4.sin_family = AF_INET;
    to->v4.sin_port = htons(port);
    return sizeof to->v4;
  }
  char* scope = strchr(text, '%');
  if (scope != nullptr) *scope++ = '\0';
  if (inet_pton(AF_INET6, text, &to->v6.sin6_addr) != 1) return 0;
  to->v6.sin6_family = AF_INET6;
  to->v6.sin6_port = htons(port);
  to->v6.sin6_scope_id = scope == nullptr ? 0 : if_nametoindex(scope);
  return sizeof to->v6;
}

// aim(batch, id, address, port): where the packets of a socket go from now on. To what is no address nothing goes.
napi_value aim(napi_env env, napi_callback_info info) {
  Call<4> call;
  uint32_t id = 0;
  uint32_t port = 0;
  size_t length = 0;
  char text[kTextSize];
  if (!call.read(env, info) || !call.number(env, 1, &id) || !call.number(env, 3, &port) || port > 65535 ||
      napi_get_value_string_latin1(env, call.args[2], text, sizeof text, &length) != napi_ok) {
    return refuse(env, "aim: a batch, a number, an address, a port");
  }
  Socket* socket = socketAt(call.batch, id);
  if (socket == nullptr) return refuse(env, "aim: no such socket");
  socket->toLength = readAddress(text, static_cast<uint16_t>(port), &socket->to);
  return nullptr;
}

// send(batch, block, sockets, lengths, first, count): sends slots of a ring, from `first` on.
napi_value send(napi_env env, napi_callback_info info) {
  Call<6> call;
  void* block = nullptr;
  void* owners = nullptr;
  void* lengths = nullptr;
  size_t size = 0;
  size_t slots = 0;
  size_t lengthCount = 0;
  uint32_t first = 0;
  uint32_t count = 0;
  if (!call.read(env, info) || !readArray(env, call.args[1], napi_uint8_array, &block, &size) ||
      !readArray(env, call.args[2], napi_int32_array, &owners, &slots) || !readArray(env, call.args[3], napi_int32_array, &lengths, &lengthCount) ||
      !call.number(env, 4, &first) || !call.number(env, 5, &count) || slots > kMaxSlots || lengthCount != slots || first >= slots ||
      count > slots || size / call.batch->slotSize < slots) {
    return refuse(env, "send: a batch, a block, its sockets and lengths, a range");
  }
  sendAll(call.batch, static_cast<uint8_t*>(block), static_cast<int32_t*>(owners), static_cast<int32_t*>(lengths), static_cast<uint32_t>(slots), first,
          count);
  return nullptr;
}

}  // namespace
}  // namespace udp_batch

NAPI_MODULE_INIT() {
  using namespace udp_batch;
  const napi_property_descriptor functions[] = {
      {"create", nullptr, create, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"attach", nullptr, attach, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"detach", nullptr, detach, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"drain", nullptr, drain, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"source", nullptr, source, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"aim", nullptr, aim, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"send", nullptr, send, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  return exports;
}
