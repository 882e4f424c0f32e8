// Rust's Box, which one thread may give to another.
#include "suites/peers/rust/pointers.h"

namespace assay::suite::pointer {

static const RustOwning<assay_box_owning_passes> owning;
static const RustHandingOver<assay_box_owning_passes> handing_over;

}  // namespace assay::suite::pointer
