//! Carl Lerche's slab crate under the workloads of suites/keyed/workloads/: the same operations, values,
//! streams, barriers and checksums, each pass one call. Named and registered in slab_workloads.cc. What a
//! pass works on is prepared in C++ where it is the same for every subject (orders, plans, events).
//!
//!   rustc --crate-type=staticlib --crate-name assay_slab_peer --edition 2018 -C opt-level=3 -C panic=abort
//!     --extern slab=libslab.rlib slab.rs

mod harness;

use harness::{escape, fail, fold, mark_of, Random, Record};
use slab::Slab;

#[derive(Clone, Copy)]
#[repr(C)]
struct Value {
    words: [u64; 4],
}

#[inline(always)]
fn value_of_number(number: u64) -> Value {
    let mark = mark_of(number);
    Value { words: [mark, number, !mark, mark ^ number] }
}

#[inline(always)]
fn word_of(value: &Value) -> u64 {
    value.words[0].wrapping_add(value.words[3])
}

#[cold]
fn not_live() -> ! {
    fail(b"a live key is not live\0")
}

fn boxed<T>(context: T) -> *mut T {
    Box::into_raw(Box::new(context))
}

// filling.h

const SAMPLE: usize = 16;

pub struct Filling {
    count: usize,
    keys: Record<usize>,
    slab: Slab<Value>,
}

impl Filling {
    #[inline(always)]
    fn fill(&mut self) -> u64 {
        for i in 0..self.count {
            self.keys[i] = self.slab.insert(value_of_number(i as u64));
            escape(&self.slab);
        }
        let mut sum = self.slab.len() as u64;
        for i in (0..self.count).step_by(SAMPLE) {
            match self.slab.get(self.keys[i]) {
                Some(value) => sum = sum.wrapping_add(word_of(value)),
                None => not_live(),
            }
        }
        fold(0, sum)
    }
}

#[no_mangle]
pub extern "C" fn assay_slab_filling(count: usize) -> *mut Filling {
    boxed(Filling { count, keys: Record::new(count), slab: Slab::new() })
}

#[no_mangle]
pub extern "C" fn assay_slab_filling_reserve(context: &mut Filling) {
    context.slab.reserve(context.count);
}

#[no_mangle]
pub extern "C" fn assay_slab_filling_clear(context: &mut Filling) {
    context.slab.clear();
}

#[no_mangle]
pub extern "C" fn assay_slab_filling_drop(context: &mut Filling) {
    context.slab = Slab::new();
}

#[no_mangle]
pub extern "C" fn assay_slab_insert(context: &mut Filling) -> u64 {
    context.fill()
}

#[no_mangle]
pub extern "C" fn assay_slab_grow(context: &mut Filling) -> u64 {
    context.slab = Slab::new();
    context.fill()
}

pub struct RemovingHalf {
    count: usize,
    keys: Record<usize>,
    order: *const u32,
    slab: Slab<Value>,
}

#[no_mangle]
pub extern "C" fn assay_slab_removing_half(count: usize, order: *const u32) -> *mut RemovingHalf {
    boxed(RemovingHalf { count, keys: Record::new(count), order, slab: Slab::new() })
}

#[no_mangle]
pub extern "C" fn assay_slab_removing_half_begin(context: &mut RemovingHalf) {
    for i in 0..context.count {
        context.keys[i] = context.slab.insert(value_of_number(i as u64));
    }
}

#[no_mangle]
pub extern "C" fn assay_slab_remove_half(context: &mut RemovingHalf) -> u64 {
    let mut sum = 0u64;
    for i in 0..(context.count + 1) / 2 {
        let key = context.keys[unsafe { *context.order.add(i) } as usize];
        match context.slab.try_remove(key) {
            Some(value) => sum = sum.wrapping_add(word_of(&value)),
            None => not_live(),
        }
        escape(&context.slab);
    }
    fold(sum, context.slab.len() as u64)
}

#[no_mangle]
pub extern "C" fn assay_slab_removing_half_end(context: &mut RemovingHalf) {
    context.slab.clear();
}

