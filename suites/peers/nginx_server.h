// nginx as a peer of transfers from files to sockets, and of servers: one worker with its own configuration,
// which sends what this process has open, by its descriptors below /proc, or the files of a directory. Its
// own directory is removed when it has begun to answer, and it ends when this process does.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "suites/core/measured_file.h"
#include "suites/core/process_clock.h"
#include "suites/core/workload.h"
#include "suites/transfer/workloads/loopback.h"

namespace assay::peer {

using suite::fail;

inline constexpr const char* kNginx = "/usr/sbin/nginx";

class NginxServer {
 public:
  NginxServer() : NginxServer("/proc/" + std::to_string(getpid()) + "/fd") {}
  explicit NginxServer(const std::string& root) {
    suite::transfer::Listener listener;
    if (const int error = listener.open(); error != 0) fail("loopback device: %s", strerror(error));
    // The queue that nginx itself asks for; it takes the socket as it is.
    constexpr int kQueue = 511;
    listen(listener.get(), kQueue);
    port_ = listener.port();
    std::string directory = std::string(suite::MeasuredFile::directory()) + "/assay-nginxXXXXXX";
    if (mkdtemp(directory.data()) == nullptr) fail("mkdtemp %s: %s", directory.c_str(), strerror(errno));
    const int settings = in_memory(configuration(directory, root, port_));
    const pid_t parent = getpid(), master = fork();
    if (master < 0) fail("fork: %s", strerror(errno));
    if (master == 0) become_nginx(parent, listener.get(), settings, directory.c_str());
    close(settings);
    listener.leave();  // or it would keep a connection that nobody accepts, should nginx end
    socket_ = listener.connect_to();
    const bool answers = socket_ >= 0 && ask("/worker") && find_worker();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
    if (!answers) fail("%s does not answer", kNginx);
  }

  int socket() const { return socket_; }
  unsigned port() const { return port_; }

  // Of the worker: CPU nanoseconds, and page faults.
  double cpu() const { return suite::nanoseconds_at_rest(worker_, "nginx"); }
  std::uint64_t faults() const { return suite::page_faults_of(worker_, "nginx"); }

  static std::string request(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  bool ask(const std::string& path) const { return write_all(request(path)); }
  bool write_all(const std::string& text) const {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t sent = send(socket_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      done += static_cast<std::size_t>(sent);
    }
    return true;
  }

  // The head of the next answer, up to its empty line; "" at the end of the connection.
  std::string take_head() const {
    std::string head;
    char letter;
    while (!head.ends_with("\r\n\r\n")) {
      const ssize_t taken = recv(socket_, &letter, 1, 0);
      if (taken < 0 && errno == EINTR) continue;
      if (taken <= 0) return "";
      head += letter;
    }
    return head;
  }

 private:
  // All that is said is where it must not depend on the machine's own configuration, but for sendfile.
  static std::string configuration(const std::string& directory, const std::string& root, unsigned port) {
    std::string text = geteuid() == 0 ? "user root;\n" : "";
    text += "daemon off;\nworker_processes 1;\nerror_log /dev/null;\npid " + directory +
            "/pid;\nevents { worker_connections 64; }\nhttp {\n  sendfile on;\n  access_log off;\n"
            "  keepalive_requests 1000000000;\n  keepalive_timeout 1h;\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      text += std::string("  ") + kind + "_temp_path " + directory + "/" + kind + ";\n";
    return text + "  server {\n    listen 127.0.0.1:" + std::to_string(port) + ";\n    root " + root +
           ";\n    location = /worker { return 200 $pid; }\n  }\n}\n";
  }

  static int in_memory(const std::string& text) {
    const int file = memfd_create("nginx.conf", MFD_CLOEXEC);
    if (file < 0 || write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      fail("memfd_create: %s", strerror(errno));
    return file;
  }

  // It takes over the socket that listens, as it does from another nginx that it replaces: no port is free
  // for somebody else in between.
  [[noreturn]] static void become_nginx(pid_t parent, int listener, int settings, const char* directory) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int standard = 0; standard < 3; ++standard) dup2(nothing, standard);
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    fcntl(listener, F_SETFD, 0);
    fcntl(settings, F_SETFD, 0);
    const std::string inherited = "NGINX=" + std::to_string(listener) + ";";
    const std::string file = "/proc/self/fd/" + std::to_string(settings);
    const char* const arguments[] = {kNginx, "-e", "stderr", "-p", directory, "-c", file.c_str(), nullptr};
    const char* const environment[] = {inherited.c_str(), nullptr};
    execve(kNginx, const_cast<char**>(arguments), const_cast<char**>(environment));
    _exit(1);
  }

  bool find_worker() {
    const std::string head = take_head();
    const std::size_t length = head.find("Content-Length: ");
    if (length == std::string::npos) return false;
    std::size_t digits = strtoul(head.c_str() + length + strlen("Content-Length: "), nullptr, 10);
    for (char digit; digits > 0 && recv(socket_, &digit, 1, 0) == 1; --digits) worker_ += digit;
    return digits == 0;
  }

  int socket_ = -1;
  unsigned port_ = 0;
  std::string worker_;  // its process's number
};

}  // namespace assay::peer
