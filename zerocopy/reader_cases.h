// Tests that every reader must pass; INSTANTIATE_TYPED_TEST_SUITE_P(Name, ReaderCases, Reader).
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "zerocopy/reader_concept.h"
#include "zerocopy/test_file.h"

namespace assay::zerocopy_test {

template <class R>
class ReaderCases : public ::testing::Test {
 protected:
  // Every file system that there is, and that the reader is there for.
  static std::vector<std::string> directories() {
    std::vector<std::string> usable;
    for (const std::string& where : {disk_directory(), memory_directory()}) {
      if (where.empty()) continue;
      const TestFile file(1, where);
      if (R::available(file.path()).ok()) usable.push_back(where);
    }
    return usable;
  }

  void SetUp() override {
    if (directories().empty()) {
      const TestFile file(1);
      const Availability no = R::available(file.path());
      GTEST_SKIP() << no.needs << ": " << std::strerror(no.error);
    }
  }

  // Passes that end, that break off, and a chunk that is left behind.
  static void run_once(const TestFile& file) {
    R reader;
    EXPECT_EQ(open_or_skip(reader, file.path()), 0);
    EXPECT_EQ(reader.start(0, 10000000), 0);
    EXPECT_FALSE(reader.next().bytes.empty());
    EXPECT_EQ(run_pass(reader, 5000000, 10000000).bytes, 5000000u);
    EXPECT_EQ(open_or_skip(reader, file.path()), 0);
    EXPECT_EQ(reader.start(0, 10000000), 0);
    EXPECT_FALSE(reader.next().bytes.empty());
    EXPECT_EQ(reader.open("/nonexistent/file"), ENOENT);
    EXPECT_EQ(open_or_skip(reader, file.path()), 0);
    EXPECT_EQ(reader.start(0, 10000000), 0);
    EXPECT_FALSE(reader.next().bytes.empty());
  }
};
TYPED_TEST_SUITE_P(ReaderCases);

TYPED_TEST_P(ReaderCases, AnyRangeOfAnyFile) {
  for (const std::string& where : this->directories()) {
    for (const std::uint64_t size :
         {0u, 1u, 511u, 512u, 513u, 4095u, 4096u, 4097u, 131072u, 1048577u, 9000001u}) {
      const TestFile file(size, where);
      TypeParam reader;
      ASSERT_EQ(open_or_skip(reader, file.path()), 0);
      EXPECT_EQ(reader.size(), size);
      for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, size / 3, size / 2 + 1, size}) {
        if (offset > size) continue;
        for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, size / 2, size - offset}) {
          if (length > size - offset) continue;
          const Pass pass = run_pass(reader, offset, length);
          EXPECT_EQ(pass.bytes, length) << size << " " << offset;
          EXPECT_EQ(pass.wrong, 0u) << size << " " << offset;
          EXPECT_EQ(pass.error, 0) << size << " " << offset;
        }
      }
    }
  }
}

