// ASSAY_PADDING bytes in front of all code of the program: the same program with another layout, to tell a
// slower program from an unlucky address. (Linkers place this section before .text.)
//   --per_file_copt=suites/core/padding\.cc$@-DASSAY_PADDING=4160
#ifdef ASSAY_PADDING
#define ASSAY_TEXT(x) #x
#define ASSAY_DIGITS(x) ASSAY_TEXT(x)
asm(".pushsection .text.startup, \"ax\", @progbits\nassay_padding: .skip " ASSAY_DIGITS(
    ASSAY_PADDING) ", 0x90\n.popsection");
extern "C" const char assay_padding[];
// Somebody must refer to it, or the linker drops what nobody uses.
[[gnu::constructor]] static void keep_the_padding() { asm volatile("" : : "r"(assay_padding)); }
#endif
