//! The passes that need one owner, for Box, Rc and Arc: pointers.rs.

use core::ffi::c_void;

/// A frame comes from new_frame().
#[repr(C)]
pub struct OwningPasses {
    pub pointer_bytes: usize,
    pub hold_smaller_bulk: extern "C" fn() -> *mut c_void,
    pub drop_smaller_bulk: extern "C" fn(*mut c_void),
    pub hold_larger_bulk: extern "C" fn() -> *mut c_void,
    pub drop_larger_bulk: extern "C" fn(*mut c_void),
    pub make_words: extern "C" fn(count: usize) -> u64,
    pub make_lines: extern "C" fn(count: usize) -> u64,
    pub new_frame: extern "C" fn(count: usize) -> *mut c_void,
    pub make_frame: extern "C" fn(frame: *mut c_void, count: usize),
    pub drop_frame: extern "C" fn(frame: *mut c_void, count: usize) -> u64,
    pub make_frames: extern "C" fn(frame: *mut c_void, frames: usize, count: usize) -> u64,
    pub list: extern "C" fn(nodes: usize) -> u64,
    pub tree: extern "C" fn(levels: u32) -> u64,
    pub search_tree: extern "C" fn(
        inserted: *const u32,
        keys: usize,
        searched: *const u32,
        searches: usize,
    ) -> u64,
}

