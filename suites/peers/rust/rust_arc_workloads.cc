// Rust's Arc and its Weak, which threads share.
#include "suites/peers/rust/pointers.h"

namespace assay::suite::pointer {

static const RustOwning<assay_arc_owning_passes> owning;
static const RustHandingOver<assay_arc_owning_passes> handing_over;
static const RustSharing<assay_arc_sharing_passes> sharing;
static const RustSharingThreads<assay_arc_sharing_passes> threads;

}  // namespace assay::suite::pointer
