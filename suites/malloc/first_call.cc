// A program whose first heap call is the one named by its first argument: in a constructor of the highest
// priority, or with "early" as second argument before all constructors, those of the subject's library too.
// Then it uses the heap a little. Exit status 0: all well; 1: no block or wrong contents from the first call;
// 2: from a later one; 3: no such call. Written in the C subset, so that no C++ start-up code allocates
// before it.
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace {

constexpr size_t kLarge = 100'000, kHuge = size_t{200} << 20;

void require(bool holds, int code) {
  if (!holds) _exit(code);
}

// Writes both ends, then gives the block back.
void consume(void* block, size_t size) {
  require(block != nullptr, 1);
  auto* bytes = static_cast<volatile unsigned char*>(block);
  bytes[0] = 1;
  bytes[size - 1] = 1;
  free(block);
}

void consume_zeroed(void* block, size_t size) {
  require(block != nullptr, 1);
  for (size_t i = 0; i < size; ++i) require(static_cast<unsigned char*>(block)[i] == 0, 1);
  consume(block, size);
}

void* aligned(size_t alignment, size_t size) {
  void* block = nullptr;
  return posix_memalign(&block, alignment, size) == 0 ? block : nullptr;
}

size_t unknown(size_t value) {  // to the compiler
  asm volatile("" : "+r"(value));
  return value;
}

void use_heap() {
  void* blocks[64];
  for (size_t i = 0; i < 64; ++i) {
    blocks[i] = malloc(1 + i * i);
    require(blocks[i] != nullptr, 2);
    memset(blocks[i], static_cast<int>(i), 1 + i * i);
  }
  for (size_t i = 0; i < 64; ++i) {
    for (size_t k = 0; k < 1 + i * i; ++k) require(static_cast<unsigned char*>(blocks[i])[k] == i, 2);
    free(blocks[i]);
  }
}

pthread_barrier_t barrier;

void* call_when_all_are_there(void* index) {
  pthread_barrier_wait(&barrier);
  switch (reinterpret_cast<uintptr_t>(index) % 6) {
    case 0:
      consume(malloc(24), 24);
      break;
    case 1:
      consume_zeroed(calloc(10, 100), 1000);
      break;
    case 2:
      consume(malloc(kLarge), kLarge);
      break;
    case 3:
      consume(realloc(nullptr, 500), 500);
      break;
    case 4:
      consume(aligned(4096, 64), 64);
      break;
    case 5:
      free(nullptr);
      break;
  }
  use_heap();
  return nullptr;
}

void race() {
  constexpr unsigned kThreads = 64;
  pthread_t threads[kThreads];
  pthread_barrier_init(&barrier, nullptr, kThreads);
  for (uintptr_t i = 0; i < kThreads; ++i)
    require(pthread_create(&threads[i], nullptr, call_when_all_are_there, reinterpret_cast<void*>(i)) == 0,
            3);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

struct FirstCall {
  const char* name;
  void (*make)();
};

const FirstCall kFirstCalls[] = {
    {"malloc-small", [] { consume(malloc(24), 24); }},
    {"malloc-large", [] { consume(malloc(kLarge), kLarge); }},
    {"malloc-huge", [] { consume(malloc(kHuge), kHuge); }},
    {"malloc-zero", [] { free(malloc(0)); }},
    {"malloc-impossible", [] { free(malloc(unknown(SIZE_MAX))); }},
    {"calloc", [] { consume_zeroed(calloc(100, 1000), kLarge); }},
    {"calloc-overflow", [] { free(calloc(unknown(SIZE_MAX), 2)); }},
    {"realloc-null", [] { consume(realloc(nullptr, 500), 500); }},
    {"realloc-null-zero", [] { free(realloc(nullptr, 0)); }},
    {"aligned_alloc", [] { consume(aligned_alloc(64, 640), 640); }},
    {"posix_memalign", [] { consume(aligned(4096, 100), 100); }},
    {"posix_memalign-huge", [] { consume(aligned(size_t{1} << 22, 100), 100); }},
    {"memalign", [] { consume(memalign(256, 100), 100); }},
    {"valloc", [] { consume(valloc(100), 100); }},
    {"free-null", [] { free(nullptr); }},
    {"usable_size-null", [] { malloc_usable_size(nullptr); }},
    {"race", race},
};

void call(const char* name) {
  for (const FirstCall& first : kFirstCalls) {
    if (strcmp(first.name, name) != 0) continue;
    first.make();
    use_heap();
    return;
  }
  _exit(3);
}

bool is_early(int count, char** arguments) { return count == 3 && strcmp(arguments[2], "early") == 0; }

void before_constructors(int count, char** arguments, char**) {
  if (is_early(count, arguments)) call(arguments[1]);
}

[[gnu::constructor(101)]] void constructor(int count, char** arguments, char**) {
  if (count > 1 && !is_early(count, arguments)) call(arguments[1]);
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const preinit)(int, char**,
                                                                    char**) = before_constructors;

}  // namespace

int main(int count, char**) {
  use_heap();
  return count > 1 ? 0 : 3;
}
