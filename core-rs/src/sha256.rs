//! SHA-256 (FIPS 180-4) of four messages at once: each vector holds one word of each.

use crate::vector::Vector;

/// Messages that are hashed at once.
pub const LANES: usize = 4;
/// Octets in a block.
pub const BLOCK_OCTETS: usize = 64;
/// Octets in a digest.
pub const DIGEST_OCTETS: usize = 32;

/// The eight words of four hash values.
#[derive(Clone, Copy)]
pub struct State(pub [Vector; 8]);

/// The sixteen words of four blocks.
pub type Block = [Vector; 16];

impl State {
    /// Before anything was hashed.
    pub fn initial() -> Self {
        Self(INITIAL.map(Vector::splat32))
    }

    /// What [`State::digests`] gives such octets of, 32 of each.
    pub fn from_digests(digests: [&[u8]; LANES]) -> Self {
        let mut state = [Vector::zero(); 8];
        for (half, words) in state.chunks_exact_mut(4).enumerate() {
            let columns = Vector::transpose32(digests.map(|digest| Vector::read(&digest[16 * half..])));
            for (word, column) in words.iter_mut().zip(columns) {
                *word = column.reverse_octets_of_words();
            }
        }
        Self(state)
    }

    /// The digests in their octets.
    pub fn digests(&self) -> [[u8; DIGEST_OCTETS]; LANES] {
        let mut digests = [[0; DIGEST_OCTETS]; LANES];
        for half in 0..2 {
            let columns = Vector::transpose32([0, 1, 2, 3].map(|word| self.0[4 * half + word]));
            for (digest, column) in digests.iter_mut().zip(columns) {
                column.reverse_octets_of_words().write(&mut digest[16 * half..]);
            }
        }
        digests
    }

    /// This state where the mask's bits are set, the other one elsewhere.
    pub fn or_else(&self, mask: Vector, other: &Self) -> Self {
        Self(std::array::from_fn(|word| other.0[word] ^ (mask & (self.0[word] ^ other.0[word]))))
    }
}

/// Four blocks, rows to columns.
pub fn block_of(rows: [&[u8; BLOCK_OCTETS]; LANES]) -> Block {
    let mut block = [Vector::zero(); 16];
    for (quarter, words) in block.chunks_exact_mut(4).enumerate() {
        let columns = Vector::transpose32(rows.map(|row| Vector::read(&row[16 * quarter..])));
        for (word, column) in words.iter_mut().zip(columns) {
            *word = column.reverse_octets_of_words();
        }
    }
    block
}

/// Goes over one block of each message (FIPS 180-4, section 6.2.2). What the block held is lost.
#[inline(never)]
pub fn compress(state: &mut State, w: &mut Block) {
    let State([mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h]) = *state;
    // Maj(a, b, c) is b where b = c, else a: with a ^ b of one round kept as b ^ c of the next it takes three operations.
    let mut b_c = b ^ c;
    macro_rules! rounds {
        ($t:expr; $($n:literal: $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident,)+) => {$({
            let sum1 = $e.rotate_right32::<6, 26>() ^ $e.rotate_right32::<11, 21>() ^ $e.rotate_right32::<25, 7>();
            let choice = $g ^ ($e & ($f ^ $g));
            let first = $h.add32(w[$n].add32(Vector::splat32(CONSTANTS[$t + $n]))).add32(sum1.add32(choice));
            let sum0 = $a.rotate_right32::<2, 30>() ^ $a.rotate_right32::<13, 19>() ^ $a.rotate_right32::<22, 10>();
            let a_b = $a ^ $b;
            let majority = $b ^ (a_b & b_c);
            b_c = a_b;
            $d = $d.add32(first);
            $h = first.add32(sum0.add32(majority));
        })+};
    }
    let mut t = 0;
    loop {
        rounds!(t;
            0: a b c d e f g h, 1: h a b c d e f g, 2: g h a b c d e f, 3: f g h a b c d e,
            4: e f g h a b c d, 5: d e f g h a b c, 6: c d e f g h a b, 7: b c d e f g h a,
            8: a b c d e f g h, 9: h a b c d e f g, 10: g h a b c d e f, 11: f g h a b c d e,
            12: e f g h a b c d, 13: d e f g h a b c, 14: c d e f g h a b, 15: b c d e f g h a,
        );
        t += 16;
        if t == CONSTANTS.len() {
            break;
        }
        for n in 0..16 {
            let sigma0 = w[(n + 1) % 16].rotate_right32::<7, 25>()
                ^ w[(n + 1) % 16].rotate_right32::<18, 14>()
                ^ w[(n + 1) % 16].shift_right32::<3>();
            let sigma1 = w[(n + 14) % 16].rotate_right32::<17, 15>()
                ^ w[(n + 14) % 16].rotate_right32::<19, 13>()
                ^ w[(n + 14) % 16].shift_right32::<10>();
            w[n] = w[n].add32(w[(n + 9) % 16]).add32(sigma0.add32(sigma1));
        }
    }
    for (word, added) in state.0.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.add32(added);
    }
}

/// The hash value to begin with, and the constants of the rounds: the first 32 bits of the fractional parts of the square roots
/// of the first 8 primes, and of the cube roots of the first 64 (FIPS 180-4, sections 5.3.3 and 4.2.2).
const INITIAL: [u32; 8] = fractions(2);
static CONSTANTS: [u32; 64] = fractions(3);

const fn fractions<const N: usize>(degree: u32) -> [u32; N] {
    let mut words = [0; N];
    let mut prime = 2;
    let mut n = 0;
    while n < N {
        words[n] = root(prime, degree) as u32;
        n += 1;
        prime += 1;
        while !is_prime(prime) {
            prime += 1;
        }
    }
    words
}

/// The root of a number with 32 bits behind the point, bit by bit.
const fn root(number: u128, degree: u32) -> u128 {
    let power = number << (32 * degree);
    let mut root = 0u128;
    let mut bit = 40;
    while bit > 0 {
        bit -= 1;
        let candidate = root | 1 << bit;
        if candidate.pow(degree) <= power {
            root = candidate;
        }
    }
    root
}

const fn is_prime(number: u128) -> bool {
    let mut divisor = 2;
    while divisor < number {
        if number.is_multiple_of(divisor) {
            return false;
        }
        divisor += 1;
    }
    true
}
