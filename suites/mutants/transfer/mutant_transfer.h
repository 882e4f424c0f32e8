// A transfer by copying in which every defect that a clause TR-01 to TR-32 stands for can be switched on, but
// for those about references to the source (suites/mutants/transfer/referring_mutant_transfer.h).
//
// Idea. A file is read piece by piece to a buffer and sent, or written, from there; memory is sent as it is.
// What a socket did not take is read again, so that nothing is owed. Nothing is optimised: whatever a clause
// says should be easy to see here, and so should its opposite.
//
// Invariants
//   I1  the result and the record have what a socket or a file has accepted
//   I2  bytes in the buffer are needed by the call that has read them only
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "suites/mutants/transfer/transfer_defects.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/transfer_concept.h"

namespace assay::mutant {

class MutantTransfer {
 public:
  static constexpr TransferTraits kTraits{
      .sends_files = true, .sends_memory = true, .copies_files = true, .aliases = false};
  static Availability available() noexcept { return {}; }

  MutantTransfer() noexcept = default;
  MutantTransfer(MutantTransfer&& other) noexcept { *this = std::move(other); }
  MutantTransfer& operator=(MutantTransfer&& other) noexcept {
    state_ = std::exchange(other.state_, State());
    if (move_leaves_the_buffer) state_.buffer.clear();
    return *this;
  }

  int open() noexcept {
    if (state_.closed_twice && second_close_is_for_good) return EBADF;
    if (second_open_leaks && state_.held.is_open()) state_.held.release();
    const TransferRecord before = state_.record;
    state_ = State();
    if (record_survives_open) state_.record = before;
    state_.buffer.resize(kPiece);
    return state_.held.open("/dev/null", O_RDONLY);
  }
  void close() noexcept {
    if (close_keeps_what_is_owed) late_ = std::move(state_.owed);
    const bool again = state_.closed;
    state_ = State();
    state_.closed = true;
    state_.closed_twice = again;
  }

