// `runner --benchmarks PROGRAM --subject NAME=LIBRARY …`: see options.cc, or --help.
#include <cstdio>
#include <exception>
#include <optional>

#include "suites/core/recorder.h"
#include "suites/core/subject.h"
#include "suites/runner/options.h"
#include "suites/runner/runner.h"
#include "suites/runner/signal_watch.h"

namespace {

int complain(const std::exception& error, int code) {
  std::fprintf(stderr, "%s\n", error.what());
  return code;
}

}  // namespace

int main(int count, char** arguments) {
  using namespace assay::suite;
  try {
    const std::optional<Options> options = parse_options(count, arguments);
    if (!options) return kExitDone;
    SignalWatch signals;
    return run_benchmarks(*options, signals);
  } catch (const UsageError& error) {
    return complain(error, kExitUsage);
  } catch (const SubjectError& error) {
    return complain(error, kExitUsage);
  } catch (const RecordError& error) {
    return complain(error, kExitNotWritten);
  } catch (const std::exception& error) {
    return complain(error, kExitUsage);  // the workload program does not answer, a pipe cannot be made
  }
}
