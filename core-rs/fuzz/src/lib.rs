//! What the fuzz targets have in common: how a batch is drawn from the fuzzer's octets, and what has to hold of it.

#![deny(unsafe_op_in_unsafe_fn)]

#[path = "../../tests/batch/mod.rs"]
pub mod batch;
pub mod draw;
pub mod hashing;
pub mod one_by_one;
pub mod protection;
pub mod records;
