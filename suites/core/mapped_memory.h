// Memory for the harness's own records, straight from mmap: what watches an allocator must not live in it.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace assay::suite {

// `bytes` zeroed bytes that are never given back. Ends the process when the system refuses.
inline void* map_memory(std::size_t bytes) {
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    static const char text[] = "assay: mmap of the harness's own memory failed\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) std::abort();
    std::abort();
  }
  return memory;
}

// A standard allocator over map_memory: single objects (nodes) are recycled through a free list, arrays are
// not. Containers of different threads do not disturb each other; one container is guarded by its user.
template <class T>
class MappedAllocator {
 public:
  using value_type = T;
  MappedAllocator() = default;
  template <class U>
  MappedAllocator(const MappedAllocator<U>&) {}

  T* allocate(std::size_t n) {
    if (n != 1) return static_cast<T*>(map_memory(n * sizeof(T)));
    if (free_ != nullptr) {
      Node* node = free_;
      free_ = node->next;
      return reinterpret_cast<T*>(node);
    }
    if (left_ == 0) {
      left_ = kChunk / sizeof(Node);
      fresh_ = static_cast<Node*>(map_memory(kChunk));
    }
    --left_;
    return reinterpret_cast<T*>(fresh_++);
  }
  void deallocate(T* pointer, std::size_t n) {
    if (n != 1) {
      munmap(pointer, n * sizeof(T));
      return;
    }
    Node* node = reinterpret_cast<Node*>(pointer);
    node->next = free_;
    free_ = node;
  }
  friend bool operator==(const MappedAllocator&, const MappedAllocator&) { return true; }

 private:
  union Node {
    Node* next;
    alignas(T) unsigned char storage[sizeof(T)];
  };
  static constexpr std::size_t kChunk = std::size_t{1} << 20;
  static inline thread_local Node* free_ = nullptr;
  static inline thread_local Node* fresh_ = nullptr;
  static inline thread_local std::size_t left_ = 0;
};

}  // namespace assay::suite
