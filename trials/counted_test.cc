#include "trials/counted.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "suites/runner/process.h"
#include "trials/system_calls.h"

namespace assay::trials {
namespace {

namespace fs = std::filesystem;

constexpr suite::ProcessLimits kPatient{60, 60};
constexpr std::uint64_t kOperations = 1000;  // of a pass, unless told otherwise

std::string subject() {
  return (fs::read_symlink("/proc/self/exe").parent_path() / "counted_subject").string();
}

class Counting : public testing::Test {
 protected:
  Counts count_subject(std::vector<std::string> options, std::vector<std::string> environment = {},
                       const std::string& program = subject()) {
    options.insert(options.begin(), program);
    return count(options, environment, signals_);
  }

  SystemCalls trace(std::vector<std::string> options, suite::ProcessLimits limits = kPatient) {
    options.insert(options.begin(), subject());
    return trace_system_calls(options, {}, limits, signals_);
  }

  SystemCalls trace_shell(const std::string& script) {
    return trace_system_calls({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, kPatient, signals_);
  }

  suite::SignalWatch signals_;
};

class CountingInstructions : public Counting {
 protected:
  void SetUp() override {
    if (std::system("valgrind --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "valgrind is not installed";
  }
};

TEST_F(CountingInstructions, TheSameProgramGivesTheSameNumberTwice) {
  const Quantity counted = count_subject({}).instructions;
  EXPECT_EQ(counted.absent, "");
  EXPECT_TRUE(counted.exact()) << counted.first << " and " << counted.second;
  EXPECT_GT(counted.first, 10 * kOperations);
}

TEST_F(CountingInstructions, OneMoreInThePathOfEveryOperationIsSeen) {
  const std::uint64_t base = count_subject({"--extra=0"}).instructions.first;
  EXPECT_EQ(count_subject({"--extra=1"}).instructions.first, base + kOperations);
  EXPECT_EQ(count_subject({"--extra=7"}).instructions.first, base + 7 * kOperations);
}

TEST_F(CountingInstructions, WhatIsBesideThePassesDoesNotCount) {
  // The program does the same once before the pass: if that counted too, twice as many would come of it.
  const std::uint64_t base = count_subject({"--operations=5000"}).instructions.first;
  const std::uint64_t more = count_subject({"--operations=5000", "--extra=1"}).instructions.first;
  EXPECT_EQ(more - base, 5000u);
}

TEST_F(CountingInstructions, TheEnvironmentsSizeMakesNoDifference) {
  const std::vector<std::string> also = {"--also=stack"};
  const Quantity plain = count_subject(also).instructions;
  ASSERT_TRUE(plain.exact());
  for (const std::size_t length : {std::size_t{1}, std::size_t{100}, std::size_t{5000}}) {
    const std::string more = "MORE=" + std::string(length, 'm');
    EXPECT_EQ(count_subject(also, {more}).instructions.first, plain.first) << length;
  }
}

TEST_F(CountingInstructions, ThePlaceTheProgramLiesInMakesNoDifference) {
  const fs::path directory = fs::path(testing::TempDir()) / "counted_test_of_a_program_that_lies_elsewhere";
  fs::create_directories(directory);
  const fs::path copy = directory / "subject";
  fs::copy_file(subject(), copy, fs::copy_options::overwrite_existing);
  const Quantity here = count_subject({"--also=name"}).instructions;
  const Quantity there = count_subject({"--also=name"}, {}, copy.string()).instructions;
  fs::remove_all(directory);
  ASSERT_TRUE(here.exact()) << here.absent;
  EXPECT_EQ(there.first, here.first);
}

TEST_F(CountingInstructions, WhatDiffersFromRunToRunIsNotExact) {
  const Quantity counted = count_subject({"--also=random"}).instructions;
  EXPECT_EQ(counted.absent, "");
  EXPECT_FALSE(counted.exact());
  EXPECT_NE(counted.first, counted.second);
}

TEST_F(CountingInstructions, AProgramWithoutMeasuredPassesHasNone) {
  const Quantity counted = count_subject({"--also=unmeasured"}).instructions;
  EXPECT_NE(counted.absent.find("saw no call of assay_measured_pass"), std::string::npos) << counted.absent;
  EXPECT_FALSE(counted.exact());
}

TEST_F(CountingInstructions, AProgramThatDiesHasAReason) {
  EXPECT_EQ(count_subject({"--also=abort"}).instructions.absent,
            "under valgrind: killed by SIGABRT: out of order");
}

TEST_F(Counting, ValgrindThatIsNotInstalledIsAReason) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", testing::TempDir().c_str(), 1);
  const Counts counts = count_subject({});
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(counts.instructions.absent, "valgrind is not installed: apt-get install valgrind");
  EXPECT_TRUE(counts.page_faults.exact()) << counts.page_faults.absent;  // the others need no valgrind
}

TEST_F(Counting, TheProgramsOwnFiguresAreTaken) {
  const Counts counts = count_subject({"--operations=77"});
  EXPECT_EQ(counts.page_faults.first, 77u);  // the last sample
  EXPECT_TRUE(counts.peak_resident.exact());
  EXPECT_EQ(counts.steady_resident.absent, "the program does not report steady_resident");
}

TEST_F(Counting, WhatTheProgramSaysOfItsFailureIsTheReason) {
  const Counts counts = count_subject({"--also=fail"});
  for (const Quantity* quantity : counts.all())
    EXPECT_NE(quantity->absent.find("exited with status 1: out of luck"), std::string::npos)
        << quantity->metric << ": " << quantity->absent;
}

TEST_F(Counting, AProgramThatReportsNothingHasNoFiguresButCalls) {
  const Counts counts = count_subject({"--also=silent", "--calls=5"});
  EXPECT_EQ(counts.page_faults.absent, "reported nothing");
  EXPECT_EQ(counts.system_calls.first, 5u);
}

TEST_F(Counting, AProgramThatIsNotThereIsAReasonForAll) {
  const Counts counts = count_subject({}, {}, "/nowhere/program");
  for (const Quantity* quantity : counts.all())
    EXPECT_EQ(quantity->absent, "/nowhere/program cannot be opened: No such file or directory");
}

TEST_F(Counting, AnInterruptionIsAReason) {
  kill(getpid(), SIGINT);
  const Counts counts = count_subject({"--also=sleep"});
  for (const Quantity* quantity : counts.all())
    EXPECT_NE(quantity->absent.find("interrupted"), std::string::npos) << quantity->absent;
}

TEST_F(Counting, SystemCallsOfPassesAreExact) {
  const Counts counts = count_subject({"--calls=1000", "--operations=0"});
  EXPECT_TRUE(counts.system_calls.exact());
  EXPECT_EQ(counts.system_calls.first, 1000u);
}

TEST_F(Counting, SystemCallsThatManageMemoryAreShown) {
  const Counts counts = count_subject({"--operations=3", "--also=map"});
  EXPECT_EQ(counts.system_calls.first, 6u);
  EXPECT_EQ(counts.system_calls.detail, "mmap 3, munmap 3");
}

TEST_F(Counting, ReportsThatNothingIsMarked) {
  const Counts counts = count_subject({"--unmarked", "--calls=1000"});
  EXPECT_GT(counts.system_calls.first, 2000u);  // what is beside the passes, and its start
  EXPECT_NE(counts.system_calls.detail.find("of the whole process"), std::string::npos);
}

// Every ptrace from now on is refused with EPERM, as in many containers.
void refuse_tracing() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(rules)), rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    _exit(100);
}

TEST_F(Counting, TracingThatIsRefusedIsAReason) {
  const auto in_container = [this] {
    refuse_tracing();
    const Counts counts = count_subject({});
    fprintf(stderr, "%s; page faults %lu\n", counts.system_calls.absent.c_str(), counts.page_faults.first);
    _exit(0);
  };
  EXPECT_EXIT(in_container(), testing::ExitedWithCode(0),
              "tracing is refused here: ptrace: Operation not permitted; page faults 1000");
}

TEST_F(Counting, ATracedProgramHasTheSameAddressesEveryTime) {
  const int before = personality(0xffffffff);
  if (personality(static_cast<unsigned long>(before | ADDR_NO_RANDOMIZE)) < 0)
    GTEST_SKIP() << "personality is refused here";
  personality(static_cast<unsigned long>(before));
  const std::string first = trace({"--also=address"}).process.report;
  EXPECT_NE(first, "");
  for (int again = 0; again < 3; ++again) EXPECT_EQ(trace({"--also=address"}).process.report, first);
}

TEST_F(Counting, ThreadsAreFollowed) {
  // Each makes its own, beside those that starting it takes.
  const SystemCalls one = trace({"--calls=1000"}), four = trace({"--calls=1000", "--threads=4"});
  EXPECT_EQ(one.total, 1000u);
  EXPECT_GE(four.total, 4000u);
  EXPECT_LT(four.total, 4500u);
}

TEST_F(Counting, ProcessesThatItStartsAreFollowed) {
  const std::string busy = "i=0; while [ $i -lt 1000 ]; do echo; i=$((i+1)); done";  // writes 1000 times
  EXPECT_GT(trace_shell("(" + busy + "); :").total, 1000u);                          // forked
  EXPECT_GT(trace_shell("/bin/sh -c '" + busy + "'; exit 0").total,
            1000u);  // forked or vforked, and executed
  EXPECT_EQ(trace_shell("/bin/true; exit 7").process.code, 7);
}

TEST_F(Counting, TheTracersStopsAreNotSeenByTheProgram) {
  EXPECT_EQ(describe_end(trace({"--also=child"}).process, kPatient), "");
}

TEST_F(Counting, SignalsReachTheProgramUnderTheTracer) {
  const SystemCalls calls = trace_shell("trap 'echo caught >&3' USR1; kill -USR1 $$; kill -SEGV $$");
  EXPECT_EQ(calls.process.report, "caught\n");
  EXPECT_EQ(describe_end(calls.process, kPatient), "killed by SIGSEGV");
}

TEST_F(Counting, WhatATracedProgramWritesIsKeptApart) {
  const SystemCalls calls = trace_shell("echo report >&3; echo output; echo error >&2; read line; exit 3");
  EXPECT_EQ(calls.process.report, "report\n");
  EXPECT_EQ(calls.process.errors, "error\n");
  EXPECT_EQ(describe_end(calls.process, kPatient), "exited with status 3");
}

TEST_F(Counting, ATracedProgramThatIsNotThereIsAReason) {
  const SystemCalls calls = trace_system_calls({"/nowhere/program"}, {}, kPatient, signals_);
  EXPECT_EQ(calls.refused, "");
  EXPECT_EQ(describe_end(calls.process, kPatient), "could not be started: No such file or directory");
}

TEST_F(Counting, ATracedProgramThatSleepsForEverIsHung) {
  EXPECT_EQ(trace({"--also=sleep"}, {1, 60}).process.end, suite::ProcessResult::End::kHung);
}

TEST_F(Counting, ATracedProgramThatIsBusyForEverIsARunaway) {
  EXPECT_EQ(trace({"--also=spin"}, {60, 1}).process.end, suite::ProcessResult::End::kRunaway);
}

TEST_F(Counting, AnInterruptionEndsATracedProgramAndAllItStarted) {
  kill(getpid(), SIGINT);
  const SystemCalls calls = trace_shell("sleep 100000 & sleep 100000");
  EXPECT_EQ(calls.process.end, suite::ProcessResult::End::kInterrupted);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG | __WALL), -1);  // none is left
}

TEST_F(Counting, WhatATracedProgramLeavesBehindIsEnded) {
  const SystemCalls calls = trace_shell("sleep 100000 & echo $! >&3");
  EXPECT_EQ(calls.process.end, suite::ProcessResult::End::kExited);
  const std::string path = "/proc/" + std::to_string(std::atoi(calls.process.report.c_str())) + "/stat";
  // Killed, it goes when its new parent has noticed; a zombie is as good as gone.
  for (std::string line; std::getline(std::ifstream(path), line) && line.find(") Z") == std::string::npos;)
    usleep(1000);
}

TEST_F(Counting, OtherChildrenOfTheCallerAreLeftAlone) {
  const pid_t other = fork();
  if (other == 0) _exit(42);
  trace({});
  int status = 0;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

}  // namespace
}  // namespace assay::trials
