// The null allocator: a malloc that does as little as a correct one can. Preloaded as a subject, its column
// shows what the harness, the operation stream and the touching of memory cost by themselves.
//
// It is no allocator for use: nothing ever returns to the system and a block serves only its own size class
// for ever. Nor is it a lower bound everywhere: an allocator that gives out memory in a better order saves
// cache misses that this one pays, and its start includes the C++ runtime's.
//
//   block   | … offset bytes … | Header | what the caller asked for … |      offset > 0 only for large
//   alignments
//           ^ a multiple of 16          ^ what malloc returns
//
// I1. Sizes are rounded up to a ladder with eight steps an octave (classes), header included.
// I2. A thread frees to its own lists, last in, first out, whichever thread allocated; no atomic operation.
// I3. A list holds at most two magazines of kMagazine blocks. Whole magazines go to and come from the depot,
//     under one mutex, so that producers get back what consumers free.
// I4. The lists of a thread that ends are taken over by the next that begins.
// I5. What no list has is cut from a chunk of the thread's own. Memory fresh from mmap is zero: calloc relies
//     on it.
// The magazines are Bonwick's ("Magazines and Vmem", 2001), without the slab layer under them.
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

namespace {

constexpr std::size_t kAlignment = 16, kPage = 4096, kChunk = std::size_t{4} << 20;
constexpr unsigned kSteps = 8, kMagazine = 64, kFirstOctave = 4;
constexpr std::size_t kLargest = std::size_t{1} << 46;  // size and alignment
constexpr unsigned kClasses = kSteps * (48 - kFirstOctave);

struct Header {
  std::uint64_t size_class;
  std::uint64_t offset;  // from the start of the block to this header
};
static_assert(sizeof(Header) == kAlignment);

struct Free {
  Free* next;
  Free* next_magazine;  // of the first block of a magazine in the depot
};

struct Lists {
  Free* active;
  Free* spare;     // a whole magazine or nothing
  unsigned count;  // in `active`
};

struct Heap {
  Lists lists[kClasses];
  char* fresh;  // [fresh, fresh + left) is the rest of a chunk
  std::size_t left;
  Heap* next_idle;
};

thread_local Heap* heap [[gnu::tls_model("initial-exec")]] = nullptr;
Free* depot[kClasses];
Heap* idle = nullptr;                               // heaps of threads that have ended
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;  // of depot and idle
pthread_key_t thread_end;
bool ready = false;  // thread_end exists: from this library's constructor on, before any second thread

// The class of a block of `bytes`, at least 32: three bits below the leading one, rounded up.
unsigned class_of(std::size_t bytes) {
  const unsigned octave = static_cast<unsigned>(std::bit_width(bytes - 1)) - 1;
  const unsigned step = static_cast<unsigned>((bytes - 1) >> (octave - 3)) + 1;  // 9 to 16, in eighths
  return (octave - kFirstOctave) * kSteps + step - kSteps;
}

std::size_t class_bytes(unsigned size_class) {
  const unsigned octave = (size_class - 1) / kSteps + kFirstOctave,
                 step = (size_class - 1) % kSteps + 1 + kSteps;
  const std::size_t bytes = static_cast<std::size_t>(step) << (octave - 3);
  return (bytes + kAlignment - 1) & ~(kAlignment - 1);
}

char* map(std::size_t bytes) {
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

// The heap of a thread that has none yet.
[[gnu::noinline]] Heap* adopt() {
  pthread_mutex_lock(&mutex);
  Heap* found = idle;
  if (found != nullptr) idle = found->next_idle;
  pthread_mutex_unlock(&mutex);
  if (found == nullptr) found = reinterpret_cast<Heap*>(map(sizeof(Heap)));
  heap = found;
  if (ready && found != nullptr) pthread_setspecific(thread_end, found);
  return found;
}

inline Heap* own_heap() { return heap != nullptr ? heap : adopt(); }

void abandon(void* ended) {
  heap = nullptr;
  pthread_mutex_lock(&mutex);
  static_cast<Heap*>(ended)->next_idle = idle;
  idle = static_cast<Heap*>(ended);
  pthread_mutex_unlock(&mutex);
}

char* cut(unsigned size_class) {
  const std::size_t bytes = class_bytes(size_class);
  if (bytes > kChunk / 4) return map(bytes);
  if (bytes > heap->left) {
    char* chunk = map(kChunk);
    if (chunk == nullptr) return nullptr;
    heap->fresh = chunk;
    heap->left = kChunk;
  }
  heap->left -= bytes;
  char* block = heap->fresh;
  heap->fresh += bytes;
  return block;
}

[[gnu::noinline]] char* refill(Lists& lists, unsigned size_class, bool* zero) {
  Free* magazine = lists.spare;
  lists.spare = nullptr;
  if (magazine == nullptr) {
    pthread_mutex_lock(&mutex);
    magazine = depot[size_class];
    if (magazine != nullptr) depot[size_class] = magazine->next_magazine;
    pthread_mutex_unlock(&mutex);
  }
  if (magazine == nullptr) {
    *zero = true;
    return cut(size_class);
  }
  lists.active = magazine->next;
  lists.count = kMagazine - 1;
  return reinterpret_cast<char*>(magazine);
}

[[gnu::noinline]] void retire(Lists& lists, unsigned size_class) {
  if (Free* magazine = lists.spare) {
    pthread_mutex_lock(&mutex);
    magazine->next_magazine = depot[size_class];
    depot[size_class] = magazine;
    pthread_mutex_unlock(&mutex);
  }
  lists.spare = lists.active;
  lists.active = nullptr;
  lists.count = 0;
}

void* out_of_memory() {
  errno = ENOMEM;
  return nullptr;
}

// `zero` becomes true when the block is fresh from the system.
inline void* allocate(std::size_t size, bool* zero, std::size_t alignment = kAlignment) {
  if (size > kLargest || alignment > kLargest) [[unlikely]]
    return out_of_memory();
  const std::size_t slack = alignment - kAlignment;
  const std::size_t bytes = size + slack + sizeof(Header);
  const unsigned size_class = class_of(bytes < 32 ? 32 : bytes);
  Heap* own = own_heap();
  if (own == nullptr) [[unlikely]]
    return out_of_memory();
  Lists& lists = own->lists[size_class];
  char* block = reinterpret_cast<char*>(lists.active);
  if (block != nullptr) {
    lists.active = lists.active->next;
    --lists.count;
  } else {
    block = refill(lists, size_class, zero);
    if (block == nullptr) return out_of_memory();
  }
  const auto address = reinterpret_cast<std::uintptr_t>(block) + sizeof(Header);
  const std::size_t offset =
      ((address + slack) & ~slack) - address;  // slack: alignment − 16, address: 16 × n
  auto* header = reinterpret_cast<Header*>(block + offset);
  *header = {size_class, offset};
  return header + 1;
}

inline void release(void* pointer) {
  if (pointer == nullptr) return;
  const Header* header = static_cast<Header*>(pointer) - 1;
  const auto size_class = static_cast<unsigned>(header->size_class);
  auto* block = reinterpret_cast<Free*>(reinterpret_cast<std::uintptr_t>(header) - header->offset);
  Heap* own = own_heap();
  if (own == nullptr) [[unlikely]]
    return;  // no memory for a list to keep it in: lost
  Lists& lists = own->lists[size_class];
  block->next = lists.active;
  lists.active = block;
  if (++lists.count == kMagazine) [[unlikely]]
    retire(lists, size_class);
}

std::size_t usable(const void* pointer) {
  const Header* header = static_cast<const Header*>(pointer) - 1;
  return class_bytes(static_cast<unsigned>(header->size_class)) - header->offset - sizeof(Header);
}

void* plain(std::size_t size, std::size_t alignment = kAlignment) {
  bool zero = false;
  return allocate(size, &zero, alignment < kAlignment ? kAlignment : alignment);
}

void* new_or_throw(std::size_t size, std::size_t alignment = kAlignment) {
  for (;;) {
    if (void* block = plain(size, alignment)) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void* new_or_null(std::size_t size, std::size_t alignment = kAlignment) noexcept {
  try {
    return new_or_throw(size, alignment);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* page_aligned(std::size_t size) { return plain(size, kPage); }

[[gnu::constructor]] void prepare() {
  ready = pthread_key_create(&thread_end, abandon) == 0;
  // A child must find the depot whole, whatever other threads did at the fork.
  pthread_atfork([] { pthread_mutex_lock(&mutex); }, [] { pthread_mutex_unlock(&mutex); },
                 [] { pthread_mutex_unlock(&mutex); });
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept { return plain(size); }
void free(void* pointer) noexcept { release(pointer); }

void* calloc(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return out_of_memory();
  bool zero = false;
  void* block = allocate(bytes, &zero);
  return block == nullptr || zero ? block : memset(block, 0, bytes);
}

void* realloc(void* pointer, std::size_t size) noexcept {
  if (pointer == nullptr) return plain(size);
  const std::size_t room = usable(pointer);
  if (size <= room && size >= room / 2) return pointer;
  void* moved = plain(size);
  if (moved == nullptr) return nullptr;
  memcpy(moved, pointer, size < room ? size : room);
  release(pointer);
  return moved;
}

void* reallocarray(void* pointer, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes;
  return __builtin_mul_overflow(count, size, &bytes) ? out_of_memory() : realloc(pointer, bytes);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  if (std::has_single_bit(alignment)) return plain(size, alignment);
  errno = EINVAL;
  return nullptr;
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }

int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  if (!std::has_single_bit(alignment) || alignment < sizeof(void*)) return EINVAL;
  const int before = errno;
  void* block = plain(size, alignment);
  errno = before;
  if (block == nullptr) return ENOMEM;
  *result = block;
  return 0;
}

void* valloc(std::size_t size) noexcept { return page_aligned(size); }
void* pvalloc(std::size_t size) noexcept {
  return size > PTRDIFF_MAX ? out_of_memory()
                            : page_aligned(size == 0 ? kPage : (size + kPage - 1) & ~(kPage - 1));
}
std::size_t malloc_usable_size(void* pointer) noexcept { return pointer == nullptr ? 0 : usable(pointer); }

}  // extern "C"

using Align = std::align_val_t;
using Nothrow = std::nothrow_t;

void* operator new(std::size_t size) { return new_or_throw(size); }
void* operator new[](std::size_t size) { return new_or_throw(size); }
void* operator new(std::size_t size, Align a) { return new_or_throw(size, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t size, Align a) { return new_or_throw(size, static_cast<std::size_t>(a)); }
void* operator new(std::size_t size, const Nothrow&) noexcept { return new_or_null(size); }
void* operator new[](std::size_t size, const Nothrow&) noexcept { return new_or_null(size); }
void* operator new(std::size_t size, Align a, const Nothrow&) noexcept {
  return new_or_null(size, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t size, Align a, const Nothrow&) noexcept {
  return new_or_null(size, static_cast<std::size_t>(a));
}

void operator delete(void* pointer) noexcept { release(pointer); }
void operator delete[](void* pointer) noexcept { release(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { release(pointer); }
void operator delete[](void* pointer, std::size_t) noexcept { release(pointer); }
void operator delete(void* pointer, Align) noexcept { release(pointer); }
void operator delete[](void* pointer, Align) noexcept { release(pointer); }
void operator delete(void* pointer, std::size_t, Align) noexcept { release(pointer); }
void operator delete[](void* pointer, std::size_t, Align) noexcept { release(pointer); }
void operator delete(void* pointer, const Nothrow&) noexcept { release(pointer); }
void operator delete[](void* pointer, const Nothrow&) noexcept { release(pointer); }
void operator delete(void* pointer, Align, const Nothrow&) noexcept { release(pointer); }
void operator delete[](void* pointer, Align, const Nothrow&) noexcept { release(pointer); }
