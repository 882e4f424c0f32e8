// Memory to a TCP connection over loopback; until finish() none of it may change, so that it is asked for
// within the pass.
//   transfer_memory     256 MiB in pieces of 1 MiB; one operation is one piece
//   transfer_messages   messages of 200 bytes, each of which leaves when it is sent; one operation is one
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "suites/core/pattern.h"
#include "suites/transfer/workloads/sending.h"

namespace assay::suite::transfer {

inline constexpr Description kSendMemory{
    .name = "transfer_memory",
    .family = "transfer",
    .sentence = "256 MiB of memory in pieces of 1 MiB to a TCP connection over loopback",
    .repetitions = 5,
    .threaded = true};
inline constexpr Description kSendMessages{
    .name = "transfer_messages",
    .family = "transfer",
    .sentence = "messages of 200 bytes to a TCP connection over loopback",
    .repetitions = 5,
    .any_length = true,
    .threaded = true};

constexpr std::size_t kMemoryPiece = 1 << 20;
constexpr std::size_t kMemoryPieces = 256;
constexpr std::size_t kMessageBytes = 200;  // a multiple of eight: sums of messages add up
constexpr std::size_t kMessagesAtHand = 4096;
constexpr std::size_t kMessages = 50'000;

// `sends` pieces of equal size, in turn, of a source that has `count` of them.
template <Transfer T>
class SendingPieces : public SendingWorkload<T> {
 protected:
  SendingPieces(const Settings& settings, std::size_t piece, std::size_t count, std::size_t sends)
      : piece_(piece), count_(count), source_(harness_array<std::byte>(piece * count)) {
    this->operations = sends;
    this->bytes_ = sends * piece;
    fill_pattern(source_, piece * count, settings.seed);
    for (std::size_t i = 0; i < sends; ++i) {
      WordSum sum;
      sum.add(of_send(i));
      this->sum_ += sum.get();
    }
  }

 private:
  std::span<const std::byte> of_send(std::size_t i) const { return {source_ + i % count_ * piece_, piece_}; }

  void send_all(T& transfer, int socket) override {
    for (std::size_t i = 0; i < this->operations; ++i)
      require_done(transfer.send(socket, of_send(i)), piece_, "send()");
    require_done(transfer.finish(socket), 0, "finish()");
  }

  std::size_t piece_, count_;
  std::byte* source_;
};

template <Transfer T>
struct SendingMemory : SendingPieces<T> {
  explicit SendingMemory(const Settings& settings)
      : SendingPieces<T>(settings, kMemoryPiece, settings.scaled(kMemoryPieces),
                         settings.scaled(kMemoryPieces)) {}
};

template <Transfer T>
struct SendingMessages : SendingPieces<T> {
  explicit SendingMessages(const Settings& settings)
      : SendingPieces<T>(settings, kMessageBytes, kMessagesAtHand, settings.repeated(kMessages)) {}
};

template <Transfer T>
void add_memory_workloads() {
  if constexpr (T::kTraits.sends_memory) {
    static const WorkloadEntry memory(
        made_by(kSendMemory, make_workload<SendingMemory<T>>, sending_obstacle<T>));
    static const WorkloadEntry messages(
        made_by(kSendMessages, make_workload<SendingMessages<T>>, sending_obstacle<T>));
  }
}

}  // namespace assay::suite::transfer
