//! The heap of the program: a stretch of memory that is there from the start, and the system's allocator behind it.
//!
//! Knows addresses and nothing of what is kept there. The shim allocates a few kilobytes in its life. An allocator meant for
//! programs that live longer asks the kernel for pages one by one and gives them back one by one, and for a process of half a
//! millisecond these calls and the page faults behind them are a tenth of what it costs (docs/performance.md). Everything
//! beyond the stretch, as a report over a large trace needs it, is the system's business.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Enough for the stack of the child between `clone` and `exec` and for the lines of an action with a thousand files.
/// Pages that are not touched cost nothing.
const LENGTH: usize = 256 * 1024;

/// Hands out memory front to back. The block handed out last can grow, shrink and come back in its place, which is how a
/// line under construction and the short-lived texts around it behave; any other block is not used again.
#[derive(Debug)]
#[repr(C)]
pub struct Heap {
    /// How much of the stretch is handed out, from the front. In front of it, so that both begin in one page.
    used: AtomicUsize,
    stretch: UnsafeCell<MaybeUninit<[u8; LENGTH]>>,
}

#[expect(unsafe_code, reason = "bytes of the stretch are handed out once at a time, by an atomic exchange of `used`")]
// SAFETY: no part of the stretch is reached but through blocks, and no two living blocks overlap.
unsafe impl Sync for Heap {}

