//! Rust's Box, Rc and Arc under the workloads of suites/pointer/workloads/: the same values, order, barriers
//! and checksums, each pass one call. pointer_owning.rs has the passes of all three, pointer_sharing.rs those
//! of Rc and Arc; pointers.h has the same tables and registers them.
//!
//!   rustc --crate-type=staticlib --crate-name assay_pointer_peers --edition 2021 -C opt-level=3
//!     -C panic=abort pointers.rs
//!
//! What lies in a shared object and changes is a Cell, which costs nothing, and not a RefCell: the pointers
//! are what is compared. Ownership across threads is the C++ program's affair.

#![allow(non_upper_case_globals)]

mod harness;
#[macro_use]
mod pointer_owning;
#[macro_use]
mod pointer_sharing;

use core::cell::Cell;
use core::ffi::c_void;
use core::mem::{size_of, ManuallyDrop};
use core::ptr;
use harness::{escape, fail, fold, mark_of, Record};
use pointer_owning::OwningPasses;
use pointer_sharing::{SharingPasses, UseOrder, CLIENTS};
use std::rc::Rc;
use std::sync::Arc;

struct Word {
    mark: u64,
}

struct Line {
    words: [u64; 8],
}

trait Value {
    fn of_mark(mark: u64) -> Self;
    fn word(&self) -> u64;
}

impl Value for Word {
    #[inline(always)]
    fn of_mark(mark: u64) -> Word {
        Word { mark }
    }
    #[inline(always)]
    fn word(&self) -> u64 {
        self.mark
    }
}

impl Value for Line {
    #[inline(always)]
    fn of_mark(mark: u64) -> Line {
        Line { words: [mark; 8] }
    }
    #[inline(always)]
    fn word(&self) -> u64 {
        self.words[0].wrapping_add(self.words[7])
    }
}

struct Bulk<const WORDS: usize> {
    _words: [u64; WORDS],
}
const SMALLER_BULK: usize = 250;
const LARGER_BULK: usize = 251;

/// Places in the harness's memory, empty at first. T must be valid when all of its bytes are zero, or is put
/// into a place before it is read there.
struct Places<T> {
    first: *mut T,
}

impl<T> Places<T> {
    fn new(count: usize) -> Places<T> {
        let mut memory = Record::<u64>::new((count * size_of::<T>() + 7) / 8);
        Places { first: &mut memory[0] as *mut u64 as *mut T }
    }

    #[inline(always)]
    fn at(&self, index: usize) -> *mut T {
        unsafe { self.first.add(index) }
    }
}

/// What is in a link, which nobody changes meanwhile.
#[inline(always)]
fn in_link<P>(link: &Cell<Option<P>>) -> &Option<P> {
    unsafe { &*link.as_ptr() }
}

mod boxes {
    use super::*;
    owning_passes!(Box, assay_box_owning_passes);
    search_by_references!();
}

mod rcs {
    use super::*;
    use std::rc::Weak;
    owning_passes!(Rc, assay_rc_owning_passes);
    search_by_owners!();
    sharing_passes!(Rc, assay_rc_sharing_passes);
}

mod arcs {
    use super::*;
    use std::sync::Weak;
    owning_passes!(Arc, assay_arc_owning_passes);
    search_by_owners!();
    sharing_passes!(Arc, assay_arc_sharing_passes);
}
