// A library that is loaded and unloaded while the program runs. With ASSAY_PLUGIN_THREAD in the environment
// its constructor starts a thread that allocates and waits for it, with the loader's lock held; its own
// thread-local variable makes each load change the layout of thread-local storage.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

namespace {

thread_local unsigned char of_each_thread[64];
bool thread_allocated = false;
void (*at_unload)() = nullptr;

void* allocate_in_thread(void*) {
  bool done = true;
  for (size_t size = 8; size < 4'000'000; size *= 3) {
    void* block = malloc(size);
    done = done && block != nullptr;
    memset(of_each_thread, static_cast<int>(size), sizeof of_each_thread);
    if (block != nullptr) memcpy(block, of_each_thread, 8);
    free(block);
  }
  thread_allocated = done;
  return nullptr;
}

[[gnu::constructor]] void load() {
  pthread_t thread;
  if (getenv("ASSAY_PLUGIN_THREAD") == nullptr) return;
  if (pthread_create(&thread, nullptr, allocate_in_thread, nullptr) == 0) pthread_join(thread, nullptr);
}

[[gnu::destructor]] void unload() {
  if (at_unload != nullptr) at_unload();
}

}  // namespace

extern "C" {

bool plugin_thread_allocated() { return thread_allocated; }

void* plugin_malloc(size_t size) { return malloc(size); }

void plugin_at_unload(void (*call)()) { at_unload = call; }

}  // extern "C"
