// ASSAY_PADDING bytes in front of all code of the program: the same program with another layout, to tell a slower
// program from an unlucky address. (Linkers place this section before .text.)
//   --per_file_copt=suites/core/padding\.cc$@-DASSAY_PADDING=4160
#ifdef ASSAY_PADDING
#define ASSAY_TEXT(x) #x
#define ASSAY_DIGITS(x) ASSAY_TEXT(x)
asm(".pushsection .text.startup, \"ax\", @progbits\n.skip " ASSAY_DIGITS(ASSAY_PADDING) ", 0x90\n.popsection");
#endif
