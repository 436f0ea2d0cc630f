//! GHASH, the authentication of GCM (NIST SP 800-38D, section 6.4), by look-ups in tables of sixteen entries that are
//! permutations of a register: no address and no branch depends on a secret.
//!
//! A block is a polynomial over GF(2) whose first coefficient is the highest bit of its first octet. With the bits of each
//! octet turned around the coefficients rise from bit to bit, as in a little-endian number; everything below is in that form.

use crate::vector::Vector;

/// Octets in a block.
pub const BLOCK_OCTETS: usize = 16;

/// Octets of a product of 128 bits and four, and of 128 bits and eight of which the low four are clear.
const ROWS: usize = 17;

/// The hash key H as tables: octet r of n·H is `low[r]` looked up at n, for four bits n, and that of 16n·H is `high[r]` looked
/// up at n.
#[derive(Clone, Copy)]
pub struct HashKey {
    low: [Vector; ROWS],
    high: [Vector; ROWS],
}

/// A message on its way through GHASH.
pub struct Ghash<'k> {
    key: &'k HashKey,
    sum: Vector,
}

impl HashKey {
    /// Before there is a key.
    pub fn none() -> Self {
        Self { low: [Vector::zero(); ROWS], high: [Vector::zero(); ROWS] }
    }

    /// Makes the tables of H, a block as AES gives it.
    pub fn expand(&mut self, block: Vector) {
        let h = turned(block);
        self.low = table([h, shifted::<1, 63>(h), shifted::<2, 62>(h), shifted::<3, 61>(h)]);
        self.high = table([shifted::<4, 60>(h), shifted::<5, 59>(h), shifted::<6, 58>(h), shifted::<7, 57>(h)]);
        // What the shifts have lost: the last octet's highest bits, in all places.
        let last = h.lookup(Vector::splat8(15));
        let zero = Vector::zero();
        self.low[ROWS - 1] = combined([zero, above::<7>(last), above::<6>(last), above::<5>(last)]);
        self.high[ROWS - 1] = combined([above::<4>(last), above::<3>(last), above::<2>(last), above::<1>(last)]);
    }

    /// H times a block, modulo x¹²⁸ + x⁷ + x² + x + 1.
    #[inline(always)]
    fn times(&self, block: Vector) -> Vector {
        let low_bits = Vector::splat8(0x0f);
        let low_indices = block & low_bits;
        let high_indices = block.shift_right32::<4>() & low_bits;
        let row = |r: usize| self.low[r].lookup(low_indices) ^ self.high[r].lookup(high_indices);
        // Octet i of row r belongs to octet r + i of the product: each row comes in above, and moves down with those before it.
        // The rows go into two sums, since every step of one waits for the step before.
        let zero = Vector::zero();
        let mut first = Product { low: zero, high: zero };
        let mut second = Product { low: zero, high: zero };
        for r in 0..8 {
            first.add_and_move_down(row(r));
            second.add_and_move_down(row(r + 8));
        }
        // The first sum still stands eight octets too high.
        reduced(Product {
            low: second.low ^ first.low.next_half(first.high),
            high: second.high ^ first.high.next_half(zero) ^ row(16),
        })
    }
}

impl<'k> Ghash<'k> {
    /// Of nothing yet.
    pub fn new(key: &'k HashKey) -> Self {
        Self { key, sum: Vector::zero() }
    }

    /// Goes over octets, filled up with zeros to whole blocks.
    pub fn update(&mut self, octets: &[u8]) {
        let (blocks, rest) = octets.as_chunks::<BLOCK_OCTETS>();
        for block in blocks {
            self.update_block(Vector::load(block));
        }
        if !rest.is_empty() {
            let mut last = [0; BLOCK_OCTETS];
            last[..rest.len()].copy_from_slice(rest);
            self.update_block(Vector::load(&last));
        }
    }

    /// The hash, after the block that says how many octets of associated data and of ciphertext there were.
    pub fn finish(mut self, associated: usize, ciphertext: usize) -> Vector {
        let mut lengths = [0; BLOCK_OCTETS];
        lengths[..8].copy_from_slice(&(8 * associated as u64).to_be_bytes());
        lengths[8..].copy_from_slice(&(8 * ciphertext as u64).to_be_bytes());
        self.update_block(Vector::load(&lengths));
        turned(self.sum)
    }

    #[inline(always)]
    fn update_block(&mut self, block: Vector) {
        self.sum = self.key.times(self.sum ^ turned(block));
    }
}

/// A polynomial of 256 coefficients.
#[derive(Clone, Copy)]
struct Product {
    low: Vector,
    high: Vector,
}

impl Product {
    #[inline(always)]
    fn add_and_move_down(&mut self, row: Vector) {
        let high = self.high ^ row;
        self.low = self.low.next_octet(high);
        self.high = high.next_octet(Vector::zero());
    }
}

/// The bits of each octet in the other order.
#[inline(always)]
fn turned(octets: Vector) -> Vector {
    let low_bits = Vector::splat8(0x0f);
    let high = octets.shift_right32::<4>() & low_bits;
    Vector::load(&TURNED_LOW).lookup(octets & low_bits) ^ Vector::load(&TURNED_HIGH).lookup(high)
}

