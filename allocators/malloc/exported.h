// What is visible of the library, which is compiled with everything else hidden, and what it needs of the C++
// runtime: that is weak, so that it does not bring a megabyte of runtime along into a program in C. Included
// by every source file.
#pragma once

#define ASSAY_EXPORTED __attribute__((visibility("default"), used))

asm(R"(
.weak _ZSt15get_new_handlerv
.weak _ZSt17__throw_bad_allocv
.weak __cxa_begin_catch
.weak __cxa_end_catch
.weak __gxx_personality_v0
.weak _Unwind_Resume
)");
