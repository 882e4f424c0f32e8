//! Nick Fitzgerald's bumpalo crate, and Box, under the workloads of suites/allocator/workloads/arena.h: the
//! same objects, streams, barriers and checksums, each pass one call. Named and registered in
//! bumpalo_workloads.cc and box_workloads.cc. Layouts, lengths and texts are prepared in C++, where they are
//! the same for every subject.
//!
//!   rustc --crate-type=staticlib --crate-name assay_bumpalo_peer --edition 2021 -C opt-level=3
//!     -C panic=abort --extern bumpalo=libbumpalo.rlib bumpalo.rs

mod harness;

use bumpalo::Bump;
use core::alloc::Layout;
use core::ptr::{null_mut, write};
use harness::{escape, fail, fold, mark_of, Record};

fn boxed<T>(context: T) -> *mut T {
    Box::into_raw(Box::new(context))
}

#[cold]
fn lost() -> ! {
    fail(b"an object lost its contents\0")
}

// small_objects.h

const LIST_LENGTH: usize = 64;
const READ_EVERY: usize = 16;
const LAYOUTS: usize = 4096;

#[repr(C)]
struct SmallObject {
    mark: u64,
    before: *mut SmallObject,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct ObjectLayout {
    size: u32,
    alignment: u32,
}

struct Lists {
    count: usize,
    heads: Record<*mut SmallObject>,
}

impl Lists {
    fn new(count: usize) -> Lists {
        Lists { count, heads: Record::new(count) }
    }

