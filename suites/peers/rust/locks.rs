//! Rust's Mutex and RwLock under the workloads of suites/lock/workloads: the same words, barriers and
//! checksums, each pass (of one thread, where there are two) one call. Named and registered in
//! rust_mutex_workloads.cc and rust_rw_lock_workloads.cc.
//!
//!   rustc --crate-type=staticlib --crate-name=locks_passes --edition=2021 -C opt-level=3 -C panic=abort
//!     locks.rs

mod harness;

use harness::{escape, fail, fold, Random};
use std::sync::{Mutex, RwLock};

#[repr(align(64))]
pub struct Apart<L>(L);

/// The two kinds under one name; the exclusive forms of RwLock are write and try_write.
trait Locks<T> {
    fn make(value: T) -> Self;
    fn change<R>(&self, f: impl FnOnce(&mut T) -> R) -> R;
    fn try_change<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R>;
    fn look<R>(&self, f: impl FnOnce(&T) -> R) -> R;
    fn sole(&mut self) -> &mut T;
}

impl<T> Locks<T> for Mutex<T> {
    fn make(value: T) -> Self {
        Mutex::new(value)
    }
    #[inline(always)]
    fn change<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut *self.lock().unwrap())
    }
    #[inline(always)]
    fn try_change<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.try_lock().ok().map(|mut guard| f(&mut *guard))
    }
    #[inline(always)]
    fn look<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&*self.lock().unwrap())
    }
    fn sole(&mut self) -> &mut T {
        self.get_mut().unwrap()
    }
}

impl<T> Locks<T> for RwLock<T> {
    fn make(value: T) -> Self {
        RwLock::new(value)
    }
    #[inline(always)]
    fn change<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut *self.write().unwrap())
    }
    #[inline(always)]
    fn try_change<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.try_write().ok().map(|mut guard| f(&mut *guard))
    }
    #[inline(always)]
    fn look<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&*self.read().unwrap())
    }
    fn sole(&mut self) -> &mut T {
        self.get_mut().unwrap()
    }
}

#[inline(always)]
fn exclusive<L: Locks<u64>>(count: usize) -> u64 {
    let mut lock = Apart(L::make(0));
    for i in 0..count {
        lock.0.change(|word| *word = word.wrapping_add(i as u64));
        escape(&lock);
    }
    fold(fold(0, *lock.0.sole()), 0)
}

#[inline(always)]
fn tried<L: Locks<u64>>(count: usize) -> u64 {
    let mut lock = Apart(L::make(0));
    for i in 0..count {
        if lock.0.try_change(|word| *word = word.wrapping_add(i as u64)).is_none() {
            fail(b"a free lock could not be got\0");
        }
        escape(&lock);
    }
    fold(fold(0, *lock.0.sole()), 0)
}

#[no_mangle]
pub extern "C" fn assay_rust_mutex_exclusive(count: usize) -> u64 {
    exclusive::<Mutex<u64>>(count)
}
#[no_mangle]
pub extern "C" fn assay_rust_mutex_try(count: usize) -> u64 {
    tried::<Mutex<u64>>(count)
}
#[no_mangle]
pub extern "C" fn assay_rust_rw_lock_exclusive(count: usize) -> u64 {
    exclusive::<RwLock<u64>>(count)
}
#[no_mangle]
pub extern "C" fn assay_rust_rw_lock_try(count: usize) -> u64 {
    tried::<RwLock<u64>>(count)
}
#[no_mangle]
pub extern "C" fn assay_rust_rw_lock_read(count: usize) -> u64 {
    let mut lock = Apart(RwLock::new(0u64));
    let mut sum = 0u64;
    for i in 0..count {
        sum = sum.wrapping_add(lock.0.look(|word| word.wrapping_add(i as u64)));
        escape(&lock);
    }
    fold(fold(0, *lock.0.sole()), sum)
}

pub struct Words([u64; 4]);

fn mix(mut word: u64, rounds: u32) -> u64 {
    for _ in 0..rounds {
        word = (word ^ (word >> 29)).wrapping_mul(0xbf58476d1ce4e5b9);
    }
    word
}

#[inline(always)]
fn contend<L: Locks<Words>>(lock: &Apart<L>, member: u32, entries: usize, pause: u32) {
    let mut word = u64::from(member) + 1;
    for i in 0..entries {
        lock.0.change(|words| {
            for each in words.0.iter_mut() {
                *each = each.wrapping_add(i as u64);
            }
        });
        word = mix(word, pause);
        escape(&word);
    }
}