// reading.h

pub struct Lookups {
    operations: usize,
    keys: Record<usize>,
    slab: Slab<Value>,
}

#[no_mangle]
pub extern "C" fn assay_slab_lookups(count: usize, operations: usize, seed: u64) -> *mut Lookups {
    let mut slab = Slab::new();
    let mut keys = Record::<usize>::new(count);
    for i in 0..count {
        keys[i] = slab.insert(value_of_number(i as u64));
    }
    let mut lookups = Record::<usize>::new(operations);
    let mut random = Random::new(seed);
    for i in 0..operations {
        lookups[i] = keys[random.below(count as u64) as usize];
    }
    boxed(Lookups { operations, keys: lookups, slab })
}

#[no_mangle]
pub extern "C" fn assay_slab_get(context: &mut Lookups) -> u64 {
    let mut sum = 0u64;
    for i in 0..context.operations {
        match context.slab.get(context.keys[i]) {
            Some(value) => sum = sum.wrapping_add(word_of(value)),
            None => not_live(),
        }
        escape(&context.slab);
    }
    fold(0, sum)
}

pub struct Iteration {
    rounds: usize,
    slab: Slab<Value>,
}

#[no_mangle]
pub extern "C" fn assay_slab_iteration(
    count: usize,
    live: usize,
    rounds: usize,
    order: *const u32,
) -> *mut Iteration {
    let mut slab = Slab::new();
    let mut keys = Record::<usize>::new(count);
    for i in 0..count {
        keys[i] = slab.insert(value_of_number(i as u64));
    }
    for i in live..count {
        slab.remove(keys[unsafe { *order.add(i) } as usize]);
    }
    boxed(Iteration { rounds, slab })
}

#[no_mangle]
pub extern "C" fn assay_slab_iterate(context: &mut Iteration) -> u64 {
    let mut checksum = 0;
    for _ in 0..context.rounds {
        let mut sum = 0u64;
        for (_, value) in context.slab.iter() {
            sum = sum.wrapping_add(word_of(value));
        }
        checksum = fold(checksum, sum);
        escape(&context.slab);
    }
    checksum
}

// churn.h

pub struct Churn {
    slots: usize,
    live: usize,
    keys: Record<usize>,
    order: *const u32,
    picks: *const u32,
    bursts: *const u32,
    burst_count: usize,
    slab: Slab<Value>,
}

#[no_mangle]
pub extern "C" fn assay_slab_churning(
    slots: usize,
    live: usize,
    order: *const u32,
    picks: *const u32,
    bursts: *const u32,
    burst_count: usize,
) -> *mut Churn {
    let keys = Record::new(slots);
    boxed(Churn { slots, live, keys, order, picks, bursts, burst_count, slab: Slab::new() })
}

#[no_mangle]
pub extern "C" fn assay_slab_churn_begin(context: &mut Churn) {
    for i in 0..context.slots {
        let place = unsafe { *context.order.add(i) } as usize;
        context.keys[place] = context.slab.insert(value_of_number(i as u64));
    }
    for i in context.live..context.slots {
        context.slab.remove(context.keys[i]);
    }
}

#[no_mangle]
pub extern "C" fn assay_slab_churn(context: &mut Churn) -> u64 {
    let mut sum = 0u64;
    let mut number = context.slots as u64;
    let mut live = context.live;
    let mut pick = context.picks;
    for burst in 0..context.burst_count {
        let size = unsafe { *context.bursts.add(burst) };
        for _ in 0..size {
            let place = unsafe { *pick } as usize;
            pick = unsafe { pick.add(1) };
            match context.slab.try_remove(context.keys[place]) {
                Some(value) => sum = sum.wrapping_add(word_of(&value)),
                None => not_live(),
            }
            live -= 1;
            context.keys[place] = context.keys[live];
            escape(&context.slab);
        }
        for _ in 0..size {
            context.keys[live] = context.slab.insert(value_of_number(number));
            live += 1;
            number += 1;
            escape(&context.slab);
        }
    }
    fold(sum, context.slab.len() as u64)
}

