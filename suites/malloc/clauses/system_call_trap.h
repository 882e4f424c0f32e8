// Makes the k-th memory-mapping system call of this process fail, whoever makes it and however: a seccomp
// filter turns mmap, munmap, mremap, mprotect, madvise and brk into SIGSYS, and the handler makes the call
// itself, from the one address that the filter lets through, or answers as the kernel does when it refuses.
#pragma once

#include <cstdint>

namespace assay::suite {

// Nothing of the process can be untrapped again: use in a forked child. False, with errno set, when the
// kernel does not allow it.
bool trap_mapping_calls();

// From now on the calls are counted from 1, and those for which `fails(number, call)` holds are refused.
void refuse_mapping_calls(bool (*fails)(std::uint64_t number, long call));
std::uint64_t mapping_calls();    // since then
const char* last_refused_call();  // "munmap"; "" when none was

}  // namespace assay::suite
