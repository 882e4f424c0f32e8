// Where recursion over what a program made shows: a stack that has no room for it.
#pragma once

#include <pthread.h>

#include <cstddef>

#include "suites/core/clause.h"
#include "suites/core/forked.h"

namespace assay::suite {

// Runs `body` in a child, on a thread with a stack of 256 KiB.
template <class Body>
void on_small_stack(const char* what, const Body& body) {
  const Ending ending = run_forked([&] {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{256} << 10);
    pthread_t thread;
    const auto start = [](void* context) -> void* {
      (*static_cast<const Body*>(context))();
      return nullptr;
    };
    if (pthread_create(&thread, &attributes, start, const_cast<Body*>(&body)) != 0)
      skipped("a thread with a stack of 256 KiB cannot be started");
    pthread_join(thread, nullptr);
  });
  require(ending.clean(), "%s on a stack of 256 KiB ended the program: %s", what, describe(ending));
}

}  // namespace assay::suite
