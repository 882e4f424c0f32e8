// Files to a TCP connection over loopback, one behind the other; the peer only receives. One operation is one
// file.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/transfer/workloads/sending.h"
#include "suites/transfer/workloads/sent_files.h"

namespace assay::suite::transfer {

template <Transfer T>
class SendingFiles : public SendingWorkload<T> {
 public:
  void begin() override { files_.warm(); }

 protected:
  SendingFiles(const Settings& settings, const FileSize& size) : files_(size, settings) {
    this->operations = files_.sends;
    this->bytes_ = files_.total();
    this->sum_ = files_.sum();
  }

 private:
  void send_all(T& transfer, int socket) override {
    for (std::size_t i = 0; i < files_.sends; ++i)
      require_done(transfer.send_file(socket, files_.of_send(i).get(), 0, files_.bytes), files_.bytes,
                   "send_file()");
    require_done(transfer.finish(socket), 0, "finish()");
  }

  SentFiles files_;
};

template <Transfer T, const FileSize& kSize>
struct SendingFilesOf : SendingFiles<T> {
  explicit SendingFilesOf(const Settings& settings) : SendingFiles<T>(settings, kSize) {}
};

template <Transfer T, const FileSize& kSize>
const char* file_obstacle() {
  const char* const none = MeasuredFile::obstacle(kSize.bytes * kSize.files);
  return none != nullptr ? none : sending_obstacle<T>();
}

template <Transfer T>
void add_file_workloads() {
  if constexpr (T::kTraits.sends_files) {
    static const WorkloadEntry tiny(
        made_by(kSendFile4k, make_workload<SendingFilesOf<T, k4k>>, file_obstacle<T, k4k>));
    static const WorkloadEntry small(
        made_by(kSendFile64k, make_workload<SendingFilesOf<T, k64k>>, file_obstacle<T, k64k>));
    static const WorkloadEntry medium(
        made_by(kSendFile1m, make_workload<SendingFilesOf<T, k1m>>, file_obstacle<T, k1m>));
    static const WorkloadEntry large(
        made_by(kSendFile256m, make_workload<SendingFilesOf<T, k256m>>, file_obstacle<T, k256m>));
  }
}

}  // namespace assay::suite::transfer
