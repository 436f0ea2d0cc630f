//! What JavaScript calls. One instance has one arena; workers have instances, and so memories, of their own.

use crate::arena::{Arena, Batch};
use crate::{fused, keyed_hash, protection};
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static ARENA: RefCell<Arena> = const { RefCell::new(Arena::new()) };
}

/// Makes room for a batch of `size` octets and gives its address, a multiple of 16; 0 when there is no room.
#[wasm_bindgen]
pub fn arena(size: usize) -> usize {
    ARENA.with_borrow_mut(|arena| arena.reserve(size).map_or(0, |address| address as usize))
}

/// Wipes the first `used` octets of the arena and what the operations left on the stack.
#[wasm_bindgen]
pub fn wipe(used: usize) {
    ARENA.with_borrow_mut(|arena| arena.wipe(used));
}

/// See [`keyed_hash::prf`]. False, here and below: the arena is smaller than the batch.
#[wasm_bindgen]
pub fn prf(records: usize, inputs: usize, outputs: usize) -> bool {
    run(keyed_hash::prf, records, inputs, outputs)
}

/// See [`keyed_hash::prf_plus`].
#[wasm_bindgen]
pub fn prf_plus(records: usize, inputs: usize, outputs: usize) -> bool {
    run(keyed_hash::prf_plus, records, inputs, outputs)
}

/// See [`keyed_hash::derive_keys`].
#[wasm_bindgen]
pub fn derive_keys(records: usize, inputs: usize, outputs: usize) -> bool {
    run(keyed_hash::derive_keys, records, inputs, outputs)
}

/// See [`keyed_hash::verify_mac`].
#[wasm_bindgen]
pub fn verify_mac(records: usize, inputs: usize, outputs: usize) -> bool {
    run(keyed_hash::verify_mac, records, inputs, outputs)
}

/// See [`protection::seal`].
#[wasm_bindgen]
pub fn seal(records: usize, inputs: usize, outputs: usize) -> bool {
    run(protection::seal, records, inputs, outputs)
}

/// See [`protection::open`].
#[wasm_bindgen]
pub fn open(records: usize, inputs: usize, outputs: usize) -> bool {
    run(protection::open, records, inputs, outputs)
}

/// See [`fused::derive_and_open`].
#[wasm_bindgen]
pub fn derive_and_open(records: usize, inputs: usize, outputs: usize) -> bool {
    run(fused::derive_and_open, records, inputs, outputs)
}

/// See [`fused::authenticate`].
#[wasm_bindgen]
pub fn authenticate(records: usize, inputs: usize, outputs: usize) -> bool {
    run(fused::authenticate, records, inputs, outputs)
}

/// See [`fused::seal_with_ticket`].
#[wasm_bindgen]
pub fn seal_with_ticket(records: usize, inputs: usize, outputs: usize) -> bool {
    run(fused::seal_with_ticket, records, inputs, outputs)
}

fn run(operation: fn(Batch), records: usize, inputs: usize, outputs: usize) -> bool {
    ARENA.with_borrow_mut(|arena| arena.batch(records, inputs, outputs).map(operation).is_some())
}
