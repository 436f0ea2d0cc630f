//! WebAssembly. Its vector instructions are safe functions where they are built in; only loads and stores take pointers.

use core::arch::wasm32::*;
use std::ops::{BitAnd, BitXor};

#[allow(missing_docs)]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Vector(v128);

#[allow(missing_docs)]
impl Vector {
    #[inline(always)]
    #[allow(unsafe_code)]
    pub fn load(octets: &[u8; 16]) -> Self {
        // SAFETY: a reference to sixteen octets is valid for reading them, and v128.load asks for no alignment.
        Self(unsafe { v128_load(octets.as_ptr().cast()) })
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub fn store(self, octets: &mut [u8; 16]) {
        // SAFETY: an exclusive reference to sixteen octets is valid for writing them, and v128.store asks for no alignment.
        unsafe { v128_store(octets.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    pub fn splat32(word: u32) -> Self {
        Self(u32x4_splat(word))
    }

    #[inline(always)]
    pub fn words([a, b, c, d]: [u32; 4]) -> Self {
        Self(u32x4(a, b, c, d))
    }

    #[inline(always)]
    pub fn add32(self, other: Self) -> Self {
        Self(u32x4_add(self.0, other.0))
    }

    #[inline(always)]
    pub fn shift_left32<const N: u32>(self) -> Self {
        Self(u32x4_shl(self.0, N))
    }

    #[inline(always)]
    pub fn shift_right32<const N: u32>(self) -> Self {
        Self(u32x4_shr(self.0, N))
    }

    #[inline(always)]
    pub fn shift_left64<const N: u32>(self) -> Self {
        Self(u64x2_shl(self.0, N))
    }

    #[inline(always)]
    pub fn shift_right64<const N: u32>(self) -> Self {
        Self(u64x2_shr(self.0, N))
    }

    /// The octets of this table that the indices name. An index is below 16, or has its highest bit set and gives zero. Engines
    /// differ in the relaxed instruction only where an index is from 16 to 127, which none here ever is.
    #[inline(always)]
    pub fn lookup(self, indices: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(i8x16_relaxed_swizzle(self.0, indices.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        Self(u8x16_swizzle(self.0, indices.0))
    }

    #[inline(always)]
    pub fn interleave_low32(self, other: Self) -> Self {
        Self(u32x4_shuffle::<0, 4, 1, 5>(self.0, other.0))
    }

    #[inline(always)]
    pub fn interleave_high32(self, other: Self) -> Self {
        Self(u32x4_shuffle::<2, 6, 3, 7>(self.0, other.0))
    }

    #[inline(always)]
    pub fn interleave_low64(self, other: Self) -> Self {
        Self(u64x2_shuffle::<0, 2>(self.0, other.0))
    }

    #[inline(always)]
    pub fn interleave_high64(self, other: Self) -> Self {
        Self(u64x2_shuffle::<1, 3>(self.0, other.0))
    }

    #[inline(always)]
    pub fn interleave_low8(self, other: Self) -> Self {
        Self(u8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(self.0, other.0))
    }

    #[inline(always)]
    pub fn interleave_high8(self, other: Self) -> Self {
        Self(u8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(self.0, other.0))
    }

    #[inline(always)]
    pub fn interleave_low16(self, other: Self) -> Self {
        Self(u16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(self.0, other.0))
    }

    #[inline(always)]
    pub fn interleave_high16(self, other: Self) -> Self {
        Self(u16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(self.0, other.0))
    }

    /// The second half of this vector, and the first one of the other behind it.
    #[inline(always)]
    pub fn next_half(self, other: Self) -> Self {
        Self(u64x2_shuffle::<1, 2>(self.0, other.0))
    }

    /// Octets 1 to 15 of this vector, and the first of the other behind them.
    #[inline(always)]
    pub fn next_octet(self, other: Self) -> Self {
        Self(u8x16_shuffle::<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16>(self.0, other.0))
    }
}

impl BitXor for Vector {
    type Output = Self;
    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }
}

impl BitAnd for Vector {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(v128_and(self.0, other.0))
    }
}
