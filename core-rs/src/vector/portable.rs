//! Plain Rust, for machines without the vector instructions of the other files.

use std::array::from_fn;
use std::ops::{BitAnd, BitXor};

#[allow(missing_docs)]
#[derive(Clone, Copy)]
pub struct Vector([u32; 4]);

#[allow(missing_docs)]
impl Vector {
    #[inline(always)]
    pub fn load(octets: &[u8; 16]) -> Self {
        Self(from_fn(|lane| u32::from_le_bytes(from_fn(|at| octets[4 * lane + at]))))
    }

    #[inline(always)]
    pub fn store(self, octets: &mut [u8; 16]) {
        *octets = self.octets();
    }

    #[inline(always)]
    pub fn splat32(word: u32) -> Self {
        Self([word; 4])
    }

    #[inline(always)]
    pub fn words(words: [u32; 4]) -> Self {
        Self(words)
    }

    #[inline(always)]
    pub fn add32(self, other: Self) -> Self {
        Self(from_fn(|lane| self.0[lane].wrapping_add(other.0[lane])))
    }

    #[inline(always)]
    pub fn shift_left32<const N: u32>(self) -> Self {
        Self(self.0.map(|word| word << N))
    }

    #[inline(always)]
    pub fn shift_right32<const N: u32>(self) -> Self {
        Self(self.0.map(|word| word >> N))
    }

    #[inline(always)]
    pub fn shift_left64<const N: u32>(self) -> Self {
        self.map64(|word| word << N)
    }

    #[inline(always)]
    pub fn shift_right64<const N: u32>(self) -> Self {
        self.map64(|word| word >> N)
    }

    /// The octets of this table that the indices name. An index is below 16, or has its highest bit set and gives zero.
    ///
    /// Looks at every entry for every index, so that no address depends on one.
    #[inline(always)]
    pub fn lookup(self, indices: Self) -> Self {
        let table = self.octets();
        let indices = indices.octets();
        let mut found = [0; 16];
        for (octet, index) in found.iter_mut().zip(indices) {
            for (at, entry) in table.iter().enumerate() {
                // All ones where the index is this entry's.
                let chosen = (u32::from(index ^ at as u8).wrapping_sub(1) >> 8) as u8;
                *octet |= entry & chosen;
            }
        }
        Self::load(&found)
    }

    #[inline(always)]
    pub fn interleave_low32(self, other: Self) -> Self {
        Self([self.0[0], other.0[0], self.0[1], other.0[1]])
    }

    #[inline(always)]
    pub fn interleave_high32(self, other: Self) -> Self {
        Self([self.0[2], other.0[2], self.0[3], other.0[3]])
    }

    #[inline(always)]
    pub fn interleave_low64(self, other: Self) -> Self {
        Self([self.0[0], self.0[1], other.0[0], other.0[1]])
    }

    #[inline(always)]
    pub fn interleave_high64(self, other: Self) -> Self {
        Self([self.0[2], self.0[3], other.0[2], other.0[3]])
    }

    #[inline(always)]
    pub fn interleave_low8(self, other: Self) -> Self {
        self.interleave8(other, 0)
    }

    #[inline(always)]
    pub fn interleave_high8(self, other: Self) -> Self {
        self.interleave8(other, 8)
    }

    #[inline(always)]
    pub fn interleave_low16(self, other: Self) -> Self {
        self.interleave16(other, 0)
    }

    #[inline(always)]
    pub fn interleave_high16(self, other: Self) -> Self {
        self.interleave16(other, 4)
    }

    /// The second half of this vector, and the first one of the other behind it.
    #[inline(always)]
    pub fn next_half(self, other: Self) -> Self {
        Self([self.0[2], self.0[3], other.0[0], other.0[1]])
    }

    /// Octets 1 to 15 of this vector, and the first of the other behind them.
    #[inline(always)]
    pub fn next_octet(self, other: Self) -> Self {
        let (these, others) = (self.octets(), other.octets());
        Self::load(&from_fn(|at| these.get(at + 1).copied().unwrap_or(others[0])))
    }

    fn interleave8(self, other: Self, from: usize) -> Self {
        let pair = [self.octets(), other.octets()];
        Self::load(&from_fn(|at| pair[at % 2][from + at / 2]))
    }

    fn interleave16(self, other: Self, from: usize) -> Self {
        let pair = [self.octets(), other.octets()];
        Self::load(&from_fn(|at| pair[at / 2 % 2][2 * (from + at / 4) + at % 2]))
    }

    fn octets(self) -> [u8; 16] {
        from_fn(|at| self.0[at / 4].to_le_bytes()[at % 4])
    }

    fn map64(self, change: impl Fn(u64) -> u64) -> Self {
        let halves = [0, 2].map(|at| change(u64::from(self.0[at]) | u64::from(self.0[at + 1]) << 32));
        Self([halves[0] as u32, (halves[0] >> 32) as u32, halves[1] as u32, (halves[1] >> 32) as u32])
    }
}

impl BitXor for Vector {
    type Output = Self;
    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        Self(from_fn(|lane| self.0[lane] ^ other.0[lane]))
    }
}

impl BitAnd for Vector {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(from_fn(|lane| self.0[lane] & other.0[lane]))
    }
}
