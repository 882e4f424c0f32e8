//! The typed-arena crate under the workloads of suites/object/workloads/typed_arena.h: the same objects,
//! barriers and checksums, each pass one call. Named and registered in typed_arena_workloads.cc.
//!
//!   rustc --crate-type=staticlib --crate-name assay_typed_arena_peer --edition 2021 -C opt-level=3
//!     -C panic=abort --extern typed_arena=libtyped_arena.rlib typed_arena.rs

mod harness;

use core::ptr::null;
use harness::{escape, fail, fold, mark_of};
use typed_arena::Arena;

struct Particle {
    mark: u64,
    _before: *const Particle,
    _position: [f64; 2],
}

#[inline(always)]
fn live_and_die(count: usize) -> u64 {
    let mut arena = Arena::new();
    let mut before: *const Particle = null();
    for i in 0..count {
        let mark = mark_of(i as u64);
        let object =
            arena.alloc(Particle { mark, _before: before, _position: [(mark >> 40) as f64, 1.0] });
        escape(object);
        before = object;
    }
    let mut sum = 0u64;
    for object in arena.iter_mut() {
        sum = sum.wrapping_add(object.mark);
    }
    sum
}

#[no_mangle]
pub extern "C" fn assay_typed_arena_million(count: usize) -> u64 {
    fold(0, live_and_die(count))
}

#[no_mangle]
pub extern "C" fn assay_typed_arena_arenas(arenas: usize, count: usize) -> u64 {
    (0..arenas).fold(0, |checksum, _| fold(checksum, live_and_die(count)))
}

struct Leaving {
    mark: u64,
    _before: *const Leaving,
    sum: *mut u64,
    _rest: u64,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        unsafe {
            if !self.sum.is_null() {
                *self.sum = (*self.sum).wrapping_add(self.mark);
            }
        }
    }
}

fn destroyed(count: usize) -> u64 {
    let mut left = 0u64;
    let mut sum = 0u64;
    {
        let mut arena = Arena::new();
        let mut before: *const Leaving = null();
        for i in 0..count {
            let mark = mark_of(i as u64);
            let object = arena.alloc(Leaving { mark, _before: before, sum: &mut left, _rest: 0 });
            escape(object);
            before = object;
        }
        for object in arena.iter_mut() {
            sum = sum.wrapping_add(object.mark);
        }
    }
    escape(&left);
    if left != sum {
        fail(b"the destructors saw other objects than the visitor\0");
    }
    left
}

#[no_mangle]
pub extern "C" fn assay_typed_arena_destructors(arenas: usize, count: usize) -> u64 {
    (0..arenas).fold(0, |checksum, _| fold(checksum, destroyed(count)))
}
