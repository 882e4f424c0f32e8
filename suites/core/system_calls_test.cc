#include "suites/core/system_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

namespace assay::suite {
namespace {

using namespace system_calls;

// Ten bytes, in a file that nobody else sees.
class SystemCalls : public testing::Test {
 protected:
  SystemCalls() : file_(memfd_create("ten", MFD_CLOEXEC)) {
    EXPECT_EQ(write(file_, "0123456789", 10), 10);
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
    EXPECT_EQ(pipe2(pipe_, O_CLOEXEC), 0);
    reset_counts();
  }
  ~SystemCalls() override {
    for (const int file : {file_, ends_[0], ends_[1], pipe_[0], pipe_[1]}) close(file);
  }

  std::string received() {
    char text[64];
    const ssize_t length = recv(ends_[1], text, sizeof text, MSG_DONTWAIT);
    return length < 0 ? "" : std::string(text, static_cast<std::size_t>(length));
  }

  int file_;
  int ends_[2], pipe_[2];
  char bytes_[16] = {};
};

TEST_F(SystemCalls, CountsWhatIsWatchedAndNothingElse) {
  EXPECT_EQ(pread(file_, bytes_, 4, 0), 4);
  EXPECT_EQ(counts().all_calls(), 0U);
  {
    const Watched watched;
    EXPECT_EQ(pread(file_, bytes_, 4, 0), 4);
    EXPECT_EQ(pread64(file_, bytes_, 10, 7), 3);
    EXPECT_EQ(send(ends_[0], "ab", 2, 0), 2);
    EXPECT_EQ(send(-1, "ab", 2, 0), -1);
    std::thread([this] { EXPECT_EQ(pread(file_, bytes_, 4, 0), 4); }).join();
  }
  EXPECT_EQ(pread(file_, bytes_, 4, 0), 4);
  EXPECT_EQ(counts().calls_of(SystemCall::kPread), 2U);
  EXPECT_EQ(counts().bytes_of(kReading), 7U);
  EXPECT_EQ(counts().calls_of(SystemCall::kSend), 2U);
  EXPECT_EQ(counts().bytes_of(kSending), 2U);
}

TEST_F(SystemCalls, CountsEveryKindThatMovesBytes) {
  iovec parts[] = {{bytes_, 3}, {bytes_ + 3, 4}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  off_t offset = 0;
  loff_t position = 0;
  const Watched watched;
  EXPECT_EQ(preadv(file_, parts, 2, 1), 7);
  EXPECT_EQ(writev(ends_[0], parts, 2), 7);
  EXPECT_EQ(sendmsg(ends_[0], &message, 0), 7);
  EXPECT_EQ(sendfile(ends_[0], file_, &offset, 5), 5);
  EXPECT_EQ(splice(file_, &position, pipe_[1], nullptr, 6, 0), 6);
  EXPECT_EQ(splice(pipe_[0], nullptr, ends_[0], nullptr, 6, 0), 6);
  EXPECT_EQ(read(ends_[1], bytes_, 16), 16);
  EXPECT_EQ(counts().bytes_of(set_of(SystemCall::kPread)), 7U);
  EXPECT_EQ(counts().bytes_of(set_of(SystemCall::kWritev)), 7U);
  EXPECT_EQ(counts().bytes_of(set_of(SystemCall::kSendmsg)), 7U);
  EXPECT_EQ(counts().bytes_of(set_of(SystemCall::kSendfile)), 5U);
  EXPECT_EQ(counts().calls_of(SystemCall::kSplice), 2U);
  EXPECT_EQ(counts().bytes_of(set_of(SystemCall::kSplice)), 12U);
  EXPECT_EQ(counts().bytes_of(set_of(SystemCall::kRead)), 16U);
  EXPECT_EQ(counts().calls_of(kMoving), 7U);
}

TEST_F(SystemCalls, FailsTheCallThatWasAskedForOnce) {
  const Faults faults({.act = Act::kFail, .error = EIO, .kinds = kReading, .after = 1});
  EXPECT_EQ(pread(file_, bytes_, 4, 0), 4) << "not watched";
  const Watched watched;
  EXPECT_EQ(send(ends_[0], "ab", 2, 0), 2);
  EXPECT_EQ(pread(file_, bytes_, 4, 0), 4);
  EXPECT_EQ(faults.met(), 0U);
  errno = 0;
  EXPECT_EQ(pread(file_, bytes_, 4, 0), -1);
  EXPECT_EQ(errno, EIO);
  EXPECT_EQ(faults.met(), 1U);
  EXPECT_EQ(faults.kind(), SystemCall::kPread);
  EXPECT_EQ(pread(file_, bytes_, 4, 0), 4);
}

TEST_F(SystemCalls, ShortensWhatIsAskedFor) {
  const Watched watched;
  {
    const Faults faults({.act = Act::kShort});
    EXPECT_EQ(pread(file_, bytes_, 9, 0), 4);
    EXPECT_EQ(pread(file_, bytes_, 9, 0), 9);
  }
  {
    const Faults faults({.act = Act::kOneByte, .for_good = true});
    iovec parts[] = {{bytes_, 3}, {bytes_ + 3, 4}};
    EXPECT_EQ(writev(ends_[0], parts, 2), 1);
    off_t offset = 4;
    EXPECT_EQ(sendfile(ends_[0], file_, &offset, 5), 1);
    EXPECT_EQ(offset, 5);
  }
  {
    const Faults faults({.act = Act::kLimit, .for_good = true, .most = 5});
    msghdr message{};
    iovec parts[] = {{bytes_, 3}, {bytes_ + 3, 4}};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    EXPECT_EQ(sendmsg(ends_[0], &message, 0), 5);
    EXPECT_EQ(pread(file_, bytes_, 3, 0), 3);
  }
  {
    const Faults faults({.act = Act::kShortAndFail, .error = EAGAIN});
    EXPECT_EQ(send(ends_[0], "abcd", 4, 0), 2);
    EXPECT_EQ(pread(file_, bytes_, 3, 0), 3);
    EXPECT_EQ(send(ends_[0], "cd", 2, 0), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(send(ends_[0], "cd", 2, 0), 2);
  }
}

TEST_F(SystemCalls, EndsAFileEarly) {
  const Faults faults({.act = Act::kNothing, .kinds = kReading});
  const Watched watched;
  EXPECT_EQ(pread(file_, bytes_, 4, 0), 0);
  EXPECT_EQ(pread(file_, bytes_, 4, 0), 4);
}

TEST_F(SystemCalls, FailsCallsThatMoveNothing) {
  const Faults faults({.act = Act::kFail, .error = EMFILE, .for_good = true});
  int ends[2];
  const Watched watched;
  EXPECT_EQ(open("/dev/null", O_RDONLY), -1);
  EXPECT_EQ(openat(AT_FDCWD, "/dev/null", O_RDONLY), -1);
  EXPECT_EQ(pipe(ends), -1);
  EXPECT_EQ(pipe2(ends, 0), -1);
  EXPECT_EQ(socket(AF_UNIX, SOCK_STREAM, 0), -1);
  EXPECT_EQ(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
  EXPECT_EQ(fcntl(file_, F_GETFD), -1);
  EXPECT_EQ(lseek(file_, 0, SEEK_CUR), -1);
  EXPECT_EQ(syscall(SYS_getpid), -1);
  EXPECT_EQ(errno, EMFILE);
  EXPECT_EQ(faults.met(), 9U);
}

TEST_F(SystemCalls, AFailingCloseHasClosed) {
  const int file = dup(file_);
  {
    const Faults faults({.act = Act::kFail, .error = EINTR});
    const Watched watched;
    EXPECT_EQ(close(file), -1);
  }
  EXPECT_EQ(fcntl(file, F_GETFD), -1);
}

TEST_F(SystemCalls, PretendsHugeTransfers) {
  constexpr std::uint64_t kHuge = 5'000'000'000;
  const Faults faults({.act = Act::kPretend, .kinds = kMoving & ~kReceiving, .for_good = true});
  const Watched watched;
  off_t offset = 7;
  EXPECT_EQ(sendfile(ends_[0], file_, &offset, kHuge), static_cast<ssize_t>(kMostByACall));
  EXPECT_EQ(offset, static_cast<off_t>(7 + kMostByACall));
  EXPECT_EQ(sendfile(ends_[0], file_, &offset, 10), 10);
  EXPECT_EQ(pretended().from_files, kMostByACall + 10);
  EXPECT_EQ(pretended().to_sinks, kMostByACall + 10);
  EXPECT_EQ(pretended().begin, 7U);
  EXPECT_EQ(pretended().gaps, 0U);
  EXPECT_EQ(pread(file_, bytes_, 10, 3), 10);
  EXPECT_EQ(pretended().gaps, 1U);
  EXPECT_EQ(received(), "");
}

TEST_F(SystemCalls, PretendedSplicesFillThePipe) {
  const Faults faults({.act = Act::kPretend, .kinds = kMoving & ~kReceiving, .for_good = true});
  const Watched watched;
  const ssize_t room = fcntl(pipe_[1], F_GETPIPE_SZ);
  loff_t offset = 0;
  EXPECT_EQ(splice(file_, &offset, pipe_[1], nullptr, 1 << 30, 0), room);
  EXPECT_EQ(splice(pipe_[0], nullptr, ends_[0], nullptr, 100, 0), 100);
  EXPECT_EQ(splice(pipe_[0], nullptr, ends_[0], nullptr, 1 << 30, 0), room - 100);
  EXPECT_EQ(pretended().to_sinks, static_cast<std::uint64_t>(room));
}

// One ring of one entry, by hand.
class RingOfOne {
 public:
  RingOfOne() : file_(static_cast<int>(syscall(SYS_io_uring_setup, 1, &parameters_))) {
    if (file_ < 0) return;
    queue_ = static_cast<char*>(
        mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file_, IORING_OFF_SQ_RING));
    entry_ = static_cast<io_uring_sqe*>(
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file_, IORING_OFF_SQES));
  }
  ~RingOfOne() {
    if (file_ < 0) return;
    munmap(queue_, kSize);
    munmap(entry_, 4096);
    close(file_);
  }
  bool ok() const { return file_ >= 0 && queue_ != MAP_FAILED && entry_ != MAP_FAILED; }

  int read_file(int file, void* into, unsigned count) {
    *entry_ = {};
    entry_->opcode = IORING_OP_READ;
    entry_->fd = file;
    entry_->addr = reinterpret_cast<std::uintptr_t>(into);
    entry_->len = count;
    *word(parameters_.sq_off.array) = 0;
    ++*word(parameters_.sq_off.tail);
    if (syscall(SYS_io_uring_enter, file_, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) != 1) return -errno;
    const std::uint32_t head = (*word(parameters_.cq_off.head))++;
    const std::uint32_t mask = *word(parameters_.cq_off.ring_mask);
    return reinterpret_cast<io_uring_cqe*>(queue_ + parameters_.cq_off.cqes)[head & mask].res;
  }

 private:
  static constexpr std::size_t kSize = 4096;
  std::uint32_t* word(std::uint32_t offset) { return reinterpret_cast<std::uint32_t*>(queue_ + offset); }

  io_uring_params parameters_{};
  int file_;
  char* queue_ = nullptr;
  io_uring_sqe* entry_ = nullptr;
};

TEST_F(SystemCalls, ReachesTheOperationsOfARing) {
  RingOfOne ring;
  if (!ring.ok()) GTEST_SKIP() << "io_uring_setup: " << std::strerror(errno);
  const Watched watched;
  EXPECT_EQ(ring.read_file(file_, bytes_, 10), 10);
  EXPECT_EQ(counts().calls_of(SystemCall::kRingOperation), 1U);
  EXPECT_EQ(counts().calls_of(SystemCall::kRingEnter), 1U);
  EXPECT_EQ(counts().all_calls(), 1U);
  {
    const Faults faults({.act = Act::kShort, .kinds = set_of(SystemCall::kRingOperation)});
    EXPECT_EQ(ring.read_file(file_, bytes_, 10), 5);
    EXPECT_EQ(faults.met(), 1U);
  }
  {
    const Faults faults({.act = Act::kFail, .error = EINTR, .kinds = set_of(SystemCall::kRingEnter)});
    EXPECT_EQ(ring.read_file(file_, bytes_, 10), -EINTR);
  }
}

TEST_F(SystemCalls, FailsTheOperationsOfARing) {
  RingOfOne ring;
  if (!ring.ok()) GTEST_SKIP() << "io_uring_setup: " << std::strerror(errno);
  if (!ring_operations_fail()) GTEST_SKIP() << "no-operations return no result here: needs Linux 6.9";
  const Watched watched;
  {
    const Faults faults({.act = Act::kFail, .error = EIO, .kinds = set_of(SystemCall::kRingOperation)});
    EXPECT_EQ(ring.read_file(file_, bytes_, 10), -EIO);
    EXPECT_EQ(ring.read_file(file_, bytes_, 10), 10);
  }
  const Faults faults({.act = Act::kPretend, .for_good = true});
  EXPECT_EQ(ring.read_file(file_, bytes_, 1'000'000), 1'000'000);
  EXPECT_EQ(pretended().from_files, 1'000'000U);
}

}  // namespace
}  // namespace assay::suite
