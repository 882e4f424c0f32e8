// C-36, C-37, C-39: what free accepts and what it leaves alone.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include <iterator>
#include <thread>

#include "suites/core/clause.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/first_call.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

CLAUSE("C-36", kViolation, "C23 7.24.3.3",
       "free of a null pointer does nothing, even as the program's first call") {
  const char* ending = run_first_call("free-null", "early");
  require(ending == nullptr, "a program whose first call is free(null): %s", ending);
  for (int i = 0; i < 1000; ++i) {
    void* block = malloc(static_cast<std::size_t>(i));
    free(nullptr);
    free(block);
    free(nullptr);
  }
}

void free_keeping_errno(void* block, std::size_t size, const char* when) {
  errno = kSentinel;
  free(block);
  const int error = errno;
  require(error == kSentinel, "free of a block of %zu bytes%s set errno to %d", size, when, error);
}

void* filled(std::size_t size) {
  void* block = malloc(size);
  require(block != nullptr, "malloc(%zu) returned null", size);
  memset(block, 1, size);
  return block;
}

std::size_t allowed_mappings() {
  char text[32] = {};
  const int file = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
  if (file < 0 || read(file, text, sizeof text - 1) <= 0) return SIZE_MAX;
  close(file);
  return strtoull(text, nullptr, 10);
}

// Blocks of their own mappings lie side by side and form one mapping; where no further mapping is allowed,
// the kernel refuses to cut a piece out of the middle, and free has a failing munmap to hide.
void free_without_munmap() {
  constexpr std::size_t kLarge = 40 * kMiB;  // beyond the largest threshold from which glibc maps one by one
  const std::size_t allowed = allowed_mappings();
  if (allowed > 200'000) return note("the case of a failing munmap is left out: vm.max_map_count is high");
  void* blocks[8];
  for (void*& block : blocks) block = malloc(kLarge);
  const std::size_t pages = 2 * allowed + 2;
  auto* own =
      static_cast<char*>(mmap(nullptr, pages * kPageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (own == MAP_FAILED) return note("the case of a failing munmap is left out: no address space");
  std::size_t page = 0;
  while (page < pages && mprotect(own + page * kPageSize, kPageSize, PROT_READ) == 0) page += 2;
  int errors[8];
  for (std::size_t i = 0; i < std::size(blocks); ++i) {
    errno = kSentinel;
    free(blocks[(i * 3 + 1) % std::size(blocks)]);
    errors[i] = errno;
  }
  munmap(own, pages * kPageSize);
  for (const int error : errors)
    require(error == kSentinel, "free of %zu bytes, when munmap fails, set errno to %d", kLarge, error);
}

CLAUSE("C-37", kViolation, "POSIX.1-2024 free", "free leaves errno as it was") {
  for (const std::size_t size : {24ul, 1000ul, 40'000ul, 300'000ul, 3'000'000ul}) {
    void* block = filled(size);
    std::thread([block, size] { free_keeping_errno(block, size, " of another thread"); }).join();
    std::thread([&block, size] { block = filled(size); }).join();
    free_keeping_errno(block, size, " of a thread that has ended");
  }
  static void* blocks[500];
  for_size_ladder(16, 32 * kMiB, 2, [](std::size_t size) {
    const std::size_t count = size < 4 * kKiB ? std::size(blocks) : size < kMiB ? 16 : 1;
    for (std::size_t i = 0; i < count; ++i) blocks[i] = filled(size);
    for (std::size_t i = 0; i < count; ++i) free_keeping_errno(blocks[i], size, "");
  });
  free_without_munmap();
}

CLAUSE("C-39", kViolation, "POSIX.1-2024 free; glibc manual, Replacing malloc",
       "free takes what the C library has allocated for its caller") {
  for (int i = 0; i < 100; ++i) {
    char* copy = strdup("a string to copy");
    require(strcmp(copy, "a string to copy") == 0, "strdup returned \"%s\"", copy);
    free(copy);
    free(strndup("a string to copy", 8));
    free(wcsdup(L"a wide string"));

    char* text = nullptr;
    require(asprintf(&text, "%0*d", 10 + i * 50, 7) == 10 + i * 50, "asprintf printed another length");
    free(text);

    text = static_cast<char*>(malloc(1));  // getline enlarges it by realloc
    std::size_t size = 1;
    char line[] = "a line that is longer than one byte\n";
    FILE* stream = fmemopen(line, sizeof line - 1, "r");
    require(getline(&text, &size, stream) == static_cast<ssize_t>(sizeof line - 1) && strcmp(text, line) == 0,
            "getline read \"%s\"", text);
    fclose(stream);
    free(text);

    text = nullptr;
    stream = open_memstream(&text, &size);
    for (int k = 0; k < 100; ++k) fprintf(stream, "%d ", k);
    fclose(stream);
    require(size == 290 && strlen(text) == 290, "open_memstream holds %zu bytes", size);
    free(text);

    free(realpath("/", nullptr));
    free(getcwd(nullptr, 0));
  }
}

}  // namespace
}  // namespace assay::suite
