// Rust's Rc and its Weak.
#include "suites/peers/rust/pointers.h"

namespace assay::suite::pointer {

static const RustOwning<assay_rc_owning_passes> owning;
static const RustSharing<assay_rc_sharing_passes> sharing;

}  // namespace assay::suite::pointer