fn checksum_of(words: &[u64]) -> u64 {
    words.iter().fold(0, |checksum, word| fold(checksum, *word))
}

const SLOTS: usize = 4096;
const PROBES: usize = 8;

pub struct Table([u64; SLOTS]);

#[inline(always)]
fn look_and_change<L: Locks<Table>>(lock: &Apart<L>, seed: u64, each: usize, reads: u64) {
    let mut random = Random::new(seed);
    let mut sum = 0u64;
    for i in 0..each {
        let at = random.below((SLOTS - PROBES) as u64) as usize;
        if random.below(100) < reads {
            lock.0.look(|table| {
                for k in 0..PROBES {
                    sum = sum.wrapping_add(unsafe { *table.0.get_unchecked(at + k) });
                }
            });
        } else {
            lock.0.change(|table| {
                for k in 0..PROBES {
                    let word = unsafe { table.0.get_unchecked_mut(at + k) };
                    *word = word.wrapping_add(i as u64);
                }
            });
        }
        escape(&sum);
    }
}

/// What two threads share: made once, set to zero before each pass, read after it.
macro_rules! shared_by_threads {
    ($lock:ident, $new:ident, $reset:ident, $contend:ident, $sum:ident, $new_map:ident, $reset_map:ident,
     $map:ident, $sum_map:ident) => {
        #[no_mangle]
        pub extern "C" fn $new() -> *mut Apart<$lock<Words>> {
            Box::into_raw(Box::new(Apart($lock::new(Words([0; 4])))))
        }
        /// # Safety
        /// `lock` comes from the function above, and no other thread uses it.
        #[no_mangle]
        pub unsafe extern "C" fn $reset(lock: *mut Apart<$lock<Words>>) {
            (*lock).0.sole().0 = [0; 4];
        }
        /// # Safety
        /// `lock` comes from the function above.
        #[no_mangle]
        pub unsafe extern "C" fn $contend(
            lock: *const Apart<$lock<Words>>,
            member: u32,
            entries: usize,
            pause: u32,
        ) {
            contend(&*lock, member, entries, pause);
        }
        /// # Safety
        /// As for the reset.
        #[no_mangle]
        pub unsafe extern "C" fn $sum(lock: *mut Apart<$lock<Words>>) -> u64 {
            checksum_of(&(*lock).0.sole().0)
        }
        #[no_mangle]
        pub extern "C" fn $new_map() -> *mut Apart<$lock<Table>> {
            Box::into_raw(Box::new(Apart($lock::new(Table([0; SLOTS])))))
        }
        /// # Safety
        /// `lock` comes from the function above, and no other thread uses it.
        #[no_mangle]
        pub unsafe extern "C" fn $reset_map(lock: *mut Apart<$lock<Table>>) {
            (*lock).0.sole().0 = [0; SLOTS];
        }
        /// # Safety
        /// `lock` comes from the function above.
        #[no_mangle]
        pub unsafe extern "C" fn $map(
            lock: *const Apart<$lock<Table>>,
            seed: u64,
            each: usize,
            reads: u64,
        ) {
            look_and_change(&*lock, seed, each, reads);
        }
        /// # Safety
        /// As for the reset.
        #[no_mangle]
        pub unsafe extern "C" fn $sum_map(lock: *mut Apart<$lock<Table>>) -> u64 {
            checksum_of(&(*lock).0.sole().0)
        }
    };
}

shared_by_threads!(
    Mutex,
    assay_rust_mutex_new,
    assay_rust_mutex_reset,
    assay_rust_mutex_contend,
    assay_rust_mutex_checksum,
    assay_rust_mutex_map_new,
    assay_rust_mutex_map_reset,
    assay_rust_mutex_map,
    assay_rust_mutex_map_checksum
);
shared_by_threads!(
    RwLock,
    assay_rust_rw_lock_new,
    assay_rust_rw_lock_reset,
    assay_rust_rw_lock_contend,
    assay_rust_rw_lock_checksum,
    assay_rust_rw_lock_map_new,
    assay_rust_rw_lock_map_reset,
    assay_rust_rw_lock_map,
    assay_rust_rw_lock_map_checksum
);
