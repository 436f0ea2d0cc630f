//! The memory that a batch lives in.

use crate::layout::{MAX_ARENA_OCTETS, RECORD_OCTETS};
use std::hint::black_box;

/// The start of an arena is a multiple of this, so that a caller can view records as words.
const ALIGNMENT: usize = 16;

/// Deeper than any operation writes to the stack in the WebAssembly builds. A test of the bindings finds what is written beyond
/// it, and secrets anywhere in memory.
const STACK_OCTETS: usize = 8 * 1024;

/// Memory that grows on demand and never beyond [`MAX_ARENA_OCTETS`].
#[derive(Default)]
pub struct Arena {
    memory: Vec<u8>,
}

/// The three parts of a batch, apart from each other: inputs can only be read, and no record can reach another.
pub struct Batch<'a> {
    /// [`RECORD_OCTETS`] for each record.
    pub records: &'a mut [u8],
    /// Keys, data, seeds.
    pub inputs: &'a [u8],
    /// Results, and messages changed in place.
    pub outputs: &'a mut [u8],
}

impl Arena {
    /// An arena of no octets.
    pub const fn new() -> Self {
        Self { memory: Vec::new() }
    }

    /// Makes room for `size` octets, all zero or as left by the last batch, and gives the address of the first.
    /// `None`: `size` is over the bound, or there is no such memory.
    pub fn reserve(&mut self, size: usize) -> Option<*mut u8> {
        if size > MAX_ARENA_OCTETS {
            return None;
        }
        if self.octets().len() < size {
            let capacity = size.next_power_of_two() + ALIGNMENT;
            let mut larger = Vec::new();
            larger.try_reserve_exact(capacity).ok()?;
            larger.resize(capacity, 0);
            self.wipe(usize::MAX);
            self.memory = larger;
        }
        Some(self.octets().as_mut_ptr())
    }

    /// The octets from the first aligned one.
    pub fn octets(&mut self) -> &mut [u8] {
        let padding = self.memory.as_ptr().align_offset(ALIGNMENT).min(self.memory.len());
        &mut self.memory[padding..]
    }

    /// The parts of a batch of `records`. `None`: the arena is smaller than that.
    pub fn batch(&mut self, records: usize, inputs: usize, outputs: usize) -> Option<Batch<'_>> {
        let (records, rest) = self.octets().split_at_mut_checked(records.checked_mul(RECORD_OCTETS)?)?;
        let (inputs, rest) = rest.split_at_mut_checked(inputs)?;
        Some(Batch { records, inputs, outputs: rest.get_mut(..outputs)? })
    }

    /// Overwrites the first `used` octets, and the part of the stack that the operations used.
    pub fn wipe(&mut self, used: usize) {
        let octets = self.octets();
        let used = used.min(octets.len());
        octets[..used].fill(0);
        black_box(&mut octets[..used]);
        wipe_stack();
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.wipe(usize::MAX);
    }
}

/// Ciphers and hashes leave key schedules and intermediate values in frames that have been given up. Covers that part of the
/// stack with zeros.
#[inline(never)]
fn wipe_stack() {
    let mut frame = [0u8; STACK_OCTETS];
    black_box(&mut frame);
}
