//! Where what an operation allocates lies while it is watched: from the same place on, each time. The system's allocator finds room according to all that
//! was allocated before, and does so in more or fewer steps; that would be seen, and has nothing to do with secrets.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

const OCTETS: usize = 1 << 18;

#[repr(align(64))]
struct Room(UnsafeCell<[u8; OCTETS]>);

// SAFETY: places in it are given out once, until everything in it has been given back.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new([0; OCTETS]));
static USED: AtomicUsize = AtomicUsize::new(0);
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static IS_WATCHED: AtomicBool = AtomicBool::new(false);

#[global_allocator]
static HEAP: Heap = Heap;

struct Heap;

/// From here to [`end`] places in the room are given out, from its start.
pub fn begin() {
    assert_eq!(IN_USE.load(Relaxed), 0, "an operation kept something");
    USED.store(0, Relaxed);
    IS_WATCHED.store(true, Relaxed);
}

pub fn end() {
    IS_WATCHED.store(false, Relaxed);
}

// SAFETY: a place in the room is of the size and alignment that were asked for, and no other's before the room is empty; all others are the system's.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !IS_WATCHED.load(Relaxed) {
            // SAFETY: the caller's promises are those that the system's allocator asks for.
            return unsafe { System.alloc(layout) };
        }
        let start = USED.load(Relaxed).next_multiple_of(layout.align());
        if layout.align() > align_of::<Room>() || start + layout.size() > OCTETS {
            return null_mut();
        }
        USED.store(start + layout.size(), Relaxed);
        IN_USE.fetch_add(1, Relaxed);
        ROOM.0.get().cast::<u8>().wrapping_add(start)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let room = ROOM.0.get().cast::<u8>();
        if (room..room.wrapping_add(OCTETS)).contains(&pointer) {
            IN_USE.fetch_sub(1, Relaxed);
        } else {
            // SAFETY: what is not in the room came from the system's allocator.
            unsafe { System.dealloc(pointer, layout) }
        }
    }
}
