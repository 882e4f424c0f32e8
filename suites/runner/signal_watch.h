#pragma once

namespace assay::suite {

// Turns the signals that end a run (SIGINT, SIGTERM, SIGHUP) and the end of a child into a readable
// descriptor, so that they are met where they can be dealt with. One in a process, made before any thread.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  int descriptor() const { return descriptor_; }
  bool interrupted();  // whether the run shall end; forgets that children ended

 private:
  int descriptor_;
  bool interrupted_ = false;
};

}  // namespace assay::suite
