//! Carl Lerche's bytes crate under the workloads of suites/buffer/workloads/: the same contents, lengths,
//! barriers and checksums, each pass (of one thread, where there are two) one call. Named and registered in
//! bytes_workloads.cc. What a pass works on is prepared in C++ where it is the same for every subject.
//!
//!   rustc --crate-type=staticlib --crate-name=bytes_passes --edition=2021 -C opt-level=3 -C panic=abort
//!     --extern bytes=libbytes.rlib bytes.rs
//!
//! The crate of this version takes no bytes from an owner.

mod harness;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use core::mem::size_of;
use core::{ptr, slice};
use harness::{escape, mark_of, Record};

extern "C" {
    fn memchr(bytes: *const u8, byte: i32, size: usize) -> *const u8;
}

#[inline(always)]
fn look(handle: &Bytes) -> u64 {
    handle.len() as u64 + unsafe { *handle.as_ptr() } as u64
}

/// Places in the harness's memory, in each of which there is a handle or none.
pub struct Places {
    first: *mut Bytes,
}

impl Places {
    fn new(count: usize) -> Places {
        let mut memory = Record::<u64>::new(count * size_of::<Bytes>() / size_of::<u64>());
        Places { first: &mut memory[0] as *mut u64 as *mut Bytes }
    }

    #[inline(always)]
    fn at(&self, index: usize) -> *mut Bytes {
        unsafe { self.first.add(index) }
    }

    #[inline(always)]
    fn sum_and_drop(&self, count: usize) -> u64 {
        let mut sum = 0u64;
        for i in 0..count {
            unsafe {
                sum = sum.wrapping_add(look(&*self.at(i)));
                ptr::drop_in_place(self.at(i));
            }
        }
        sum
    }
}

#[no_mangle]
pub extern "C" fn assay_bytes_places(count: usize) -> *mut Places {
    Box::into_raw(Box::new(Places::new(count)))
}

fn contents<'a>(data: *const u8, size: usize) -> &'a [u8] {
    unsafe { slice::from_raw_parts(data, size) }
}

#[no_mangle]
pub extern "C" fn assay_bytes_hold(data: *const u8, size: usize) -> *mut Bytes {
    Box::into_raw(Box::new(Bytes::copy_from_slice(contents(data, size))))
}

// sharing.h

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Range {
    begin: u32,
    end: u32,
}
const RANGES: usize = 1024;

#[no_mangle]
pub extern "C" fn assay_bytes_clone(original: &Bytes, count: usize) -> u64 {
    let whole = original.clone();
    let mut sum = 0u64;
    for _ in 0..count {
        let copy = whole.clone();
        escape(copy.as_ptr());
        sum = sum.wrapping_add(look(&copy));
    }
    sum
}

#[no_mangle]
pub extern "C" fn assay_bytes_slice(original: &Bytes, ranges: *const Range, count: usize) -> u64 {
    let whole = original.clone();
    let mut sum = 0u64;
    for i in 0..count {
        let range = unsafe { *ranges.add(i % RANGES) };
        let part = whole.slice(range.begin as usize..range.end as usize);
        escape(part.as_ptr());
        sum = sum.wrapping_add(look(&part));
    }
    sum
}

#[no_mangle]
pub extern "C" fn assay_bytes_split_to(
    original: &Bytes,
    lengths: *const u32,
    parts: usize,
    rounds: usize,
) -> u64 {
    let mut sum = 0u64;
    for _ in 0..rounds {
        let mut rest = original.clone();
        for i in 0..parts {
            let part = rest.split_to(unsafe { *lengths.add(i) } as usize);
            escape(part.as_ptr());
            sum = sum.wrapping_add(look(&part));
        }
    }
    sum
}

