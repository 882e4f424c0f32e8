//! The passes that need several owners, for Rc and Arc: pointers.rs.

use super::harness::Record;
use core::ffi::c_void;

/// Of a cache. A constant on both sides, because it divides.
pub const CLIENTS: usize = 64;

/// A ring of positions, the latest used first. The position after the last key is where it begins.
pub struct UseOrder {
    begin: u32,
    before: Record<u32>,
    after: Record<u32>,
}

impl UseOrder {
    pub fn new(keys: usize) -> UseOrder {
        let mut order = UseOrder {
            begin: keys as u32,
            before: Record::new(keys + 1),
            after: Record::new(keys + 1),
        };
        order.before[keys] = order.begin;
        order.after[keys] = order.begin;
        order
    }

    #[inline(always)]
    pub fn push_front(&mut self, key: u32) {
        let first = self.after[self.begin as usize];
        self.before[key as usize] = self.begin;
        self.after[key as usize] = first;
        self.before[first as usize] = key;
        self.after[self.begin as usize] = key;
    }

    #[inline(always)]
    pub fn remove(&mut self, key: u32) {
        let (before, after) = (self.before[key as usize], self.after[key as usize]);
        self.after[before as usize] = after;
        self.before[after as usize] = before;
    }

    #[inline(always)]
    pub fn oldest(&self) -> u32 {
        self.before[self.begin as usize]
    }
}

/// A word comes from hold_word(), a share and a cache from new_share() and new_cache().
#[repr(C)]
pub struct SharingPasses {
    pub hold_word: extern "C" fn(mark: u64) -> *const c_void,
    pub clone_and_drop: extern "C" fn(word: *const c_void, count: usize) -> u64,
    pub upgrade: extern "C" fn(word: *const c_void, count: usize) -> u64,
    pub new_share: extern "C" fn(count: usize) -> *mut c_void,
    pub share: extern "C" fn(share: *mut c_void, rounds: usize, count: usize) -> u64,
    pub parent_tree: extern "C" fn(levels: u32) -> u64,
    pub new_cache: extern "C" fn(keys: usize) -> *mut c_void,
    pub lru_cache: extern "C" fn(
        cache: *mut c_void,
        requests: *const u32,
        count: usize,
        capacity: usize,
    ) -> u64,
}

