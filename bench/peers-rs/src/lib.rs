//! What the batch core is compared with: RustCrypto and ring, each asked for one operation of one session after the other.
//!
//! Built for WebAssembly it exports the operations ([`exports`]); the program `native_peer` times them natively.

#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

#[cfg(target_arch = "wasm32")]
pub mod exports;
pub mod operations;
pub mod peer;
pub mod ring;
pub mod rust_crypto;
