//! Sixteen octets that are worked on at once. The kernels are written in terms of [`Vector`] alone; which instructions stand
//! behind it is the matter of one small file for each kind of machine:
//!
//! | file        | where                                                                 |
//! | ----------- | --------------------------------------------------------------------- |
//! | wasm.rs     | WebAssembly with fixed-width SIMD, and relaxed SIMD where it is built in |
//! | ssse3.rs    | x86-64 with SSSE3: native tests, benches and counted instructions       |
//! | portable.rs | anything else                                                 |
//!
//! No operation takes a time that depends on what it works on.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[path = "vector/wasm.rs"]
mod backend;

#[cfg(all(target_arch = "x86_64", target_feature = "ssse3"))]
#[path = "vector/ssse3.rs"]
mod backend;

#[cfg(not(any(
    all(target_arch = "wasm32", target_feature = "simd128"),
    all(target_arch = "x86_64", target_feature = "ssse3")
)))]
#[path = "vector/portable.rs"]
mod backend;

pub use backend::Vector;

use std::ops::BitXorAssign;

/// Whether the kernels are to be used: where no vector instructions stand behind [`Vector`] they are slower than RustCrypto's
/// code. The build for such engines sets the feature; everywhere else it tests that code.
pub const USED: bool = !cfg!(feature = "scalar");

/// Octets in a [`Vector`].
pub const OCTETS: usize = 16;

impl Vector {
    /// All bits clear.
    #[inline(always)]
    pub fn zero() -> Self {
        Self::splat32(0)
    }

    /// The same octet sixteen times.
    #[inline(always)]
    pub fn splat8(octet: u8) -> Self {
        Self::splat32(u32::from_ne_bytes([octet; 4]))
    }

    /// The first sixteen octets of a slice.
    ///
    /// # Panics
    /// There are fewer.
    #[inline(always)]
    pub fn read(octets: &[u8]) -> Self {
        Self::load(octets[..OCTETS].try_into().expect("sixteen octets"))
    }

    /// Overwrites the first sixteen octets of a slice.
    ///
    /// # Panics
    /// There are fewer.
    #[inline(always)]
    pub fn write(self, octets: &mut [u8]) {
        self.store((&mut octets[..OCTETS]).try_into().expect("sixteen octets"));
    }

    /// A word in one of four lanes, and zeros in the others.
    #[inline(always)]
    pub fn word_in_lane(word: u32, lane: usize) -> Self {
        let mut lanes = [0; 4];
        lanes[lane] = u32::MAX;
        Self::splat32(word) & Self::words(lanes)
    }

    /// The octets of each 32-bit lane, which is how words in network order become numbers on a little-endian machine.
    #[inline(always)]
    pub fn reverse_octets_of_words(self) -> Self {
        self.lookup(Self::load(&[3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]))
    }

    /// Each 32-bit lane rotated right; `R + L` is 32.
    #[inline(always)]
    pub fn rotate_right32<const R: u32, const L: u32>(self) -> Self {
        const { assert!(R + L == 32) };
        self.shift_right32::<R>() ^ self.shift_left32::<L>()
    }

    /// Each 32-bit lane rotated left by two octets.
    #[inline(always)]
    pub fn rotate_left_16_in_words(self) -> Self {
        self.lookup(Self::load(&[2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13]))
    }

    /// Each 32-bit lane rotated left by one octet.
    #[inline(always)]
    pub fn rotate_left_8_in_words(self) -> Self {
        self.lookup(Self::load(&[3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14]))
    }

    /// Four vectors of four 32-bit lanes, rows to columns.
    #[inline(always)]
    pub fn transpose32([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        let (ab_low, ab_high) = (a.interleave_low32(b), a.interleave_high32(b));
        let (cd_low, cd_high) = (c.interleave_low32(d), c.interleave_high32(d));
        [
            ab_low.interleave_low64(cd_low),
            ab_low.interleave_high64(cd_low),
            ab_high.interleave_low64(cd_high),
            ab_high.interleave_high64(cd_high),
        ]
    }
}

impl BitXorAssign for Vector {
    #[inline(always)]
    fn bitxor_assign(&mut self, other: Self) {
        *self = *self ^ other;
    }
}
