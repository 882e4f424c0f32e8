// What StaticServer owes whatever its peers and its files do: nothing outside the directory, nobody waits for
// somebody else, and nothing is left open.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "zerocopy/eventually.h"
#include "zerocopy/static_server.h"
#include "zerocopy/static_server_testing.h"
#include "zerocopy/transfer_testing.h"

// What the server takes for idle must not depend on how busy the machine is: tests set its clock.
namespace {
std::atomic<std::int64_t> set_clock{-1};  // in milliseconds; negative: as it is
}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const std::int64_t set = set_clock;
  if (clock != CLOCK_MONOTONIC_COARSE || set < 0)
    return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  *time = {set / 1000, set % 1000 * 1'000'000};
  return 0;
}

namespace assay::static_server_test {
namespace {

using testing::eventually;
using testing::open_descriptors;

// Stands while it lives, unless it is told to go on. To outlive the server.
struct StandingClock {
  StandingClock() { set_clock = 1000; }
  ~StandingClock() { set_clock = -1; }
  void go_on(std::int64_t milliseconds) { set_clock += milliseconds; }
};

class StaticServerLookupTest : public ::testing::TestWithParam<ServedDirectory::Lookup> {};

TEST_P(StaticServerLookupTest, ServesNothingFromOutside) {
  const TestDirectory directory;
  directory.write("below/inside", "inside");
  directory.write("../secret", "secret");
  namespace fs = std::filesystem;
  fs::create_symlink("../secret", directory.path("out"));
  fs::create_symlink(directory.outside() + "/secret", directory.path("absolute"));
  fs::create_directory_symlink("..", directory.path("up"));
  fs::create_symlink("/proc/self/fd/0", directory.path("magic"));
  fs::create_symlink("loop", directory.path("loop"));
  const RunningServer server(directory, {.lookup = GetParam()});
  Client client(server.port());
  for (const std::string target :
       {"/../secret", "/below/../../secret", "/%2e%2e/secret", "/.%2E/secret", "/below/%2e./../secret",
        "/..%2fsecret", "/..", "/out", "/absolute", "/up/secret", "/up/served/below/inside", "/magic",
        "/loop", "//etc/passwd", "/%2fetc/passwd", "/below/../below/inside"})
    EXPECT_EQ(client.get(target).status, 404) << target;
  EXPECT_EQ(client.get("/" + directory.outside() + "/secret").status, 404);
  EXPECT_EQ(client.get("/" + std::string(300, 'a')).status, 404);
  EXPECT_EQ(client.get("/" + std::string(7000, 'a')).status, 404);
  EXPECT_EQ(client.get("/" + std::string(300, 'a') + "/a").status, 404);
  EXPECT_EQ(client.get("/below/inside").body, "inside");
  EXPECT_EQ(client.get("/.//below/./inside").body, "inside");
}

TEST_P(StaticServerLookupTest, ServesRegularFilesOnly) {
  const TestDirectory directory;
  directory.write("file", "text");
  directory.write("below/file", "text");
  ASSERT_EQ(::mkfifo(directory.path("pipe").c_str(), 0600), 0);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  {
    // By a short name: there is room for 107 bytes.
    const Descriptor here(::open(directory.path("").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const std::string path = "/proc/self/fd/" + std::to_string(here.get()) + "/socket";
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  }
  const std::size_t before = open_descriptors();
  {
    const RunningServer server(directory, {.lookup = GetParam()});
    Client client(server.port());
    for (const std::string target : {"/pipe", "/socket", "/below", "/below/", "/file/file", "/file/"})
      EXPECT_EQ(client.get(target).status, 404) << target;
    if (::geteuid() != 0) {
      ASSERT_EQ(::chmod(directory.path("file").c_str(), 0), 0);
      EXPECT_EQ(client.get("/file").status, 403);
    }
    EXPECT_EQ(client.get("/below/file").body, "text");
  }
  EXPECT_EQ(open_descriptors(), before);
}

// A link that stays inside is followed where the kernel can be asked to.
TEST(ServedDirectoryTest, FollowsLinksInside) {
  const TestDirectory directory;
  directory.write("below/file", "text");
  std::filesystem::create_symlink("below/file", directory.path("link"));
  const RunningServer server(directory), stepping(directory, {.lookup = ServedDirectory::Lookup::kBySteps});
  const int status = Client(server.port()).get("/link").status;
  EXPECT_TRUE(status == 200 || status == 404) << status;  // 404: no openat2()
  EXPECT_EQ(Client(stepping.port()).get("/link").status, 404);
}

INSTANTIATE_TEST_SUITE_P(Lookups, StaticServerLookupTest,
                         ::testing::Values(ServedDirectory::Lookup::kBest,
                                           ServedDirectory::Lookup::kBySteps));

TEST(StaticServerPeersTest, ASlowReaderGetsEveryByteAndNobodyWaitsForIt) {
  const TestDirectory directory;
  const std::string large = text_of(12'000'000);
  directory.write("large", large);
  directory.write("small", "text");
  const RunningServer server(directory);
  Client slow(server.port(), 32 << 10), other(server.port());
  ASSERT_TRUE(slow.ask("/large") && slow.ask("/small"));
  EXPECT_EQ(slow.bytes(9), "HTTP/1.1 ");
  for (int times = 0; times < 10; ++times) EXPECT_EQ(other.get("/small").body, "text");
  std::string taken = slow.bytes(1 << 20);
  EXPECT_TRUE(other.get("/large").body == large);
  const std::size_t head = taken.find("\r\n\r\n") + 4;
  taken += slow.bytes(head + large.size() - taken.size());
  EXPECT_TRUE(taken.substr(head) == large);
  EXPECT_EQ(slow.answer().body, "text");
}

// The server has looked at its clock, and for who is idle, when it answers the second: it does so last in a
// round.
void await_look(const RunningServer& server) {
  for (int times = 0; times < 2; ++times) Client(server.port()).get("/none");
}

// It takes less than what makes an event while it would be idle.
TEST(StaticServerPeersTest, WhoTakesBytesSlowlyIsNotIdle) {
  const TestDirectory directory;
  const std::string large = text_of(12'000'000);
  directory.write("large", large);
  StandingClock clock;
  const RunningServer server(directory, {.idle = 100});
  Client slow(server.port(), 32 << 10);
  ASSERT_TRUE(slow.ask("/large"));
  constexpr std::size_t kPart = 200'000;  // of which most the kernel knows to have arrived
  std::string taken;
  for (int times = 0; times < 5; ++times) {
    taken += slow.bytes(kPart);
    clock.go_on(150);
    await_look(server);
  }
  const std::size_t whole = taken.find("\r\n\r\n") + 4 + large.size();
  taken += slow.bytes(whole - taken.size());
  ASSERT_EQ(taken.size(), whole) << "the server has ended a connection whose peer took bytes";
  EXPECT_TRUE(taken.ends_with(large));
}

TEST(StaticServerPeersTest, WhoTakesNothingIsIdle) {
  const TestDirectory directory;
  constexpr std::size_t kSize = 12'000'000;
  directory.write("large", text_of(kSize));
  StandingClock clock;
  const RunningServer server(directory, {.idle = 100});
  const std::size_t before = open_descriptors();
  Client client(server.port(), 32 << 10);
  ASSERT_TRUE(client.ask("/large"));
  EXPECT_EQ(client.bytes(9), "HTTP/1.1 ");
  // Not at once: for a while the kernel goes on moving what it has of the answer.
  EXPECT_TRUE(eventually([&] {
    clock.go_on(150);
    await_look(server);
    Client last(server.port());  // when it is answered, those before it are no more
    last.get("/none");
    return open_descriptors() == before + 3;  // the clients' two, and the server's for the last
  })) << "the server waits for a peer that takes nothing";
  EXPECT_LT(client.bytes(kSize).size(), kSize);
}

TEST(StaticServerPeersTest, AFileThatShrinksEndsTheConnection) {
  const TestDirectory directory;
  directory.write("large", "");
  constexpr std::uint64_t kSize = 64 << 20;
  ASSERT_EQ(::truncate(directory.path("large").c_str(), kSize), 0);
  const RunningServer server(directory);
  Client client(server.port());
  ASSERT_TRUE(client.ask("/large"));
  EXPECT_EQ(client.bytes(1000).substr(0, 15), "HTTP/1.1 200 OK");
  ASSERT_EQ(::truncate(directory.path("large").c_str(), 0), 0);
  EXPECT_LT(client.bytes(kSize).size(), kSize);
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(Client(server.port()).get("/large").field("Content-Length"), "0");
}

TEST(StaticServerPeersTest, PeersThatGoDoNoHarm) {
  const TestDirectory directory;
  const std::string large = text_of(8'000'000);
  directory.write("large", large);
  const testing::BrokenPipes pipes;
  RunningServer server(directory);
  const std::size_t before = open_descriptors();
  for (int times = 0; times < 20; ++times) {
    Client client(server.port());
    for (int requests = 0; requests <= times; ++requests) ASSERT_TRUE(client.ask("/large"));
    EXPECT_EQ(client.bytes(times % 2 == 0 ? 1000 : 0).size(), times % 2 == 0 ? 1000U : 0U);
    client.reset();
  }
  Client half(server.port());
  ASSERT_TRUE(half.say("GET /la"));
  half.reset();
  EXPECT_TRUE(Client(server.port()).get("/large").body == large);
  // The server sees the ends in its own time.
  EXPECT_TRUE(eventually([&] { return open_descriptors() == before; }))
      << open_descriptors() - before << " left";
  server.stop();
  EXPECT_EQ(pipes.count(), 0);
}

TEST(StaticServerPeersTest, ServesManyAtOnce) {
  const TestDirectory directory;
  const std::string text = text_of(200'000);
  directory.write("file", text);
  RunningServer server(directory);
  std::vector<std::unique_ptr<Client>> clients;
  constexpr int kClients = 200, kTimes = 3;
  for (int i = 0; i < kClients; ++i) clients.push_back(std::make_unique<Client>(server.port()));
  for (int times = 0; times < kTimes; ++times) {
    for (const auto& client : clients) ASSERT_TRUE(client->ask("/file"));
    for (const auto& client : clients) EXPECT_TRUE(client->answer().body == text);
  }
  const StaticServerCounts counts = server.stop();
  EXPECT_EQ(counts.accepted, kClients);
  EXPECT_EQ(counts.requests, kClients * kTimes);
  for (const auto& client : clients) EXPECT_TRUE(client->at_end());
}

TEST(StaticServerPeersTest, OthersWaitWhenThereAreEnough) {
  const TestDirectory directory;
  directory.write("small", "text");
  RunningServer server(directory, {.connections = 2});
  auto first = std::make_unique<Client>(server.port());
  Client second(server.port()), third(server.port());
  // Who is in the midst of a request need not make room.
  const std::string line = "GET /small HTTP/1.1\r\n", rest = "Host: a\r\n\r\n";
  for (Client* const client : {first.get(), &second}) {
    ASSERT_TRUE(client->say(line + rest + line));
    EXPECT_EQ(client->answer().body, "text");
  }
  ASSERT_TRUE(third.ask("/small"));
  ASSERT_TRUE(second.say(rest + line));
  EXPECT_EQ(second.answer().body, "text");
  first.reset();
  EXPECT_EQ(third.answer().body, "text");
  EXPECT_GE(server.stop().rests, 1U);
}

TEST(StaticServerPeersTest, SilentPeersMakeRoom) {
  const TestDirectory directory;
  directory.write("small", "text");
  StandingClock clock;
  RunningServer server(directory, {.connections = 2});
  Client silent(server.port()), asking(server.port()), third(server.port());
  ASSERT_TRUE(third.ask("/small"));
  // So two are accepted, and nobody has been silent for long.
  EXPECT_EQ(asking.get("/small").body, "text");
  clock.go_on(1000);
  ASSERT_TRUE(asking.say("GET /small HTTP/1.1\r\n"));
  EXPECT_EQ(third.answer().body, "text");
  EXPECT_TRUE(silent.at_end());
  ASSERT_TRUE(asking.say("Host: a\r\n\r\n"));
  EXPECT_EQ(asking.answer().body, "text");
  EXPECT_GE(server.stop().rests, 1U);
}

// Without descriptors the server neither spins nor forgets: who waits is served when there are some.
TEST(StaticServerPeersTest, RestsWithoutDescriptors) {
  const TestDirectory directory;
  directory.write("small", "text");
  StandingClock clock;
  RunningServer server(directory);
  Client first(server.port());
  EXPECT_EQ(first.get("/small").body, "text");
  const Descriptor waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(waiting.get()) + 8;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<Descriptor> all;
  do {
    for (int taken; (taken = ::dup(waiting.get())) >= 0;) all.emplace_back(taken);
  } while (first.get("/small").status != 503);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(waiting.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  // Both are told to the server together, and when it answers again it has tried to accept.
  for (int times = 0; times < 2; ++times) EXPECT_EQ(first.get("/small").status, 503);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // in which it would spin
  all.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  clock.go_on(1000);
  EXPECT_EQ(first.get("/small").body, "text");
  EXPECT_EQ(Client(server.port()).get("/small").body, "text");
  const StaticServerCounts counts = server.stop();
  EXPECT_GE(counts.rests, 1U);
  EXPECT_LT(counts.rounds, 1000U);
}

TEST(StaticServerPeersTest, EndsWhoMakesNoProgress) {
  const TestDirectory directory;
  directory.write("small", "text");
  StandingClock clock;
  const RunningServer server(directory, {.idle = 100});
  Client silent(server.port()), trickling(server.port()), asking(server.port());
  for (int times = 0; times < 5; ++times) {
    EXPECT_EQ(asking.get("/small").body, "text") << "the server has ended a connection that was in time";
    trickling.say("a");  // in vain at last
    clock.go_on(70);
    await_look(server);
  }
  EXPECT_TRUE(silent.at_end()) << "the server waits for a peer that says nothing";
  EXPECT_TRUE(trickling.at_end()) << "the server waits for a peer that never ends its request";
}

std::atomic<bool> stalled, go_on;

void stall(int) {
  stalled = true;
  while (!go_on) ::usleep(1000);
}

// It was the server that did nothing for so long, not they.
TEST(StaticServerPeersTest, WhoAskedDuringAStallIsAnswered) {
  const TestDirectory directory;
  directory.write("small", "text");
  stalled = go_on = false;
  constexpr std::int64_t kIdle = 100;
  StandingClock clock;
  RunningServer server(directory, {.idle = kIdle});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 300; ++i) {  // more than the events of a round
    clients.push_back(std::make_unique<Client>(server.port()));
    ASSERT_EQ(clients.back()->get("/small").body, "text");
  }
  struct sigaction action {
  }, before;
  action.sa_handler = stall;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  server.interrupt(SIGUSR1);
  EXPECT_TRUE(eventually([] { return stalled.load(); })) << "the server's thread has taken no signal";
  for (const auto& client : clients) EXPECT_TRUE(client->ask("/small"));
  clock.go_on(kIdle + 100);
  go_on = true;
  for (const auto& client : clients) EXPECT_EQ(client->answer().body, "text");
  server.stop();
  ASSERT_EQ(::sigaction(SIGUSR1, &before, nullptr), 0);
}

TEST(StaticServerPeersTest, SaysWhyItCannotBegin) {
  const TestDirectory directory;
  directory.write("file", "text");
  StaticServer server;
  EXPECT_EQ(server.open(directory.path("none").c_str()), ENOENT);
  EXPECT_EQ(server.open(directory.path("file").c_str()), ENOTDIR);
  EXPECT_EQ(server.open(directory.path().c_str(), {.address = "localhost"}), EINVAL);
  ASSERT_EQ(server.open(directory.path().c_str()), 0);
  StaticServer second;
  EXPECT_EQ(second.open(directory.path().c_str(), {.port = server.port()}), EADDRINUSE);
}

}  // namespace
}  // namespace assay::static_server_test