#[no_mangle]
pub extern "C" fn assay_bytes_split_off(
    original: &Bytes,
    lengths: *const u32,
    parts: usize,
    rounds: usize,
) -> u64 {
    let mut sum = 0u64;
    for _ in 0..rounds {
        let mut rest = original.clone();
        for i in 0..parts {
            let part = rest.split_off(rest.len() - unsafe { *lengths.add(i) } as usize);
            escape(part.as_ptr());
            sum = sum.wrapping_add(look(&part));
        }
    }
    sum
}

#[no_mangle]
pub extern "C" fn assay_bytes_handle_bytes() -> usize {
    size_of::<Bytes>()
}

/// Storages of these contents, each with two handles.
#[no_mangle]
pub extern "C" fn assay_bytes_hold_pairs(
    places: &Places,
    data: *const u8,
    size: usize,
    storages: usize,
) {
    for i in 0..storages {
        let first = Bytes::copy_from_slice(contents(data, size));
        unsafe {
            ptr::write(places.at(2 * i + 1), first.clone());
            ptr::write(places.at(2 * i), first);
        }
    }
}

#[no_mangle]
pub extern "C" fn assay_bytes_drop_pairs(places: &Places, storages: usize) {
    places.sum_and_drop(2 * storages);
}

/// The bytes of `part` that do not lie in `whole`.
fn copied(part: &[u8], whole: &[u8]) -> usize {
    let offset = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    if offset < whole.len() {
        0
    } else {
        part.len()
    }
}

#[no_mangle]
pub extern "C" fn assay_bytes_copied_by_clone(whole: &Bytes) -> usize {
    copied(&whole.clone(), whole)
}

#[no_mangle]
pub extern "C" fn assay_bytes_copied_by_slice(whole: &Bytes) -> usize {
    copied(&whole.slice(whole.len() / 4..whole.len() / 2), whole)
}

#[no_mangle]
pub extern "C" fn assay_bytes_copied_by_split_to(whole: &Bytes) -> usize {
    let mut rest = whole.clone();
    let part = rest.split_to(whole.len() / 2);
    copied(&part, whole) + copied(&rest, whole)
}

#[no_mangle]
pub extern "C" fn assay_bytes_copied_by_split_off(whole: &Bytes) -> usize {
    let mut rest = whole.clone();
    let part = rest.split_off(whole.len() / 2);
    copied(&part, whole) + copied(&rest, whole)
}

// freezing.h

const HELD: usize = 64;
const MESSAGE_LENGTHS: usize = 1024;

#[inline(always)]
fn next_message(buffer: &mut BytesMut, message: &[u8]) -> Bytes {
    buffer.extend_from_slice(message);
    buffer.split().freeze()
}

#[no_mangle]
pub extern "C" fn assay_bytes_freeze(
    capacity: usize,
    data: *const u8,
    lengths: *const u32,
    count: usize,
) -> u64 {
    let mut buffer = BytesMut::with_capacity(capacity);
    let mut sum = 0u64;
    for i in 0..count {
        let length = unsafe { *lengths.add(i % MESSAGE_LENGTHS) } as usize;
        let message = next_message(&mut buffer, contents(data, length));
        escape(message.as_ptr());
        sum = sum.wrapping_add(look(&message));
    }
    sum
}

/// `held` has the empty handles of assay_bytes_empty() between passes.
#[no_mangle]
pub extern "C" fn assay_bytes_freeze_held(
    capacity: usize,
    data: *const u8,
    lengths: *const u32,
    count: usize,
    held: &Places,
) -> u64 {
    let mut buffer = BytesMut::with_capacity(capacity);
    let mut sum = 0u64;
    for i in 0..count {
        let length = unsafe { *lengths.add(i % MESSAGE_LENGTHS) } as usize;
        let message = next_message(&mut buffer, contents(data, length));
        escape(message.as_ptr());
        sum = sum.wrapping_add(look(&message));
        unsafe { *held.at(i % HELD) = message };
    }
    for i in 0..HELD {
        unsafe { *held.at(i) = Bytes::new() };
    }
    sum
}

#[no_mangle]
pub extern "C" fn assay_bytes_empty(places: &Places, count: usize) {
    for i in 0..count {
        unsafe { ptr::write(places.at(i), Bytes::new()) };
    }
}