impl Heap {
    /// An unused heap.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it is made once, for a static")]
    pub const fn new() -> Self {
        Self { used: AtomicUsize::new(0), stretch: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Moves the border between used and free, unless somebody else has moved it.
    fn moved(&self, from: usize, to: usize) -> Result<usize, usize> {
        // A block that was freed by one thread may be handed to another, with what the first wrote there done.
        self.used.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
    }

    /// Where in the stretch a block begins; `None` for one of the system's.
    fn offset_of(&self, block: *mut u8) -> Option<usize> {
        block.addr().checked_sub(self.stretch.get().addr()).filter(|offset| *offset < LENGTH)
    }

    fn take(&self, layout: Layout) -> Option<*mut u8> {
        let front = self.stretch.get().cast::<u8>();
        let mut used = self.used.load(Ordering::Acquire);
        loop {
            let start = front.addr().checked_add(used)?.checked_next_multiple_of(layout.align())? - front.addr();
            let end = start.checked_add(layout.size()).filter(|end| *end <= LENGTH)?;
            match self.moved(used, end) {
                Ok(_) => return Some(front.wrapping_add(start)),
                Err(now) => used = now,
            }
        }
    }
}

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait")]
// SAFETY: a block is either the system's, or was cut from the free end of the stretch, aligned and inside it.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller vouches for the layout.
        self.take(layout).unwrap_or_else(|| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match self.take(layout) {
            // SAFETY: the block was just cut, with this size.
            Some(block) => unsafe {
                block.write_bytes(0, layout.size());
                block
            },
            // SAFETY: the caller vouches for the layout.
            None => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match self.offset_of(block) {
            // Not the last block: it stays where it is until the process ends.
            Some(start) => _ = self.moved(start.saturating_add(layout.size()), start),
            // SAFETY: not ours, so it is the system's.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(start) = self.offset_of(block) else {
            // SAFETY: not ours, so it is the system's.
            return unsafe { System.realloc(block, layout, size) };
        };
        let end = start.saturating_add(size);
        if end <= LENGTH && self.moved(start.saturating_add(layout.size()), end).is_ok() {
            return block;
        }
        // SAFETY: the caller vouches for the size; old and new do not overlap, because the old one is still in use.
        unsafe {
            let other = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !other.is_null() {
                other.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Heap, LENGTH};
    use proptest::prelude::*;
    use std::alloc::{GlobalAlloc, Layout};

    #[derive(Debug, Clone)]
    enum Step {
        Take { size: usize, align: u32 },
        Resize { which: usize, size: usize },
        GiveBack { which: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        let size = prop_oneof![1..200usize, 1..LENGTH];
        prop_oneof![
            (size.clone(), 0..8u32).prop_map(|(size, align)| Step::Take { size, align }),
            (any::<usize>(), size).prop_map(|(which, size)| Step::Resize { which, size }),
            any::<usize>().prop_map(|which| Step::GiveBack { which }),
        ]
    }

    /// A block and the byte that it was filled with.
    struct Block {
        start: *mut u8,
        layout: Layout,
        fill: u8,
    }

    #[expect(unsafe_code, reason = "plays the part of a program")]
    impl Block {
        fn filled(start: *mut u8, layout: Layout, fill: u8) -> Self {
            assert!(!start.is_null());
            assert_eq!(start.addr() % layout.align(), 0, "misaligned");
            // SAFETY: the heap says that these bytes are the caller's.
            unsafe { start.write_bytes(fill, layout.size()) };
            Self { start, layout, fill }
        }

        #[track_caller]
        fn check(&self, size: usize) {
            // SAFETY: as above; the block is still in use.
            let bytes = unsafe { std::slice::from_raw_parts(self.start, size) };
            assert!(bytes.iter().all(|byte| *byte == self.fill), "a living block was written over");
        }
    }

    #[expect(unsafe_code, reason = "plays the part of a program")]
    fn apply(heap: &Heap, blocks: &mut Vec<Block>, step: &Step, fill: u8) {
        match *step {
            Step::Take { size, align } => {
                let layout = Layout::from_size_align(size, 1 << align).unwrap();
                // SAFETY: the size is not zero.
                blocks.push(Block::filled(unsafe { heap.alloc(layout) }, layout, fill));
            }
            Step::Resize { which, size } if !blocks.is_empty() => {
                let mut block = blocks.swap_remove(which % blocks.len());
                // SAFETY: the block is the heap's own and in use; the size is not zero.
                block.start = unsafe { heap.realloc(block.start, block.layout, size) };
                block.check(size.min(block.layout.size()));
                let layout = Layout::from_size_align(size, block.layout.align()).unwrap();
                blocks.push(Block::filled(block.start, layout, fill));
            }
            Step::GiveBack { which } if !blocks.is_empty() => {
                let block = blocks.swap_remove(which % blocks.len());
                block.check(block.layout.size());
                // SAFETY: the block is the heap's own and in use.
                unsafe { heap.dealloc(block.start, block.layout) };
            }
            Step::Resize { .. } | Step::GiveBack { .. } => {}
        }
    }

    proptest! {
        #[test]
        fn living_blocks_never_overlap_whatever_the_order_of_taking_resizing_and_giving_back(
            steps in proptest::collection::vec(step(), 1..60)
        ) {
            let heap = Box::new(Heap::new());
            let mut blocks = Vec::new();
            for (index, step) in steps.iter().enumerate() {
                apply(&heap, &mut blocks, step, u8::try_from(index).unwrap());
            }
            while !blocks.is_empty() {
                apply(&heap, &mut blocks, &Step::GiveBack { which: 0 }, 0);
            }
        }
    }

    #[test]
    #[expect(unsafe_code, reason = "plays the part of a program")]
    fn threads_that_share_the_stretch_get_blocks_of_their_own() {
        let heap = Box::new(Heap::new());
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let heap = &*heap;
                scope.spawn(move || {
                    for round in 0..20_000usize {
                        let layout = Layout::from_size_align(1 + round % 97, 8).unwrap();
                        // SAFETY: the size is not zero; the block is given back once.
                        let block = Block::filled(unsafe { heap.alloc(layout) }, layout, thread);
                        block.check(layout.size());
                        unsafe { heap.dealloc(block.start, layout) };
                    }
                });
            }
        });
    }

    #[test]
    #[expect(unsafe_code, reason = "plays the part of a program")]
    fn the_last_block_grows_where_it_is_and_leaves_no_gap_when_it_goes() {
        let heap = Box::new(Heap::new());
        let small = Layout::from_size_align(10, 1).unwrap();
        // SAFETY: sizes are not zero, blocks are given back with the size they have.
        unsafe {
            let block = heap.alloc(small);
            assert_eq!(heap.realloc(block, small, 1000), block);
            heap.dealloc(block, Layout::from_size_align(1000, 1).unwrap());
            assert_eq!(heap.alloc(small), block);
        }
    }
}