TYPED_TEST_P(ReaderCases, ARangeBeyondTheEndIsDeliveredUpToItAndThenSaysSo) {
  for (const std::string& where : this->directories()) {
    for (const std::uint64_t size : {0u, 100u, 4096u, 3000000u}) {
      const TestFile file(size, where);
      TypeParam reader;
      ASSERT_EQ(open_or_skip(reader, file.path()), 0);
      for (const std::uint64_t more : {std::uint64_t{1}, std::uint64_t{5000}, std::uint64_t{9000000},
                                       std::numeric_limits<std::uint64_t>::max() - size}) {
        const Pass pass = run_pass(reader, 0, size + more);
        EXPECT_EQ(pass.bytes, size);
        EXPECT_EQ(pass.wrong, 0u);
        EXPECT_EQ(pass.error, kSourceEnded);
        EXPECT_EQ(reader.next().error, kSourceEnded);
        EXPECT_TRUE(reader.next().bytes.empty());
      }
      for (const std::uint64_t offset :
           {size + 1, size + 100000, std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
        EXPECT_EQ(run_pass(reader, offset, 1).error, kSourceEnded) << offset;
        EXPECT_EQ(run_pass(reader, offset, 0).error, 0) << offset;
      }
    }
  }
}

TYPED_TEST_P(ReaderCases, AFileThatShrinksEndsThePassAndNothingElse) {
  for (const std::string& where : this->directories()) {
    // More than any reader has read ahead, and little for a file system in memory.
    constexpr std::uint64_t kSize = 10000000;
    for (const std::uint64_t left : {std::uint64_t{0}, std::uint64_t{5000003}, std::uint64_t{9000001}}) {
      TestFile file(kSize, where);
      TypeParam reader;
      ASSERT_EQ(open_or_skip(reader, file.path()), 0);
      ASSERT_EQ(reader.start(0, kSize), 0);
      const Chunk first = reader.next();
      ASSERT_FALSE(first.bytes.empty());
      std::uint64_t bytes = first.bytes.size();
      file.resize(left);
      // Every byte of it is looked at, and none of it ends the program.
      std::uint64_t wrong = 0;
      for (std::size_t i = 0; i < first.bytes.size(); ++i) wrong += first.bytes[i] != expected(i) ? 1 : 0;
      int error = reader.confirm();
      if (TypeParam::kTraits.copies || left >= bytes) {
        EXPECT_EQ(wrong, 0u);
        EXPECT_EQ(error, 0);
      } else {
        EXPECT_EQ(error, kSourceEnded);
        continue;
      }
      while (error == 0) {
        const Chunk chunk = reader.next();
        error = chunk.error;
        if (chunk.bytes.empty()) break;
        for (const std::byte byte : chunk.bytes) wrong += byte != expected(bytes++) ? 1 : 0;
        if (error == 0) error = reader.confirm();
      }
      EXPECT_EQ(error, kSourceEnded);
      EXPECT_EQ(wrong, 0u);
      EXPECT_LT(bytes, kSize);
      EXPECT_GE(bytes, left);
    }
  }
}

TYPED_TEST_P(ReaderCases, AFileThatGrowsKeepsItsRange) {
  for (const std::string& where : this->directories()) {
    TestFile file(1000003, where);
    TypeParam reader;
    ASSERT_EQ(open_or_skip(reader, file.path()), 0);
    ASSERT_EQ(reader.start(5, 3000000), 0);
    file.write(1000003, 5000000);
    std::uint64_t bytes = 0;
    std::uint64_t wrong = 0;
    for (Chunk chunk = reader.next(); !chunk.bytes.empty(); chunk = reader.next()) {
      for (const std::byte byte : chunk.bytes) wrong += byte != expected(5 + bytes++) ? 1 : 0;
    }
    EXPECT_EQ(bytes, 3000000u);
    EXPECT_EQ(wrong, 0u);
    EXPECT_EQ(reader.next().error, 0);
    EXPECT_EQ(reader.size(), 1000003u);
    ASSERT_EQ(reader.start(0, 1), 0);
    EXPECT_EQ(reader.size(), 6000003u);
  }
}

TYPED_TEST_P(ReaderCases, ReadCopiesAnyRangeAndLeavesThePassAlone) {
  for (const std::string& where : this->directories()) {
    constexpr std::uint64_t kSize = 3000001;
    const TestFile file(kSize, where);
    TypeParam reader;
    ASSERT_EQ(open_or_skip(reader, file.path()), 0);
    ASSERT_EQ(reader.start(0, kSize), 0);
    const Chunk first = reader.next();
    ASSERT_FALSE(first.bytes.empty());
    std::vector<std::byte> copy(2000008);
    for (const std::uint64_t offset : {0u, 1u, 511u, 512u, 4096u, 1000000u, 2999999u, 3000001u, 3000002u}) {
      for (const std::size_t shift : {0u, 1u, 8u}) {
        for (const std::size_t room : {0u, 1u, 512u, 5000u, 2000000u}) {
          const IoResult result = reader.read(offset, std::span(copy).subspan(shift, room));
          const std::uint64_t there = offset < kSize ? std::min<std::uint64_t>(room, kSize - offset) : 0;
          ASSERT_EQ(result.bytes, there) << offset << " " << shift << " " << room;
          ASSERT_EQ(result.error, there < room ? kSourceEnded : 0) << offset << " " << shift << " " << room;
          std::uint64_t wrong = 0;
          for (std::size_t i = 0; i < there; ++i) wrong += copy[shift + i] != expected(offset + i) ? 1 : 0;
          ASSERT_EQ(wrong, 0u) << offset << " " << shift << " " << room;
        }
      }
    }
    std::uint64_t bytes = 0;
    std::uint64_t wrong = 0;
    for (const std::byte byte : first.bytes) wrong += byte != expected(bytes++) ? 1 : 0;
    for (Chunk chunk = reader.next(); !chunk.bytes.empty(); chunk = reader.next()) {
      for (const std::byte byte : chunk.bytes) wrong += byte != expected(bytes++) ? 1 : 0;
    }
    EXPECT_EQ(bytes, kSize);
    EXPECT_EQ(wrong, 0u);
  }
}

TYPED_TEST_P(ReaderCases, OffsetsBeyondFourGiB) {
  for (const std::string& where : this->directories()) {
    TestFile file(0, where);
    constexpr std::uint64_t kSize = (std::uint64_t{6} << 30) + 17;
    file.resize(kSize);
    for (const std::uint64_t at :
         {(std::uint64_t{4} << 30) - 100, (std::uint64_t{5} << 30) + 3, kSize - 200}) {
      file.write(at, 200);
      TypeParam reader;
      ASSERT_EQ(open_or_skip(reader, file.path()), 0);
      EXPECT_EQ(reader.size(), kSize);
      const Pass pass = run_pass(reader, at, 200);
      EXPECT_EQ(pass.bytes, 200u);
      EXPECT_EQ(pass.wrong, 0u);
      std::byte copy[300];
      const IoResult result = reader.read(at, copy);
      EXPECT_EQ(result.bytes, at + 300 <= kSize ? 300u : 200u);
      for (std::size_t i = 0; i < 200; ++i) ASSERT_EQ(copy[i], expected(at + i));
    }
  }
}

TYPED_TEST_P(ReaderCases, MovesInTheMiddleOfAPassAlsoToAnotherThread) {
  const TestFile file(10000000, this->directories().front());
  TypeParam first;
  ASSERT_EQ(open_or_skip(first, file.path()), 0);
  ASSERT_EQ(first.start(0, 10000000), 0);
  std::uint64_t bytes = first.next().bytes.size();
  std::uint64_t wrong = 0;
  TypeParam second = std::move(first);
  EXPECT_EQ(first.start(0, 1), EBADF);
  std::thread([&] {
    TypeParam third;
    third = std::move(second);
    for (Chunk chunk = third.next(); !chunk.bytes.empty(); chunk = third.next()) {
      for (const std::byte byte : chunk.bytes) wrong += byte != expected(bytes++) ? 1 : 0;
    }
  }).join();
  EXPECT_EQ(bytes, 10000000u);
  EXPECT_EQ(wrong, 0u);
}

TYPED_TEST_P(ReaderCases, NothingStaysOpenOrMapped) {
  const TestFile file(10000000, this->directories().front());
  this->run_once(file);  // what is made once for the process
  const std::size_t open = open_descriptors();
  for (int i = 0; i < 20; ++i) this->run_once(file);
  EXPECT_EQ(open_descriptors(), open);
  EXPECT_EQ(mappings_of(file.path()), 0u);
  EXPECT_EQ(mappings_of("io_uring"), 0u);
}

TYPED_TEST_P(ReaderCases, ErrorsAreTheKernels) {
  TypeParam reader;
  EXPECT_EQ(reader.open("/nonexistent/file"), ENOENT);
  EXPECT_EQ(TypeParam::available("/nonexistent/file").error, ENOENT);
  EXPECT_EQ(reader.open("/"), EISDIR);
  EXPECT_EQ(reader.start(0, 1), EBADF);
  EXPECT_EQ(reader.next().error, EBADF);
  std::byte one[1];
  EXPECT_EQ(reader.read(0, one), (IoResult{0, EBADF}));
  EXPECT_EQ(reader.confirm(), 0);
  const std::string directory = this->directories().front();
  const TestFile file(10, directory);
  ASSERT_EQ(open_or_skip(reader, file.path()), 0);
  EXPECT_EQ(reader.next().error, 0);
  EXPECT_TRUE(reader.next().bytes.empty());
  reader.close();
  reader.close();
  EXPECT_EQ(reader.size(), 0u);
  EXPECT_EQ(reader.next().error, EBADF);
}

TYPED_TEST_P(ReaderCases, APipeIsRefusedAndNotWaitedFor) {
  const TestFile file(1, this->directories().front());
  const std::string pipe = std::string(file.path()) + "-pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  TypeParam reader;
  EXPECT_EQ(reader.open(pipe.c_str()), EINVAL);
  EXPECT_EQ(TypeParam::available(pipe.c_str()).error, EINVAL);
}

TYPED_TEST_P(ReaderCases, SignalsAreNotSeen) {
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = [](int) {};  // without SA_RESTART
  ASSERT_EQ(sigaction(SIGPROF, &action, &before), 0);
  const itimerval often{{0, 1000}, {0, 1000}};
  const itimerval never{};
  const TestFile file(10000000, this->directories().front());
  setitimer(ITIMER_PROF, &often, nullptr);
  TypeParam reader;
  const int opened = reader.open(file.path());
  const Pass pass = run_pass(reader, 0, 10000000);
  setitimer(ITIMER_PROF, &never, nullptr);
  sigaction(SIGPROF, &before, nullptr);
  if (TypeParam::kTraits.queues && opened == ENOMEM) GTEST_SKIP() << "open: no more memory may be locked";
  EXPECT_EQ(opened, 0);
  EXPECT_EQ(pass.bytes, 10000000u);
  EXPECT_EQ(pass.wrong, 0u);
  EXPECT_EQ(pass.error, 0);
}

REGISTER_TYPED_TEST_SUITE_P(ReaderCases, AnyRangeOfAnyFile, ARangeBeyondTheEndIsDeliveredUpToItAndThenSaysSo,
                            AFileThatShrinksEndsThePassAndNothingElse, AFileThatGrowsKeepsItsRange,
                            ReadCopiesAnyRangeAndLeavesThePassAlone, OffsetsBeyondFourGiB,
                            MovesInTheMiddleOfAPassAlsoToAnotherThread, NothingStaysOpenOrMapped,
                            ErrorsAreTheKernels, APipeIsRefusedAndNotWaitedFor, SignalsAreNotSeen);

}  // namespace assay::zerocopy_test
