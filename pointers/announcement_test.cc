// Both domains where the kernel offers no membarrier(2), as under a strict sandbox: this whole process is
// one. Reads beside replacements must then be ordered by the reader's own fence.
#include "pointers/announcement.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "pointers/epoch.h"
#include "pointers/hazard.h"

namespace assay {
namespace {

bool forbid_membarrier() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = 4, .filter = program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}
const bool forbidden = forbid_membarrier();

template <class Domain>
class WithoutMembarrier : public testing::Test {};
using Domains = testing::Types<EpochDomain, HazardDomain>;
TYPED_TEST_SUITE(WithoutMembarrier, Domains);

TYPED_TEST(WithoutMembarrier, ReadersUseNothingThatWasFreed) {
  if (!forbidden) GTEST_SKIP() << "no seccomp filter can be installed here";
  ASSERT_FALSE(heavy_fence_available());
  struct Object {
    long value = 1;
    ~Object() { *const_cast<volatile long*>(&value) = 0; }
  };
  TypeParam domain;
  std::atomic<Object*> source(new Object);
  std::atomic<bool> over{false};
  long wrong = 0;
  std::thread reader([&] {
    while (!over.load()) {
      auto guard = domain.pin();
      wrong += guard.protect(source)->value != 1;
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    domain.retire(source.exchange(new Object));
    if (i % 16 == 0) domain.collect();
  }
  over = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
  domain.retire(source.exchange(nullptr));
  domain.collect();
  EXPECT_EQ(domain.garbage(), 0U);
}

}  // namespace
}  // namespace assay