/// Where the macro stands there are pointers.rs's names, and mark_at() of one of the two macros below it.
macro_rules! owning_passes {
    ($Pointer:ident, $table:ident) => {
        type Link<T> = Option<$Pointer<T>>;

        extern "C" fn hold_bulk<const WORDS: usize>() -> *mut c_void {
            $Pointer::into_raw($Pointer::new(Bulk::<WORDS> { _words: [0; WORDS] })) as *mut c_void
        }

        extern "C" fn drop_bulk<const WORDS: usize>(bulk: *mut c_void) {
            drop(unsafe { $Pointer::from_raw(bulk as *mut Bulk<WORDS>) })
        }

        extern "C" fn make<T: Value>(count: usize) -> u64 {
            let mut sum = 0u64;
            for i in 0..count {
                let owner = $Pointer::new(T::of_mark(mark_of(i as u64)));
                escape(&*owner);
                sum = sum.wrapping_add(owner.word());
            }
            fold(0, sum)
        }

        extern "C" fn new_frame(count: usize) -> *mut c_void {
            Box::into_raw(Box::new(Places::<$Pointer<Word>>::new(count))) as *mut c_void
        }

        extern "C" fn make_frame(frame: *mut c_void, count: usize) {
            let owners = unsafe { &*(frame as *const Places<$Pointer<Word>>) };
            for i in 0..count {
                unsafe {
                    ptr::write(owners.at(i), $Pointer::new(Word::of_mark(mark_of(i as u64))));
                    escape(&**owners.at(i));
                }
            }
        }

        extern "C" fn drop_frame(frame: *mut c_void, count: usize) -> u64 {
            let owners = unsafe { &*(frame as *const Places<$Pointer<Word>>) };
            let mut sum = 0u64;
            for i in 0..count {
                unsafe {
                    sum = sum.wrapping_add((*owners.at(i)).word());
                    ptr::drop_in_place(owners.at(i));
                }
            }
            sum
        }

        extern "C" fn make_frames(frame: *mut c_void, frames: usize, count: usize) -> u64 {
            let mut sum = 0u64;
            for _ in 0..frames {
                make_frame(frame, count);
                sum = sum.wrapping_add(drop_frame(frame, count));
            }
            fold(0, sum)
        }

        struct ListNode {
            mark: u64,
            next: Cell<Link<ListNode>>,
        }

        extern "C" fn list(nodes: usize) -> u64 {
            let mut head: Link<ListNode> = None;
            for i in 0..nodes {
                let next = Cell::new(head.take());
                let node = $Pointer::new(ListNode { mark: mark_of(i as u64), next });
                escape(&*node);
                head = Some(node);
            }
            let mut sum = 0u64;
            let mut link = &head;
            while let Some(node) = link {
                sum = sum.wrapping_add(node.mark);
                link = in_link(&node.next);
            }
            while let Some(node) = head {
                head = node.next.take();
            }
            fold(0, sum)
        }

        struct TreeNode {
            mark: u64,
            left: Link<TreeNode>,
            right: Link<TreeNode>,
        }

        fn grow(levels: u32, number: &mut u64) -> Link<TreeNode> {
            if levels == 0 {
                return None;
            }
            let left = grow(levels - 1, number);
            let right = grow(levels - 1, number);
            let node = $Pointer::new(TreeNode { mark: mark_of(*number), left, right });
            *number += 1;
            escape(&*node);
            Some(node)
        }

        fn sum_of(node: &TreeNode) -> u64 {
            let mut sum = node.mark;
            if let Some(left) = &node.left {
                sum = sum.wrapping_add(sum_of(left));
            }
            if let Some(right) = &node.right {
                sum = sum.wrapping_add(sum_of(right));
            }
            sum
        }

        extern "C" fn tree(levels: u32) -> u64 {
            let mut number = 0;
            let root = grow(levels, &mut number);
            let sum = root.as_ref().map_or(0, |node| sum_of(node));
            drop(root);
            fold(0, sum)
        }

        struct SearchNode {
            key: u64,
            mark: u64,
            left: Cell<Link<SearchNode>>,
            right: Cell<Link<SearchNode>>,
        }

        impl SearchNode {
            #[inline(always)]
            fn towards(&self, key: u64) -> &Cell<Link<SearchNode>> {
                if key < self.key {
                    &self.left
                } else {
                    &self.right
                }
            }
        }

        fn insert(root: &Cell<Link<SearchNode>>, key: u64) {
            let mut link = root;
            while let Some(node) = in_link(link) {
                link = node.towards(key);
            }
            let node = $Pointer::new(SearchNode {
                key,
                mark: mark_of(key),
                left: Cell::new(None),
                right: Cell::new(None),
            });
            escape(&*node);
            link.set(Some(node));
        }

        extern "C" fn search_tree(
            inserted: *const u32,
            keys: usize,
            searched: *const u32,
            searches: usize,
        ) -> u64 {
            let root = Cell::new(None);
            for i in 0..keys {
                insert(&root, unsafe { *inserted.add(i) } as u64);
            }
            let mut checksum = 0;
            for i in 0..searches {
                checksum = fold(checksum, mark_at(&root, unsafe { *searched.add(i) } as u64));
            }
            checksum
        }

        #[no_mangle]
        pub static $table: OwningPasses = OwningPasses {
            pointer_bytes: size_of::<$Pointer<Word>>(),
            hold_smaller_bulk: hold_bulk::<SMALLER_BULK>,
            drop_smaller_bulk: drop_bulk::<SMALLER_BULK>,
            hold_larger_bulk: hold_bulk::<LARGER_BULK>,
            drop_larger_bulk: drop_bulk::<LARGER_BULK>,
            make_words: make::<Word>,
            make_lines: make::<Line>,
            new_frame,
            make_frame,
            drop_frame,
            make_frames,
            list,
            tree,
            search_tree,
        };
    };
}

macro_rules! search_by_references {
    () => {
        fn mark_at(root: &Cell<Link<SearchNode>>, key: u64) -> u64 {
            let mut link = root;
            loop {
                match in_link(link) {
                    None => fail(b"a key is not in the tree\0"),
                    Some(node) if node.key == key => return node.mark,
                    Some(node) => {
                        link = node.towards(key);
                        if let Some(next) = in_link(link) {
                            escape(&**next);
                        }
                    }
                }
            }
        }
    };
}

macro_rules! search_by_owners {
    () => {
        fn mark_at(root: &Cell<Link<SearchNode>>, key: u64) -> u64 {
            let mut at = in_link(root).clone();
            loop {
                match &at {
                    None => fail(b"a key is not in the tree\0"),
                    Some(node) if node.key == key => return node.mark,
                    Some(node) => {
                        let next = in_link(node.towards(key)).clone();
                        at = next;
                        if let Some(owner) = &at {
                            escape(&**owner);
                        }
                    }
                }
            }
        }
    };
}
