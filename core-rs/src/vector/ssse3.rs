//! x86-64. This file is compiled only where SSSE3 is built in, so no instruction here can be missing at run time: that is the
//! reason for every `unsafe` below but those of the load and the store, which give their own.

use core::arch::x86_64::*;
use std::ops::{BitAnd, BitXor};

#[allow(missing_docs)]
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Vector(__m128i);

#[allow(missing_docs, unsafe_code, unused_unsafe)]
impl Vector {
    #[inline(always)]
    pub fn load(octets: &[u8; 16]) -> Self {
        // SAFETY: a reference to sixteen octets is valid for reading them, and the instruction asks for no alignment.
        Self(unsafe { _mm_loadu_si128(octets.as_ptr().cast()) })
    }

    #[inline(always)]
    pub fn store(self, octets: &mut [u8; 16]) {
        // SAFETY: an exclusive reference to sixteen octets is valid for writing them, and the instruction asks for no
        // alignment.
        unsafe { _mm_storeu_si128(octets.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    pub fn splat32(word: u32) -> Self {
        Self(unsafe { _mm_set1_epi32(word as i32) })
    }

    #[inline(always)]
    pub fn words([a, b, c, d]: [u32; 4]) -> Self {
        Self(unsafe { _mm_setr_epi32(a as i32, b as i32, c as i32, d as i32) })
    }

    #[inline(always)]
    pub fn add32(self, other: Self) -> Self {
        Self(unsafe { _mm_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    pub fn shift_left32<const N: u32>(self) -> Self {
        Self(unsafe { _mm_sll_epi32(self.0, _mm_cvtsi32_si128(N as i32)) })
    }

    #[inline(always)]
    pub fn shift_right32<const N: u32>(self) -> Self {
        Self(unsafe { _mm_srl_epi32(self.0, _mm_cvtsi32_si128(N as i32)) })
    }

    #[inline(always)]
    pub fn shift_left64<const N: u32>(self) -> Self {
        Self(unsafe { _mm_sll_epi64(self.0, _mm_cvtsi32_si128(N as i32)) })
    }

    #[inline(always)]
    pub fn shift_right64<const N: u32>(self) -> Self {
        Self(unsafe { _mm_srl_epi64(self.0, _mm_cvtsi32_si128(N as i32)) })
    }

    /// The octets of this table that the indices name. An index is below 16, or has its highest bit set and gives zero.
    #[inline(always)]
    pub fn lookup(self, indices: Self) -> Self {
        Self(unsafe { _mm_shuffle_epi8(self.0, indices.0) })
    }

    #[inline(always)]
    pub fn interleave_low32(self, other: Self) -> Self {
        Self(unsafe { _mm_unpacklo_epi32(self.0, other.0) })
    }

    #[inline(always)]
    pub fn interleave_high32(self, other: Self) -> Self {
        Self(unsafe { _mm_unpackhi_epi32(self.0, other.0) })
    }

    #[inline(always)]
    pub fn interleave_low64(self, other: Self) -> Self {
        Self(unsafe { _mm_unpacklo_epi64(self.0, other.0) })
    }

    #[inline(always)]
    pub fn interleave_high64(self, other: Self) -> Self {
        Self(unsafe { _mm_unpackhi_epi64(self.0, other.0) })
    }

    #[inline(always)]
    pub fn interleave_low8(self, other: Self) -> Self {
        Self(unsafe { _mm_unpacklo_epi8(self.0, other.0) })
    }

    #[inline(always)]
    pub fn interleave_high8(self, other: Self) -> Self {
        Self(unsafe { _mm_unpackhi_epi8(self.0, other.0) })
    }

    #[inline(always)]
    pub fn interleave_low16(self, other: Self) -> Self {
        Self(unsafe { _mm_unpacklo_epi16(self.0, other.0) })
    }

    #[inline(always)]
    pub fn interleave_high16(self, other: Self) -> Self {
        Self(unsafe { _mm_unpackhi_epi16(self.0, other.0) })
    }

    /// The second half of this vector, and the first one of the other behind it.
    #[inline(always)]
    pub fn next_half(self, other: Self) -> Self {
        Self(unsafe { _mm_alignr_epi8::<8>(other.0, self.0) })
    }

    /// Octets 1 to 15 of this vector, and the first of the other behind them.
    #[inline(always)]
    pub fn next_octet(self, other: Self) -> Self {
        Self(unsafe { _mm_alignr_epi8::<1>(other.0, self.0) })
    }
}

#[allow(unsafe_code, unused_unsafe)]
impl BitXor for Vector {
    type Output = Self;
    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        Self(unsafe { _mm_xor_si128(self.0, other.0) })
    }
}

#[allow(unsafe_code, unused_unsafe)]
impl BitAnd for Vector {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(unsafe { _mm_and_si128(self.0, other.0) })
    }
}