  IoResult send_file(int socket, int file, std::uint64_t offset, std::uint64_t length) noexcept {
    const bool goes_on = begin(socket, offset, length);
    if (range_begins_at_its_page && length == 70'001) offset -= offset % 4096;
    if (nothing_sends_a_byte && length == 0) length = 1;
    if (grown_file_is_sent_whole) {
      const std::uint64_t size = size_of(file);
      if (!goes_on) state_.latest.file_size = size;
      if (size > state_.latest.file_size) length = size - offset;
    }
    if (half_a_megabyte_is_not_copied && length == 524'288) return by_reference(socket, file, offset, length);
    IoResult result;
    while (result.ok() && result.bytes < length) {
      const std::span<std::byte> piece = first_of_buffer(length - result.bytes);
      const IoResult got = read(file, offset + result.bytes, piece);
      if (got.error == EBADF && unreadable_file_is_empty) return result;
      if (got.ok() && got.bytes == 0)
        result.error = truncated_file_is_done && goes_on ? 0 : kSourceEnded;
      else
        result.error = got.error;
      if (got.bytes == 0) break;
      const std::span<std::byte> there = piece.first(static_cast<std::size_t>(got.bytes));
      const bool is_last = result.bytes + there.size() == length;
      if (file_ends_with_another_byte && length == 700'001 && is_last) there.back() ^= std::byte{1};
      const bool is_next = goes_on && result.bytes == 0 && state_.latest.length == 300'001;
      if (file_goes_on_with_another_byte && is_next) there.front() ^= std::byte{1};
      const IoResult sent = send_all(socket, there);
      if (!copies_are_not_counted) state_.record.user_copied += sent.bytes;
      if (sent.error == EAGAIN && close_keeps_what_is_owed)
        state_.owed.assign(there.begin() + static_cast<std::ptrdiff_t>(sent.bytes), there.end());
      result = {result.bytes + sent.bytes, sent.error};
    }
    return end(offset, result);
  }

  IoResult send(int socket, std::span<const std::byte> bytes) noexcept {
    const bool goes_on = begin(socket, reinterpret_cast<std::uintptr_t>(bytes.data()), bytes.size());
    if (lengths_have_31_bits) bytes = bytes.first(bytes.size() & 0x7fff'ffff);
    std::vector<std::byte> wrong;
    if (memory_ends_with_another_byte && bytes.size() == 700'001) {
      wrong.assign(bytes.begin(), bytes.end());
      wrong.back() ^= std::byte{1};
    }
    if (memory_goes_on_with_another_byte && goes_on && state_.latest.length == 300'001 && !bytes.empty()) {
      wrong.assign(bytes.begin(), bytes.end());
      wrong.front() ^= std::byte{1};
    }
    const IoResult result = send_all(socket, wrong.empty() ? bytes : std::span<const std::byte>(wrong));
    return end(reinterpret_cast<std::uintptr_t>(bytes.data()), result);
  }

  IoResult copy(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                std::uint64_t length) noexcept {
    if (length == 0) return {};
    if (file_without_size_is_empty && size_of(from) == 0) return {0, kSourceEnded};
    IoResult result;
    if (relies_on_the_kernels_copy) result = copy_in_kernel(from, from_offset, to, to_offset, length);
    while (result.ok() && result.bytes < length) {
      const std::span<std::byte> piece = first_of_buffer(length - result.bytes);
      const IoResult got = read(from, from_offset + result.bytes, piece);
      if (got.error != 0) return {result.bytes, got.error};
      if (got.bytes == 0)
        return {result.bytes, copy_from_the_end_is_done && result.bytes == 0 ? 0 : kSourceEnded};
      const std::span<const std::byte> there = piece.first(static_cast<std::size_t>(got.bytes));
      const bool is_zero =
          std::all_of(there.begin(), there.end(), [](std::byte b) { return b == std::byte{}; });
      const bool left_out = zeros_are_not_written && is_zero && length < 1'000'000;
      const IoResult put = left_out ? IoResult{got.bytes, 0} : write_all(to, to_offset + result.bytes, there);
      state_.record.bytes += put.bytes;
      state_.record.user_copied += put.bytes;
      result = {result.bytes + put.bytes, put.error};
    }
    if (copy_clears_the_rest_of_the_page && result.ok()) clear_rest_of_page(to, to_offset + length);
    return result;
  }

  IoResult finish(int) noexcept {
    return {0, finish_of_nothing_says_again && state_.record.bytes == 0 ? EAGAIN : 0};
  }
  const TransferRecord& record() const noexcept { return state_.record; }

 private:
  static constexpr std::size_t kPiece = 65'536;

  // A send, from a position in a file or in memory.
  struct Send {
    std::uint64_t length = 0;  // of the first call, of several that go on after EAGAIN
    std::uint64_t next = 0;    // where another would go on
    std::uint64_t file_size = 0;
    bool was_full = false;
  };

  struct State {
    Descriptor held;  // for nothing but to be let go
    std::vector<std::byte> buffer;
    TransferRecord record;
    Send latest;
    std::vector<std::byte> owed;  // empty, but for close_keeps_what_is_owed
    bool closed = false, closed_twice = false;
  };

  // Whether it goes on with the one before.
  bool begin(int socket, std::uint64_t position, std::uint64_t length) {
    if (ignores_sigpipe_for_good) signal(SIGPIPE, SIG_IGN);
    if (!late_.empty()) send_all(socket, std::exchange(late_, {}));
    state_.owed.clear();
    const bool goes_on = state_.latest.was_full && state_.latest.next == position;
    if (!goes_on) state_.latest.length = length;
    return goes_on;
  }
  IoResult end(std::uint64_t position, IoResult result) {
    state_.latest.was_full = result.error == EAGAIN;
    if (full_socket_counts_one_less && state_.latest.was_full && state_.latest.length == 400'001 &&
        result.bytes > 0)
      --result.bytes;
    state_.latest.next = position + result.bytes;
    return result;
  }

  std::span<std::byte> first_of_buffer(std::uint64_t most) {
    return std::span(state_.buffer)
        .first(static_cast<std::size_t>(std::min<std::uint64_t>(most, state_.buffer.size())));
  }

  // No bytes and no error: the end.
  IoResult read(int file, std::uint64_t offset, std::span<std::byte> into) {
    if (offsets_have_31_bits && offset >> 31 == 1) return {0, EOVERFLOW};
    const auto at = static_cast<off_t>(offset);
    if (reads_move_the_position) lseek(file, at, SEEK_SET);
    for (;;) {
      ++state_.record.calls;
      const ssize_t n = reads_move_the_position ? ::read(file, into.data(), into.size())
                                                : ::pread(file, into.data(), into.size(), at);
      if (n >= 0) return {static_cast<std::uint64_t>(n), 0};
      if (errno != EINTR) return {0, errno};
    }
  }

  IoResult write_all(int file, std::uint64_t offset, std::span<const std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      ++state_.record.calls;
      const ssize_t n =
          ::pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return {done, n == 0 ? EIO : errno};
      done = short_write_is_done ? bytes.size() : done + static_cast<std::size_t>(n);
    }
    return {done, 0};
  }

  IoResult send_all(int socket, std::span<const std::byte> bytes) {
    std::size_t done = 0;
    for (int refusals = 0; done < bytes.size();) {
      if (!sends_are_not_counted) ++state_.record.calls;
      const ssize_t n = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR && !interruption_is_an_error) continue;
      if (n < 0 && errno == EAGAIN && full_socket_is_asked_again && ++refusals < 30) continue;
      if (n < 0) return {done, errno};
      done += static_cast<std::size_t>(n);
      state_.record.bytes += static_cast<std::uint64_t>(n);
    }
    return {done, 0};
  }

  static std::uint64_t size_of(int file) {
    struct stat status;
    return fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : UINT64_MAX;
  }

  // What the defects do instead.
  IoResult by_reference(int socket, int file, std::uint64_t offset, std::uint64_t length) {
    auto at = static_cast<off_t>(offset);
    const ssize_t n = ::sendfile(socket, file, &at, static_cast<std::size_t>(length));
    if (n < 0) return {0, errno};
    state_.record.bytes += static_cast<std::uint64_t>(n);
    return {static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(n) < length ? EAGAIN : 0};
  }

  // Gives up where the kernel says that it has nothing, or that it is another file system.
  IoResult copy_in_kernel(int from, std::uint64_t from_offset, int to, std::uint64_t to_offset,
                          std::uint64_t length) {
    std::uint64_t done = 0;
    while (done < length) {
      auto source = static_cast<off64_t>(from_offset + done), target = static_cast<off64_t>(to_offset + done);
      ++state_.record.calls;
      const ssize_t n =
          copy_file_range(from, &source, to, &target, static_cast<std::size_t>(length - done), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n == 0 || (n < 0 && errno == EXDEV)) break;
      if (n < 0) return {done, errno};
      done += static_cast<std::uint64_t>(n);
      state_.record.bytes += static_cast<std::uint64_t>(n);
    }
    return {done, 0};
  }

  static void clear_rest_of_page(int file, std::uint64_t end) {
    const std::vector<std::byte> zeros(static_cast<std::size_t>((4096 - end % 4096) % 4096));
    if (size_of(file) > end) [[maybe_unused]]
      const ssize_t n = ::pwrite(file, zeros.data(), zeros.size(), static_cast<off_t>(end));
  }

  State state_;
  std::vector<std::byte> late_;  // what close() should have dropped
};

static_assert(Transfer<MutantTransfer>);

}  // namespace assay::mutant
