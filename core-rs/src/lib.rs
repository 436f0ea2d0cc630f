//! The cryptography of many IKEv2 sessions in one call.
//!
//! A caller asks for an [`arena::Arena`] of linear memory, writes a batch into it (a table of records, the inputs, the
//! places of the outputs: [`layout`]), makes one call, copies the outputs and wipes the arena. Records come from outside this
//! crate: whatever they say, nothing is read or written outside the batch, and a record that contradicts itself is refused
//! alone, in the statuses of its member.
//!
//! The only `unsafe` is what `#[wasm_bindgen]` generates in [`exports`], and what vector instructions ask for in [`vector`].

#![deny(unsafe_op_in_unsafe_fn)]
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod aead;
pub mod aes;
pub mod arena;
pub mod cbc_hmac;
pub mod chacha20;
pub mod chacha20_poly1305;
#[allow(unsafe_code)]
pub mod exports;
pub mod fused;
pub mod gcm;
pub mod ghash;
pub mod hmac_sha256;
pub mod keyed_hash;
pub mod layout;
pub mod protection;
pub mod record;
pub mod sha256;
pub mod vector;