    #[inline(always)]
    fn fill<F: FnMut(usize, SmallObject) -> *mut SmallObject>(&mut self, mut allocate: F) -> u64 {
        let mut number = 0;
        for list in 0..self.count {
            let mut before: *mut SmallObject = null_mut();
            for _ in 0..LIST_LENGTH {
                before = allocate(number, SmallObject { mark: mark_of(number as u64), before });
                escape(before);
                number += 1;
            }
            self.heads[list] = before;
        }
        let mut checksum = 0;
        for list in (0..self.count).step_by(READ_EVERY) {
            let mark = unsafe { (*self.heads[list]).mark };
            if mark != mark_of((list * LIST_LENGTH + LIST_LENGTH - 1) as u64) {
                lost();
            }
            checksum = fold(checksum, mark);
        }
        checksum
    }
}

pub struct SmallObjects {
    lists: Lists,
    bump: Bump,
    layouts: *const ObjectLayout,
}

#[no_mangle]
pub extern "C" fn assay_bumpalo_small_objects(
    lists: usize,
    layouts: *const ObjectLayout,
) -> *mut SmallObjects {
    boxed(SmallObjects { lists: Lists::new(lists), bump: Bump::new(), layouts })
}

#[no_mangle]
pub unsafe extern "C" fn assay_bumpalo_cold(context: *mut SmallObjects) -> u64 {
    let bump = Bump::new();
    (*context).lists.fill(|_, object| bump.alloc(object))
}

#[no_mangle]
pub unsafe extern "C" fn assay_bumpalo_warm(context: *mut SmallObjects) -> u64 {
    let mut bump = core::mem::take(&mut (*context).bump);
    let checksum = (*context).lists.fill(|_, object| bump.alloc(object));
    bump.reset();
    (*context).bump = bump;
    checksum
}

#[no_mangle]
pub unsafe extern "C" fn assay_bumpalo_reference(context: *mut SmallObjects) -> u64 {
    let bump = &mut (*context).bump;
    escape(bump);
    let checksum = (*context).lists.fill(|_, object| bump.alloc(object));
    bump.reset();
    checksum
}

#[no_mangle]
pub unsafe extern "C" fn assay_bumpalo_unknown(context: *mut SmallObjects) -> u64 {
    let layouts = (*context).layouts;
    let mut bump = core::mem::take(&mut (*context).bump);
    let checksum = (*context).lists.fill(|number, object| {
        let layout = *layouts.add(number % LAYOUTS);
        let layout = Layout::from_size_align_unchecked(layout.size as usize, layout.alignment as usize);
        let place = bump.alloc_layout(layout).as_ptr() as *mut SmallObject;
        write(place, object);
        place
    });
    bump.reset();
    (*context).bump = bump;
    checksum
}

pub struct Boxes {
    lists: Lists,
}

#[no_mangle]
pub extern "C" fn assay_box_small_objects(lists: usize) -> *mut Boxes {
    boxed(Boxes { lists: Lists::new(lists) })
}

#[no_mangle]
pub unsafe extern "C" fn assay_box_pass(context: *mut Boxes) -> u64 {
    let lists = &mut (*context).lists;
    let checksum = lists.fill(|_, object| Box::into_raw(Box::new(object)));
    for list in 0..lists.count {
        let mut object = lists.heads[list];
        while !object.is_null() {
            let owned = Box::from_raw(object);
            object = owned.before;
            drop(owned);
        }
    }
    checksum
}

// arena_contents.h

#[derive(Clone, Copy)]
#[repr(C)]
pub struct Item {
    offset: u32,
    length: u32,
}

pub struct Slices {
    items: usize,
    bytes: *const u8,
    item: *const Item,
    copies: Record<*const u8>,
    bump: Bump,
}

#[no_mangle]
pub extern "C" fn assay_bumpalo_slices(items: usize, bytes: *const u8, item: *const Item) -> *mut Slices {
    boxed(Slices { items, bytes, item, copies: Record::new(items), bump: Bump::new() })
}

/// By the crate's functions for slices, which measured 1 to 6 % faster than alloc_layout and the loops that
/// the workload has in C++: each side in the way that suits it best.
#[no_mangle]
pub unsafe extern "C" fn assay_bumpalo_slices_pass(context: *mut Slices) -> u64 {
    let slices = &mut *context;
    for i in 0..slices.items {
        let item = *slices.item.add(i);
        let (source, length) = (slices.bytes.add(item.offset as usize), item.length as usize);
        let copy = match i % 3 {
            0 => slices.bump.alloc_slice_copy(core::slice::from_raw_parts(source, length)).as_ptr(),
            1 => {
                let numbers = core::slice::from_raw_parts(source as *const u32, length);
                slices.bump.alloc_slice_copy(numbers).as_ptr() as *const u8
            }
            _ => slices.bump.alloc_slice_fill_with(length, |k| item.offset ^ k as u32).as_ptr() as *const u8,
        };
        slices.copies[i] = copy;
        escape(copy);
    }
    let mut checksum = 0;
    for i in 0..slices.items {
        let length = (*slices.item.add(i)).length as usize;
        let last = length * (if i % 3 == 0 { 1 } else { 4 }) - 1;
        let copy = slices.copies[i];
        checksum = fold(checksum, (*copy as u64) << 8 | *copy.add(last) as u64);
    }
    slices.bump.reset();
    checksum
}

struct TreeNode {
    left: *mut TreeNode,
    right: *mut TreeNode,
    mark: u64,
}

pub struct Tree {
    levels: u32,
    number: u64,
    bump: Bump,
}

#[no_mangle]
pub extern "C" fn assay_bumpalo_tree(levels: u32) -> *mut Tree {
    boxed(Tree { levels, number: 0, bump: Bump::new() })
}

fn build(bump: &Bump, number: &mut u64, levels: u32) -> *mut TreeNode {
    if levels == 0 {
        return null_mut();
    }
    let node = bump.alloc(TreeNode { left: null_mut(), right: null_mut(), mark: mark_of(*number) });
    *number += 1;
    escape(node);
    node.left = build(bump, number, levels - 1);
    node.right = build(bump, number, levels - 1);
    node
}

unsafe fn traverse(node: *const TreeNode) -> u64 {
    if node.is_null() {
        return 0;
    }
    let left = traverse((*node).left);
    (*node).mark ^ left.wrapping_add(traverse((*node).right).wrapping_mul(3))
}

#[no_mangle]
pub unsafe extern "C" fn assay_bumpalo_tree_pass(context: *mut Tree) -> u64 {
    let tree = &mut *context;
    tree.number = 0;
    let root = build(&tree.bump, &mut tree.number, tree.levels);
    let sum = traverse(root);
    tree.bump.reset();
    fold(sum, tree.number)
}

// arena_phases.h

const COMMANDS: usize = 1500;
const MATRIX_EVERY: usize = 8;

struct DrawCommand {
    key: u64,
    matrix: *const f32,
    mesh: u32,
    _material: u32,
    _first: u32,
    _count: u32,
    next: *const DrawCommand,
}

#[repr(align(64))]
struct Matrix {
    cells: [f32; 16],
}

pub struct Frames {
    frames: usize,
    bump: Bump,
}

#[no_mangle]
pub extern "C" fn assay_bumpalo_frames(frames: usize) -> *mut Frames {
    boxed(Frames { frames, bump: Bump::new() })
}

unsafe fn draw(bump: &Bump, frame: usize) -> u64 {
    let mut commands: *const DrawCommand = core::ptr::null();
    let mut matrix: *const f32 = core::ptr::null();
    for i in 0..COMMANDS {
        if i % MATRIX_EVERY == 0 {
            let made = bump.alloc_with(|| {
                let mut cells = [0.0; 16];
                for (k, cell) in cells.iter_mut().enumerate() {
                    *cell = (i + k) as f32;
                }
                Matrix { cells }
            });
            escape(made);
            matrix = made.cells.as_ptr();
        }
        let mesh = i as u32;
        commands = bump.alloc(DrawCommand {
            key: mark_of((frame + i) as u64),
            matrix,
            mesh,
            _material: mesh / 8,
            _first: 0,
            _count: 36,
            next: commands,
        });
        escape(commands);
    }
    let keys = bump.alloc_layout(Layout::array::<u64>(COMMANDS).unwrap_unchecked()).as_ptr() as *mut u64;
    let mut filled = 0;
    let mut command = commands;
    while !command.is_null() {
        let cell = *(*command).matrix.add((*command).mesh as usize % 16);
        write(keys.add(filled), (*command).key.wrapping_add(cell.to_int_unchecked::<u64>()));
        filled += 1;
        command = (*command).next;
    }
    escape(keys);
    let mut sum = 0u64;
    for i in 0..COMMANDS {
        sum = sum.wrapping_add(*keys.add(i));
    }
    sum
}

#[no_mangle]
pub unsafe extern "C" fn assay_bumpalo_frames_pass(context: *mut Frames) -> u64 {
    let frames = &mut *context;
    let mut checksum = 0;
    for frame in 0..frames.frames {
        checksum = fold(checksum, draw(&frames.bump, frame));
        frames.bump.reset();
    }
    checksum
}