#[no_mangle]
pub extern "C" fn assay_slab_churn_end(context: &mut Churn) {
    context.slab.clear();
}

// connections.h

const SCAN_INTERVAL: u64 = 4096;

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Event {
    kind: u32, // EventKind: data, close, accept
    connection: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Connection<const REST: usize> {
    received: u64,
    events: u64,
    last_event: u64,
    rest: [u64; REST],
}

#[inline(always)]
fn accepted<const REST: usize>(now: u64) -> Connection<REST> {
    Connection { received: 0, events: 0, last_event: now, rest: [mark_of(now); REST] }
}

pub struct Connections<const REST: usize> {
    most: usize,
    open: usize,
    keys: Record<usize>,
    events: *const Event,
    event_count: usize,
    slab: Slab<Connection<REST>>,
}

impl<const REST: usize> Connections<REST> {
    fn new(most: usize, events: *const Event, event_count: usize) -> *mut Self {
        let keys = Record::new(most);
        boxed(Connections { most, open: 0, keys, events, event_count, slab: Slab::new() })
    }

    fn begin(&mut self) {
        self.open = self.most - self.most / 4;
        for i in 0..self.open {
            self.keys[i] = self.slab.insert(accepted(i as u64));
        }
    }

    #[inline(always)]
    fn pass(&mut self) -> u64 {
        let mut checksum = 0;
        for i in 0..self.event_count {
            let now = i as u64;
            let event = unsafe { *self.events.add(i) };
            let place = event.connection as usize;
            if event.kind == 0 {
                match self.slab.get_mut(self.keys[place]) {
                    Some(state) => {
                        state.received = state.received.wrapping_add(event.connection as u64);
                        state.events += 1;
                        state.last_event = now;
                    }
                    None => not_live(),
                }
            } else if event.kind == 1 {
                match self.slab.try_remove(self.keys[place]) {
                    Some(state) => {
                        let word = state.received.wrapping_add(state.events);
                        checksum = fold(checksum, word.wrapping_add(state.rest[0]));
                    }
                    None => not_live(),
                }
                self.open -= 1;
                self.keys[place] = self.keys[self.open];
            } else {
                self.keys[self.open] = self.slab.insert(accepted(now));
                self.open += 1;
            }
            if now % SCAN_INTERVAL == SCAN_INTERVAL - 1 {
                checksum = fold(checksum, self.idle(now));
            }
            escape(&self.slab);
        }
        fold(checksum, self.open as u64)
    }

    fn idle(&self, now: u64) -> u64 {
        let mut count = 0;
        for (_, state) in self.slab.iter() {
            count += (now.wrapping_sub(state.last_event) > SCAN_INTERVAL) as u64;
        }
        count
    }
}

// (64 - 24) / 8 and (96 - 24) / 8 words
type Small = Connections<5>;
type Large = Connections<9>;

#[no_mangle]
pub extern "C" fn assay_slab_small_connections(
    most: usize,
    events: *const Event,
    count: usize,
) -> *mut Small {
    Small::new(most, events, count)
}

#[no_mangle]
pub extern "C" fn assay_slab_small_connections_begin(context: &mut Small) {
    context.begin();
}

#[no_mangle]
pub extern "C" fn assay_slab_small_connections_pass(context: &mut Small) -> u64 {
    context.pass()
}

#[no_mangle]
pub extern "C" fn assay_slab_small_connections_end(context: &mut Small) {
    context.slab.clear();
}

#[no_mangle]
pub extern "C" fn assay_slab_large_connections(
    most: usize,
    events: *const Event,
    count: usize,
) -> *mut Large {
    Large::new(most, events, count)
}

#[no_mangle]
pub extern "C" fn assay_slab_large_connections_begin(context: &mut Large) {
    context.begin();
}

#[no_mangle]
pub extern "C" fn assay_slab_large_connections_pass(context: &mut Large) -> u64 {
    context.pass()
}

#[no_mangle]
pub extern "C" fn assay_slab_large_connections_end(context: &mut Large) {
    context.slab.clear();
}
