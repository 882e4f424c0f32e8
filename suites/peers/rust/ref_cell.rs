//! Rust's RefCell, Cell and Cow under the workloads of suites/cell/workloads/: the same values, orders, barriers
//! and checksums, each pass one call. Named and registered in rust_ref_cell_workloads.cc; the random orders are
//! made in C++.
//!
//!   rustc --crate-type=staticlib --crate-name assay_ref_cell_peer --edition 2021 -C opt-level=3
//!     -C panic=abort ref_cell.rs

mod harness;

use core::cell::{Cell, RefCell};
use harness::{escape, fold, mark_of};
use std::borrow::Cow;

#[repr(C)]
struct Value {
    words: [u64; 4],
}

fn value_of_number(number: u64) -> Value {
    let mark = mark_of(number);
    Value { words: [mark, number, !mark, mark ^ number] }
}

fn boxed<T>(context: T) -> *mut T {
    Box::into_raw(Box::new(context))
}

/// Of one of the arrays made in C++, or of cells: no bound is checked there either.
#[inline(always)]
unsafe fn at<'a, T>(items: *const T, index: usize) -> &'a T {
    &*items.add(index)
}

// borrowing.h

pub struct OneCell {
    operations: usize,
    cell: Box<RefCell<u64>>,
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_one(operations: usize) -> *mut OneCell {
    boxed(OneCell { operations, cell: Box::new(RefCell::new(mark_of(0))) })
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_borrow(context: &OneCell) -> u64 {
    let cell: &RefCell<u64> = &context.cell;
    let count = context.operations;
    let mut sum = 0u64;
    for _ in 0..count {
        let guard = cell.borrow();
        escape(cell);
        sum = sum.wrapping_add(*guard);
    }
    fold(0, sum)
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_borrow_mut(context: &OneCell) -> u64 {
    let cell: &RefCell<u64> = &context.cell;
    let count = context.operations;
    *cell.borrow_mut() = 0;
    for i in 0..count {
        let mut guard = cell.borrow_mut();
        escape(cell);
        *guard = guard.wrapping_add(i as u64);
    }
    fold(0, *cell.borrow())
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_nested(context: &OneCell) -> u64 {
    let cell: &RefCell<u64> = &context.cell;
    let count = context.operations / 2;
    let mut sum = 0u64;
    for i in 0..count {
        let first = cell.borrow();
        escape(cell);
        let second = cell.borrow();
        escape(cell);
        sum = sum.wrapping_add(*first ^ second.wrapping_add(i as u64));
    }
    fold(0, sum)
}

pub struct Mixed {
    operations: usize,
    cells: Vec<RefCell<Value>>,
    picks: *const u32,
    kinds: *const u32,
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_mixing(
    count: usize,
    operations: usize,
    picks: *const u32,
    kinds: *const u32,
) -> *mut Mixed {
    let cells = (0..count).map(|i| RefCell::new(value_of_number(i as u64))).collect();
    boxed(Mixed { operations, cells, picks, kinds })
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_mixed_begin(context: &Mixed) {
    for (i, cell) in context.cells.iter().enumerate() {
        *cell.borrow_mut() = value_of_number(i as u64);
    }
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_mixed(context: &Mixed) -> u64 {
    let count = context.operations;
    let cells = context.cells.as_ptr();
    let mut sum = 0u64;
    for i in 0..count {
        let cell = unsafe { at(cells, *at(context.picks, i) as usize) };
        if unsafe { *at(context.kinds, i) } == 0 {
            let mut guard = cell.borrow_mut();
            escape(cell);
            guard.words[3] = guard.words[3].wrapping_add(i as u64);
        } else {
            let guard = cell.borrow();
            escape(cell);
            sum = sum.wrapping_add(guard.words[0].wrapping_add(guard.words[3]));
        }
    }
    fold(0, sum)
}

// setting.h

pub struct Counters {
    operations: usize,
    cells: Vec<Cell<u64>>,
    picks: *const u32,
}

#[no_mangle]
pub extern "C" fn assay_cell_counters(
    count: usize,
    operations: usize,
    picks: *const u32,
) -> *mut Counters {
    boxed(Counters { operations, cells: (0..count).map(|_| Cell::new(0)).collect(), picks })
}

#[no_mangle]
pub extern "C" fn assay_cell_get_set(context: &Counters) -> u64 {
    let count = context.operations;
    let cells = context.cells.as_ptr();
    for (i, cell) in context.cells.iter().enumerate() {
        cell.set(i as u64);
    }
    for i in 0..count {
        let cell = unsafe { at(cells, *at(context.picks, i) as usize) };
        cell.set(cell.get().wrapping_mul(3).wrapping_add(i as u64));
        escape(cell);
    }
    context.cells.iter().fold(0, |checksum, cell| fold(checksum, cell.get()))
}

// graph.h

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Neighbours {
    count: u32,
    nodes: [u32; 7],
}

struct Node {
    neighbours: RefCell<Neighbours>,
    rank: RefCell<u64>,
}

pub struct Graph {
    operations: usize,
    nodes: Vec<Node>,
    first: *const Neighbours,
    order: *const u32,
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_graph(
    count: usize,
    operations: usize,
    first: *const Neighbours,
    order: *const u32,
) -> *mut Graph {
    let node = |i| Node {
        neighbours: RefCell::new(unsafe { *at(first, i) }),
        rank: RefCell::new(i as u64),
    };
    boxed(Graph { operations, nodes: (0..count).map(node).collect(), first, order })
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_graph_begin(context: &Graph) {
    for (i, node) in context.nodes.iter().enumerate() {
        *node.neighbours.borrow_mut() = unsafe { *at(context.first, i) };
        *node.rank.borrow_mut() = i as u64;
    }
}

#[no_mangle]
pub extern "C" fn assay_ref_cell_graph_pass(context: &Graph) -> u64 {
    let count = context.operations;
    let nodes = context.nodes.as_ptr();
    for i in 0..count {
        let node: &Node = unsafe { at(nodes, *at(context.order, i) as usize) };
        let mut sum = i as u64;
        let mut last = 0u32;
        {
            let neighbours = node.neighbours.borrow();
            for k in 0..neighbours.count {
                last = unsafe { *neighbours.nodes.get_unchecked(k as usize) };
                let rank = unsafe { at(nodes, last as usize) }.rank.borrow();
                escape(node);
                sum = sum.wrapping_add(*rank);
            }
        }
        *node.rank.borrow_mut() = sum >> 1;
        escape(node);
        let other: &Node = unsafe { at(nodes, last as usize) };
        if core::ptr::eq(node, other) {
            continue;
        }
        let mut mine = node.neighbours.borrow_mut();
        let mut theirs = other.neighbours.borrow_mut();
        escape(node);
        core::mem::swap(&mut mine.nodes[0], &mut theirs.nodes[0]);
    }
    context.nodes.iter().fold(0, |checksum, node| fold(checksum, *node.rank.borrow()))
}

// writing_late.h

#[derive(Clone)]
#[repr(C)]
pub struct LongRecord {
    words: [u64; 16],
}

pub struct Filter {
    operations: usize,
    records: *const LongRecord,
    picks: *const u32,
    draws: *const u32,
}

#[no_mangle]
pub extern "C" fn assay_cow_filter(
    operations: usize,
    records: *const LongRecord,
    picks: *const u32,
    draws: *const u32,
) -> *mut Filter {
    boxed(Filter { operations, records, picks, draws })
}

#[inline(always)]
fn filter(context: &Filter, percent: u32) -> u64 {
    let count = context.operations;
    let mut sum = 0u64;
    for i in 0..count {
        let source: &LongRecord = unsafe { at(context.records, *at(context.picks, i) as usize) };
        let mut cow = Cow::Borrowed(source);
        if unsafe { *at(context.draws, i) } < percent {
            cow.to_mut().words[5] = i as u64;
        }
        escape(&cow);
        let record: &LongRecord = &cow;
        sum = sum.wrapping_add(record.words[5] ^ record.words[15]);
    }
    fold(0, sum)
}

#[no_mangle]
pub extern "C" fn assay_cow_mostly_read(context: &Filter) -> u64 {
    filter(context, 1)
}

#[no_mangle]
pub extern "C" fn assay_cow_mostly_written(context: &Filter) -> u64 {
    filter(context, 90)
}