/// Where the macro stands there are pointers.rs's names and those of owning_passes!, and a Weak.
macro_rules! sharing_passes {
    ($Pointer:ident, $table:ident) => {
        extern "C" fn hold_word(mark: u64) -> *const c_void {
            $Pointer::into_raw($Pointer::new(Word::of_mark(mark))) as *const c_void
        }

        /// An owner more of what hold_word() gave.
        fn owner_of(word: *const c_void) -> $Pointer<Word> {
            let held = ManuallyDrop::new(unsafe { $Pointer::from_raw(word as *const Word) });
            $Pointer::clone(&held)
        }

        extern "C" fn clone_and_drop(word: *const c_void, count: usize) -> u64 {
            let owner = owner_of(word);
            let mut sum = 0u64;
            for _ in 0..count {
                let copy = $Pointer::clone(&owner);
                escape(&*copy);
                sum = sum.wrapping_add(copy.word());
            }
            sum
        }

        extern "C" fn upgrade(word: *const c_void, count: usize) -> u64 {
            let weak = $Pointer::downgrade(&owner_of(word));
            let mut sum = 0u64;
            for _ in 0..count {
                match weak.upgrade() {
                    Some(owner) => {
                        escape(&*owner);
                        sum = sum.wrapping_add(owner.word());
                    }
                    None => fail(b"an upgrade found no object\0"),
                }
            }
            fold(0, sum)
        }

        struct Share {
            owners: Places<$Pointer<Word>>,
            copies: Places<$Pointer<Word>>,
        }

        extern "C" fn new_share(count: usize) -> *mut c_void {
            let share = Share { owners: Places::new(count), copies: Places::new(count) };
            for i in 0..count {
                let owner = $Pointer::new(Word::of_mark(mark_of(i as u64)));
                unsafe { ptr::write(share.owners.at(i), owner) };
            }
            Box::into_raw(Box::new(share)) as *mut c_void
        }

        extern "C" fn share(share: *mut c_void, rounds: usize, count: usize) -> u64 {
            let Share { owners, copies } = unsafe { &*(share as *const Share) };
            let mut sum = 0u64;
            for _ in 0..rounds {
                for i in 0..count {
                    unsafe { ptr::write(copies.at(i), (*owners.at(i)).clone()) };
                }
                escape(copies.at(0));
                for i in 0..count {
                    unsafe {
                        sum = sum.wrapping_add((*copies.at(i)).word());
                        ptr::drop_in_place(copies.at(i));
                    }
                }
                escape(copies.at(0));
            }
            fold(0, sum)
        }

        struct FamilyNode {
            mark: u64,
            left: Cell<Link<FamilyNode>>,
            right: Cell<Link<FamilyNode>>,
            parent: Weak<FamilyNode>,
        }

        fn grow_family(
            parent: Weak<FamilyNode>,
            levels: u32,
            number: &mut u64,
        ) -> $Pointer<FamilyNode> {
            let node = $Pointer::new(FamilyNode {
                mark: mark_of(*number),
                left: Cell::new(None),
                right: Cell::new(None),
                parent,
            });
            *number += 1;
            escape(&*node);
            if levels > 1 {
                for child in [&node.left, &node.right] {
                    let parent = $Pointer::downgrade(&node);
                    child.set(Some(grow_family(parent, levels - 1, number)));
                }
            }
            node
        }

        fn from_leaves(node: &FamilyNode) -> u64 {
            if let (Some(left), Some(right)) = (in_link(&node.left), in_link(&node.right)) {
                return from_leaves(left).wrapping_add(from_leaves(right));
            }
            let mut sum = node.mark;
            let mut at = node.parent.upgrade();
            while let Some(ancestor) = &at {
                escape(&**ancestor);
                sum = sum.wrapping_add(ancestor.mark);
                let next = ancestor.parent.upgrade();
                at = next;
            }
            sum
        }

        extern "C" fn parent_tree(levels: u32) -> u64 {
            let mut number = 0;
            let root = grow_family(Weak::new(), levels, &mut number);
            fold(0, from_leaves(&root))
        }

        struct LruCache {
            order: UseOrder,
            values: Places<Link<Line>>,
            clients: Places<Link<Line>>,
        }

        extern "C" fn new_cache(keys: usize) -> *mut c_void {
            Box::into_raw(Box::new(LruCache {
                order: UseOrder::new(keys),
                values: Places::new(keys),
                clients: Places::new(CLIENTS),
            })) as *mut c_void
        }

        extern "C" fn lru_cache(
            cache: *mut c_void,
            requests: *const u32,
            count: usize,
            capacity: usize,
        ) -> u64 {
            let cache = unsafe { &mut *(cache as *mut LruCache) };
            let mut checksum = 0;
            let mut live = 0;
            for i in 0..count {
                let key = unsafe { *requests.add(i) };
                let value = unsafe { &mut *cache.values.at(key as usize) };
                if value.is_some() {
                    cache.order.remove(key);
                } else {
                    if live == capacity {
                        let oldest = cache.order.oldest();
                        cache.order.remove(oldest);
                        unsafe { *cache.values.at(oldest as usize) = None };
                    } else {
                        live += 1;
                    }
                    *value = Some($Pointer::new(Line::of_mark(mark_of(i as u64))));
                }
                cache.order.push_front(key);
                let client = unsafe { &mut *cache.clients.at(i % CLIENTS) };
                *client = value.clone();
                if let Some(answer) = client {
                    escape(&**answer);
                    checksum = fold(checksum, answer.word());
                }
            }
            for i in 0..CLIENTS {
                unsafe { *cache.clients.at(i) = None };
            }
            for _ in 0..live {
                let oldest = cache.order.oldest();
                cache.order.remove(oldest);
                unsafe { *cache.values.at(oldest as usize) = None };
            }
            checksum
        }

        #[no_mangle]
        pub static $table: SharingPasses = SharingPasses {
            hold_word,
            clone_and_drop,
            upgrade,
            new_share,
            share,
            parent_tree,
            new_cache,
            lru_cache,
        };
    };
}
