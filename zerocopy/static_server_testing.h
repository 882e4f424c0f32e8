// For tests of StaticServer: a directory of known files, the server on a thread, and clients that say and
// read exactly what they are told to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "zerocopy/eventually.h"
#include "zerocopy/static_server.h"

namespace assay::static_server_test {

// Text that is different at every place a mistake could take it from.
inline std::string text_of(std::size_t size, std::uint64_t seed = 1) {
  std::string text(size, '\0');
  std::uint64_t state = seed * 0x9e3779b97f4a7c15;
  for (char& c : text) {
    state = state * 6364136223846793005 + 1442695040888963407;
    c = static_cast<char>(state >> 56);
  }
  return text;
}

class TestDirectory {
 public:
  TestDirectory() {
    const char* const given = std::getenv("TEST_TMPDIR");
    std::string name =
        (given != nullptr ? std::string(given) : std::filesystem::temp_directory_path().string()) +
        "/assay-served-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    outside_ = name;
    std::filesystem::create_directory(path());
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(outside_, ignored);
  }

  std::string outside() const { return outside_; }  // the directory around it
  std::string path(const std::string& name = "") const {
    return outside_ + "/served" + (name.empty() ? "" : "/" + name);
  }
  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
  }

 private:
  std::string outside_;
};

// Serves until it is destroyed.
class RunningServer {
 public:
  explicit RunningServer(const TestDirectory& directory, const StaticServerOptions& options = {}) {
    EXPECT_EQ(server_.open(directory.path().c_str(), options), 0);
    thread_ = std::thread([this] { EXPECT_EQ(server_.run(), 0); });
  }
  ~RunningServer() { stop(); }

  std::uint16_t port() const { return server_.port(); }
  void interrupt(int signal) { ::pthread_kill(thread_.native_handle(), signal); }
  StaticServerCounts stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
    return server_.counts();
  }

 private:
  StaticServer server_;
  std::thread thread_;
};

struct Answer {
  int status = 0;  // 0: the connection has ended without one
  std::string head, body;

  // The value of a field; "" where there is none.
  std::string field(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// A server that neither takes nor says anything for too long has failed the test, and is not waited for
// again.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer != 0)
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval patience{testing::kPatience.count(), 0};
    for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO})
      ::setsockopt(socket_.get(), SOL_SOCKET, direction, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  bool say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        note_silence();
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool ask(const std::string& target, const std::string& fields = "") {
    return say("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  }

  // Of the body, exactly as many bytes as the head announces, or as come before the end.
  Answer answer(bool has_body = true) {
    Answer answer;
    std::size_t end;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos)
      if (!receive()) return answer;
    answer.head = unread_.substr(0, end + 2);
    unread_.erase(0, end + 4);
    EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 ")) << answer.head;
    answer.status = std::atoi(answer.head.c_str() + 9);
    if (has_body && answer.status != 304)
      answer.body = bytes(std::stoull("0" + answer.field("Content-Length")));
    return answer;
  }
  Answer get(const std::string& target, const std::string& fields = "") {
    return ask(target, fields) ? answer() : Answer();
  }

  // That many bytes, or as many as come before the end.
  std::string bytes(std::size_t count) {
    while (unread_.size() < count && receive()) {
    }
    const std::string taken = unread_.substr(0, count);
    unread_.erase(0, taken.size());
    return taken;
  }
  // Nothing more comes: waits for the end of the connection.
  bool at_end() {
    while (unread_.empty())
      if (!receive()) return !silent_;
    return false;
  }

  void say_no_more() { ::shutdown(socket_.get(), SHUT_WR); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.close();
  }

 private:
  bool receive() {
    if (silent_) return false;
    char some[16384];
    const ssize_t got = ::recv(socket_.get(), some, sizeof some, 0);
    if (got < 0) note_silence();
    if (got > 0) unread_.append(some, static_cast<std::size_t>(got));
    return got > 0;
  }
  void note_silence() {
    if (errno != EAGAIN) return;
    silent_ = true;
    ADD_FAILURE() << "the server has been silent for " << testing::kPatience.count() << " s";
  }

  Descriptor socket_;
  std::string unread_;
  std::atomic<bool> silent_{false};  // one thread may say what another waits to be answered
};

}  // namespace assay::static_server_test
