//! The workloads' side of the harness in Rust: the same random stream, marks, checksum, barriers and record
//! memory as suites/core/random.h and suites/core/workload.h give to C++. A peer's crate includes it by
//! `mod harness;`; what it calls in C++ is in harness.h. Rust 1.63 and newer.
#![allow(dead_code)]

use core::arch::asm;
use core::ops::{Index, IndexMut};

extern "C" {
    fn assay_harness_memory(bytes: usize) -> *mut u8;
    fn assay_fail(reason: *const u8) -> !;
}

/// SplitMix64, as in suites/core/random.h.
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    #[inline(always)]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, bound).
    #[inline(always)]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((self.next() as u128 * bound as u128) >> 64) as u64
    }

    /// Uniform in [low, high].
    #[inline(always)]
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }
}

#[inline(always)]
pub fn mark_of(number: u64) -> u64 {
    number.wrapping_add(1).wrapping_mul(0x9e3779b97f4a7c15)
}

#[inline(always)]
pub fn fold(checksum: u64, word: u64) -> u64 {
    (checksum ^ word).wrapping_mul(0xbf58476d1ce4e5b9)
}

/// `asm volatile("" : : "r"(address) : "memory")`: the compiler must have stored all that is reachable, and
/// may keep nothing that it read.
#[inline(always)]
pub fn escape<T: ?Sized>(address: *const T) {
    unsafe { asm!("/* {0} */", in(reg) address as *const u8, options(nostack, preserves_flags)) }
}

/// `asm volatile("" : : : "memory")`.
#[inline(always)]
pub fn clobber() {
    unsafe { asm!("", options(nostack, preserves_flags)) }
}

/// A record of the harness: zeroed, in mapped memory, resident from the start, never freed. Indexing checks
/// no bound, as in C++.
pub struct Record<T> {
    items: *mut T,
}

impl<T: Copy> Record<T> {
    /// T must be valid when all of its bytes are zero.
    pub fn new(count: usize) -> Record<T> {
        let bytes = count * core::mem::size_of::<T>();
        Record { items: unsafe { assay_harness_memory(bytes) } as *mut T }
    }
}

impl<T> Index<usize> for Record<T> {
    type Output = T;
    #[inline(always)]
    fn index(&self, index: usize) -> &T {
        unsafe { &*self.items.add(index) }
    }
}

impl<T> IndexMut<usize> for Record<T> {
    #[inline(always)]
    fn index_mut(&mut self, index: usize) -> &mut T {
        unsafe { &mut *self.items.add(index) }
    }
}

/// Ends the process with the line of a failure; `reason` ends in a zero byte.
#[cold]
pub fn fail(reason: &'static [u8]) -> ! {
    debug_assert!(reason.last() == Some(&0));
    unsafe { assay_fail(reason.as_ptr()) }
}