#[no_mangle]
pub extern "C" fn assay_bytes_copied_by_freeze(data: *const u8, size: usize) -> usize {
    let mut buffer = BytesMut::with_capacity(2 * size);
    buffer.extend_from_slice(contents(data, size));
    let address = buffer.as_ptr();
    let message = buffer.split().freeze();
    if message.as_ptr() == address {
        0
    } else {
        size
    }
}

// growing.h

#[no_mangle]
pub extern "C" fn assay_bytes_grow(data: *const u8, lengths: *const u32, count: usize) -> u64 {
    let mut buffer = BytesMut::new();
    for i in 0..count {
        buffer.extend_from_slice(contents(data, unsafe { *lengths.add(i) } as usize));
    }
    escape(buffer.as_ptr());
    buffer.len() as u64 + unsafe { *buffer.as_ptr().add(buffer.len() - 1) } as u64
}

// lines.h

/// Returns how many lines there were, and puts the sum where it is wanted.
#[no_mangle]
pub extern "C" fn assay_bytes_lines(text: &Bytes, lines: &Places, sum: &mut u64) -> usize {
    let size = text.len();
    let mut count = 0;
    let mut begin = 0;
    while begin < size {
        let end = unsafe { memchr(text.as_ptr().add(begin), b'\n' as i32, size - begin) };
        let next = end as usize + 1 - text.as_ptr() as usize;
        unsafe { ptr::write(lines.at(count), text.slice(begin..next - 1)) };
        begin = next;
        count += 1;
    }
    escape(lines.at(0));
    *sum = lines.sum_and_drop(count);
    count
}

// integers.h

const RECORD_BYTES: usize = 8 + 4 + 2 + 1;

#[no_mangle]
pub extern "C" fn assay_bytes_integers_be(records: usize) -> u64 {
    let mut out = BytesMut::with_capacity(records * RECORD_BYTES);
    for i in 0..records {
        let mark = mark_of(i as u64);
        out.put_u64(mark);
        out.put_u32((mark >> 8) as u32);
        out.put_u16((mark >> 16) as u16);
        out.put_u8((mark >> 24) as u8);
    }
    let mut input = out.freeze();
    escape(input.as_ptr());
    let mut sum = 0u64;
    for _ in 0..records {
        sum = sum.wrapping_add(input.get_u64());
        sum = sum.wrapping_add(input.get_u32() as u64);
        sum = sum.wrapping_add(input.get_u16() as u64);
        sum = sum.wrapping_add(input.get_u8() as u64);
    }
    sum
}

#[no_mangle]
pub extern "C" fn assay_bytes_integers_le(records: usize) -> u64 {
    let mut out = BytesMut::with_capacity(records * RECORD_BYTES);
    for i in 0..records {
        let mark = mark_of(i as u64);
        out.put_u64_le(mark);
        out.put_u32_le((mark >> 8) as u32);
        out.put_u16_le((mark >> 16) as u16);
        out.put_u8((mark >> 24) as u8);
    }
    let mut input = out.freeze();
    escape(input.as_ptr());
    let mut sum = 0u64;
    for _ in 0..records {
        sum = sum.wrapping_add(input.get_u64_le());
        sum = sum.wrapping_add(input.get_u32_le() as u64);
        sum = sum.wrapping_add(input.get_u16_le() as u64);
        sum = sum.wrapping_add(input.get_u8() as u64);
    }
    sum
}

// threads.h

#[no_mangle]
pub extern "C" fn assay_bytes_make_all(bytes: &Bytes, batch: &Places, count: usize) {
    for i in 0..count {
        unsafe { ptr::write(batch.at(i), bytes.clone()) };
    }
    escape(batch.at(0));
}

#[no_mangle]
pub extern "C" fn assay_bytes_drop_all(batch: &Places, count: usize) -> u64 {
    batch.sum_and_drop(count)
}