/// x¹²⁸ is x⁷ + x² + x + 1: the upper half comes in four times, shifted by 7, 2, 1 and 0.
#[inline(always)]
fn reduced(Product { low, high }: Product) -> Vector {
    // What the shifts carry out of each half of 64 coefficients. From the upper one it is above x¹²⁸ again.
    let carried = high.shift_right64::<63>() ^ high.shift_right64::<62>() ^ high.shift_right64::<57>();
    let zero = Vector::zero();
    let whole = high ^ carried.next_half(zero);
    let shifted = whole.shift_left64::<1>() ^ whole.shift_left64::<2>() ^ whole.shift_left64::<7>();
    (low ^ zero.interleave_low64(carried)) ^ (whole ^ shifted)
}

/// The polynomial times x^N, without what leaves 128 coefficients; `N + M` is 64.
#[inline(always)]
fn shifted<const N: u32, const M: u32>(polynomial: Vector) -> Vector {
    polynomial.shift_left64::<N>() ^ Vector::zero().interleave_low64(polynomial.shift_right64::<M>())
}

/// What is left of each octet when its lowest N bits have gone.
#[inline(always)]
fn above<const N: u32>(octets: Vector) -> Vector {
    octets.shift_right32::<N>() & Vector::splat8(0xff >> N)
}

/// The sums of four octets, which all places of a vector have, by the four bits of the place's number.
#[inline(always)]
fn combined(octets: [Vector; 4]) -> Vector {
    octets.into_iter().zip(&PLACES).fold(Vector::zero(), |sum, (octet, places)| sum ^ (octet & Vector::load(places)))
}

/// The sums of four polynomials by four bits, rows to columns.
#[inline(always)]
fn table([a, b, c, d]: [Vector; 4]) -> [Vector; ROWS] {
    let zero = Vector::zero();
    let (ab, cd) = (a ^ b, c ^ d);
    let mut rows = [zero; ROWS];
    let (first, second) = rows.split_at_mut(8);
    half_of_table(first, a.interleave_low8(b), ab.interleave_low8(zero), c.interleave_low8(d), cd.interleave_low8(zero));
    half_of_table(second, a.interleave_high8(b), ab.interleave_high8(zero), c.interleave_high8(d), cd.interleave_high8(zero));
    rows
}

/// Eight rows of a table. Brings together the eight octets (a, b, a + b, 0, c, d, c + d, 0) of each row; two bits look up among
/// the first four of them, two among the others.
#[inline(always)]
fn half_of_table(rows: &mut [Vector], ab: Vector, ab_sum: Vector, cd: Vector, cd_sum: Vector) {
    let quarters = [
        (ab.interleave_low16(ab_sum), cd.interleave_low16(cd_sum)),
        (ab.interleave_high16(ab_sum), cd.interleave_high16(cd_sum)),
    ];
    for (rows, (ab, cd)) in rows.chunks_exact_mut(4).zip(quarters) {
        for (rows, pair) in rows.chunks_exact_mut(2).zip([ab.interleave_low32(cd), ab.interleave_high32(cd)]) {
            rows[0] = pair.lookup(Vector::load(&FIRST_BITS[0])) ^ pair.lookup(Vector::load(&LAST_BITS[0]));
            rows[1] = pair.lookup(Vector::load(&FIRST_BITS[1])) ^ pair.lookup(Vector::load(&LAST_BITS[1]));
        }
    }
}

/// Where the sum by a number's first two bits stands among the octets of a row, for the first row of a pair and the second.
const FIRST_BITS: [[u8; 16]; 2] = [sum_places(0, 0), sum_places(0, 8)];
/// The same by its last two bits.
const LAST_BITS: [[u8; 16]; 2] = [sum_places(2, 4), sum_places(2, 12)];

const fn sum_places(bit: usize, from: u8) -> [u8; 16] {
    let mut places = [0; 16];
    let mut n = 0;
    while n < 16 {
        // By two bits: none is the zero behind the sum, the lower is a, the upper b, both their sum.
        places[n] = from + [3, 0, 1, 2][n >> bit & 3];
        n += 1;
    }
    places
}

/// For each bit of a number of four bits, in which of sixteen places it is set.
const PLACES: [[u8; 16]; 4] = places();

const fn places() -> [[u8; 16]; 4] {
    let mut places = [[0; 16]; 4];
    let mut place = 0;
    while place < 16 {
        let mut bit = 0;
        while bit < 4 {
            places[bit][place] = if place >> bit & 1 == 1 { 0xff } else { 0 };
            bit += 1;
        }
        place += 1;
    }
    places
}

/// Four low bits turned around, which become the high ones; and the other way.
const TURNED_LOW: [u8; 16] = turned_table(0);
const TURNED_HIGH: [u8; 16] = turned_table(4);

const fn turned_table(from: u32) -> [u8; 16] {
    let mut table = [0; 16];
    let mut n = 0;
    while n < 16 {
        table[n] = ((n as u8) << from).reverse_bits();
        n += 1;
    }
    table
}
