// The workloads of transfers from files to sockets for nginx with sendfile on: a client on a thread of its
// own asks for the same files over one connection, several at a time, so that the server need not wait for
// it.
//
// The sender is nginx's worker, with all that a server does for a request: heads, opening and closing the
// file. For large files that is nothing. Time and page faults are those of the worker and of the client.
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "suites/core/clocks.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"
#include "suites/peers/nginx_server.h"
#include "suites/transfer/workloads/loopback.h"
#include "suites/transfer/workloads/sending.h"
#include "suites/transfer/workloads/sent_files.h"

namespace assay::peer {
namespace {

using namespace suite;
using namespace suite::transfer;

class NginxFiles : public Workload {
 public:
  NginxFiles(const Settings& settings, const FileSize& size) : files_(size, settings), sum_(files_.sum()) {
    operations = files_.sends;
    server_.ask(path_of(0));
    head_bytes_ = server_.take_head().size();
    receiver_.take(server_.socket(), files_.bytes);
  }

  void begin() override { files_.warm(); }

  std::uint64_t pass() override {
    WordSum sum;
    const std::uint64_t faults_before = server_.faults() + faults();
    const double worker = server_.cpu(), process = cpu_nanoseconds(), wall = wall_nanoseconds();
    team_.run([&](unsigned member) {
      if (member == 0) return;
      const double before = thread_nanoseconds();
      take_all(compared_ ? nullptr : &sum);
      cost_.receiver = thread_nanoseconds() - before;
    });
    wall_ = wall_nanoseconds() - wall;
    const double client = cpu_nanoseconds() - process;
    cost_.sender = server_.cpu() - worker;
    cost_.process = client + cost_.sender;
    cost_.faults = server_.faults() + faults() - faults_before;
    if (!compared_ && sum.get() != sum_)
      fail("the bytes that arrive have the sum %016lx, those of the files %016lx", sum.get(), sum_);
    compared_ = true;
    return fold(sum_, files_.total());
  }

  void report(const Resident&, Figures& figures) override {
    figures.add("cpu_time", "ns/op", cost_.process / static_cast<double>(operations));
    figures.add("wall_time", "ns/op", wall_ / static_cast<double>(operations));
    cost_.report(figures, files_.total());
  }

 private:
  static constexpr std::size_t kAhead = 64;  // requests without an answer

  std::string path_of(std::size_t send) const { return "/" + std::to_string(files_.of_send(send).get()); }

  // Up to `count` requests for what comes next.
  void ask_for(std::size_t count) {
    std::string text;
    for (; count > 0 && asked_ < files_.sends; --count) text += NginxServer::request(path_of(asked_++));
    if (!text.empty() && !server_.write_all(text)) fail("nginx takes no request: %s", strerror(errno));
  }

  void take_all(WordSum* sum) {
    asked_ = 0;
    ask_for(kAhead);
    for (std::size_t taken = 0; taken < files_.sends;) {
      const std::size_t some = std::min(kAhead / 2, files_.sends - taken);
      if (sum == nullptr) {
        receiver_.take(server_.socket(), some * (head_bytes_ + files_.bytes));
      } else {
        for (std::size_t i = 0; i < some; ++i) compare(*sum);
      }
      taken += some;
      ask_for(some);
    }
  }

  // All heads have one length, because sizes, dates and times have.
  void compare(WordSum& sum) {
    const std::string head = server_.take_head();
    if (!head.starts_with("HTTP/1.1 200 ") || head.size() != head_bytes_)
      fail("nginx answers with a head of %zu bytes: %.100s", head.size(), head.c_str());
    receiver_.take(server_.socket(), files_.bytes, &sum);
  }

  SentFiles files_;
  std::uint64_t sum_;
  OneCore core_;  // before the client's thread and the server
  Team<2> team_;
  NginxServer server_;
  Receiver receiver_;
  std::size_t head_bytes_ = 0, asked_ = 0;
  PassCost cost_;
  double wall_ = 0;
  bool compared_ = false;
};

template <const FileSize& kSize>
struct NginxFilesOf : NginxFiles {
  explicit NginxFilesOf(const Settings& settings) : NginxFiles(settings, kSize) {}
};

template <const FileSize& kSize>
const char* obstacle() {
  if (access(kNginx, X_OK) != 0) return "nginx not installed";
  const char* const none = MeasuredFile::obstacle(kSize.bytes * kSize.files);
  return none != nullptr ? none : loopback_obstacle();
}

const WorkloadEntry tiny(made_by(kSendFile4k, make_workload<NginxFilesOf<k4k>>, obstacle<k4k>));
const WorkloadEntry small(made_by(kSendFile64k, make_workload<NginxFilesOf<k64k>>, obstacle<k64k>));
const WorkloadEntry medium(made_by(kSendFile1m, make_workload<NginxFilesOf<k1m>>, obstacle<k1m>));
const WorkloadEntry large(made_by(kSendFile256m, make_workload<NginxFilesOf<k256m>>, obstacle<k256m>));

}  // namespace
}  // namespace assay::peer
