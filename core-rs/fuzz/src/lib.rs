//! What the fuzz targets have in common: how a batch is drawn from the fuzzer's octets, and what has to hold of it.

#![deny(unsafe_op_in_unsafe_fn)]

// Its test programs, in which nothing is public, have no such lint.
#[allow(clippy::should_implement_trait)]
#[path = "../../tests/batch/mod.rs"]
pub mod batch;
pub mod draw;
pub mod fused;
pub mod hashing;
pub mod one_by_one;
pub mod protection;
pub mod records;
