//! The cryptography of many IKEv2 sessions in one call.
//!
//! A caller asks for an [`arena::Arena`] of linear memory, writes a batch into it (a table of records, the inputs, the
//! places of the outputs: [`layout`]), makes one call, copies the outputs and wipes the arena. Records come from outside this
//! crate: whatever they say, nothing is read or written outside the batch, and a record that contradicts itself is refused
//! alone, in its own status.
//!
//! The only `unsafe` is what `#[wasm_bindgen]` generates in [`exports`].

#![deny(unsafe_op_in_unsafe_fn)]
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod arena;
#[allow(unsafe_code)]
pub mod exports;
pub mod keyed_hash;
pub mod layout;
pub mod protection;
pub mod record;
