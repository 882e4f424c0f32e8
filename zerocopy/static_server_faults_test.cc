// What StaticServer owes when there is less than usual: sends that take a part, files that make their readers
// ask again or have shrunk, no memory. The kernel's calls are this program's own here.
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <thread>

#include "zerocopy/eventually.h"
#include "zerocopy/static_server.h"
#include "zerocopy/static_server_testing.h"

namespace assay::static_server_test {

struct Faults {
  std::atomic<std::size_t> most{SIZE_MAX};   // bytes that one send of the server takes
  std::atomic<bool> files_ask_again{false};  // if they have O_NONBLOCK, as those of FUSE may
  std::atomic<bool> files_are_empty{false};
  std::atomic<bool> no_memory{false};  // for connections
  // How often.
  std::atomic<int> partial{0}, full{0}, asked_again{0};
};
Faults faults;

bool has_flag(int descriptor, int flag) { return (::fcntl(descriptor, F_GETFL) & flag) != 0; }

bool asks_again(int file) {
  if (!faults.files_ask_again || !has_flag(file, O_NONBLOCK)) return false;
  ++faults.asked_again;
  errno = EAGAIN;
  return true;
}

template <class Function>
Function* original(const char* name, Function*) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace assay::static_server_test

using assay::static_server_test::asks_again;
using assay::static_server_test::faults;
using assay::static_server_test::has_flag;
using assay::static_server_test::original;

// Sockets of the server are those that do not block.
extern "C" ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  static const auto real = original("send", &::send);
  if (!has_flag(socket, O_NONBLOCK)) return real(socket, bytes, size, flags);
  const ssize_t sent = real(socket, bytes, std::min(size, faults.most.load()), flags);
  if (sent < 0 && errno == EAGAIN) ++faults.full;
  if (sent > 0 && static_cast<size_t>(sent) < size) ++faults.partial;
  return sent;
}

extern "C" ssize_t sendfile(int socket, int file, off_t* offset, size_t size) noexcept {
  static const auto real = original("sendfile", &::sendfile);
  return asks_again(file) ? -1 : real(socket, file, offset, size);
}

extern "C" ssize_t pread(int file, void* into, size_t size, off_t offset) {
  static const auto real = original("pread", &::pread);
  if (asks_again(file)) return -1;
  return faults.files_are_empty ? 0 : real(file, into, size, offset);
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (faults.no_memory && size >= sizeof(assay::zerocopy::StaticConnection)) return nullptr;
  try {
    return ::operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

namespace assay::static_server_test {
namespace {

class StaticServerFaultsTest : public ::testing::Test {
 protected:
  StaticServerFaultsTest() {
    directory.write("small", small);
    directory.write("large", large);
  }

  const std::string small = text_of(1500), large = text_of(3'000'000);
  TestDirectory directory;
  RunningServer server{directory};
};

TEST_F(StaticServerFaultsTest, ResumesWhereverASendEnds) {
  Client client(server.port());
  for (std::size_t most = 1; most < 2000; most += most < 300 ? 1 : 37) {
    const int before = faults.partial;
    faults.most = most;
    const Answer answer = client.get("/small"), none = client.get("/none");
    ASSERT_TRUE(answer.status == 200 && answer.body == small) << most << '\n' << answer.head;
    ASSERT_EQ(none.body, "404 Not Found\n") << most;
    if (most < small.size()) {
      EXPECT_GT(faults.partial, before);
    }
  }
  faults.most = 100;
  EXPECT_TRUE(client.get("/large").body == large);
  faults.most = SIZE_MAX;
}

// Answers that nobody reads fill the socket: the rest of a head, or of a small file, is sent later.
TEST_F(StaticServerFaultsTest, ResumesWhenThereIsRoom) {
  Client client(server.port(), 32 << 10);
  constexpr int kTimes = 5'000;
  const auto stops = [] { return faults.full + faults.partial; };
  const int before = stops();
  std::thread speaker([&] {
    for (int i = 0; i < kTimes; ++i) ASSERT_TRUE(client.ask("/small"));
  });
  EXPECT_TRUE(testing::eventually([&] { return stops() != before; })) << "the socket is never full";
  for (int i = 0; i < kTimes; ++i) {
    const Answer answer = client.answer();
    ASSERT_TRUE(answer.status == 200 && answer.body == small) << i << '\n' << answer.head;
  }
  speaker.join();
}

TEST_F(StaticServerFaultsTest, WaitsForFilesThatAskAgain) {
  Client client(server.port());
  const int before = faults.asked_again;
  faults.files_ask_again = true;
  EXPECT_TRUE(client.get("/large").body == large);
  EXPECT_TRUE(client.get("/small").body == small);
  faults.files_ask_again = false;
  EXPECT_EQ(faults.asked_again - before, 2);
}

// Nothing of a small file was promised before it was read.
TEST_F(StaticServerFaultsTest, ASmallFileThatShrinksIsUnavailable) {
  Client client(server.port());
  faults.files_are_empty = true;
  const Answer answer = client.get("/small");
  faults.files_are_empty = false;
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(Client(server.port()).get("/small").body == small);
}

TEST_F(StaticServerFaultsTest, RestsWithoutMemory) {
  Client first(server.port());
  EXPECT_TRUE(first.get("/small").body == small);
  faults.no_memory = true;
  EXPECT_TRUE(Client(server.port()).at_end());
  EXPECT_TRUE(first.get("/small").body == small);
  faults.no_memory = false;
  EXPECT_TRUE(Client(server.port()).get("/small").body == small);
  EXPECT_EQ(server.stop().rests, 1U);
}

}  // namespace
}  // namespace assay::static_server_test
