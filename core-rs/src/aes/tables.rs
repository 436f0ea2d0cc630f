//! The constants of AES by vector permutation, computed by the compiler from the mathematics, none copied.
//!
//! M. Hamburg, "Accelerating AES with vector permute instructions" (CHES 2009), writes an element of GF(2^8) as k + i·τ, with i
//! and k in GF(2^4) and τ² = a·τ + a. Then, with j = i + k and N = k² + aik + ai² (the norm):
//!
//! ```text
//! 1/(1/i + a/k) + j = N/(k + ai)          1/(1/j + a/k) + i = N/(k + aj)
//! ```
//!
//! and (k + i·τ)⁻¹ = ((k + ai) + i·τ)/N is a sum of one term in (k + ai)/N and one in (k + aj)/N. So inversion is a handful of
//! functions of four bits, each a look-up in a table of sixteen octets. The reciprocal of zero is [`INFINITY`].

/// An index that looks up zero: so it is the reciprocal of zero, and its own reciprocal's value. Numbers below 16 added to it
/// change nothing of that. Only for zero itself, i = k = 0, is it added to itself; the sum is 0, whose reciprocal is this
/// again, as it has to be.
const INFINITY: u8 = 0x80;

/// A function of four bits.
pub type Table = [u8; 16];

/// A linear function of an octet: what its low four bits look up, and its high four, are added.
#[derive(Clone, Copy)]
pub struct Linear {
    /// For the low four bits.
    pub low: Table,
    /// For the high four bits.
    pub high: Table,
}

/// The isomorphism to (i, k): i in the high four bits, k in the low ones.
pub const SPLIT: Linear = linear(&PAIRS);
/// Its inverse.
pub const JOIN: Linear = linear(&ELEMENTS);

/// 1/n.
pub const RECIPROCAL: Table = quotients(1);
/// a/n.
pub const QUOTIENT: Table = quotients(A);

/// The S-box less [`AFFINE_CONSTANT`], from the two sums of the inversion: `low` looks up N/(k + ai), `high` N/(k + aj). As (i,
/// k).
pub const SUBSTITUTE: Linear = substitution(&PAIRS, 1, true);
/// The double of that, as (i, k), for MixColumns.
pub const SUBSTITUTE_DOUBLED: Linear = substitution(&PAIRS, 2, true);
/// The same as an octet, for the last round.
pub const SUBSTITUTE_PLAIN: Linear = substitution(&SAME, 1, true);
/// The inversion alone, without the affine map, as (i, k): the way back.
pub const INVERSE: Linear = substitution(&PAIRS, 1, false);
/// The inverse of the affine map's linear part, of (i, k) as (i, k).
pub const UNDO_AFFINE: Linear = linear(&AFFINE_UNDONE_OF_PAIRS);
/// The same of an octet as (i, k).
pub const UNDO_AFFINE_PLAIN: Linear = linear(&AFFINE_UNDONE);
/// Twice (i, k), as (i, k).
pub const DOUBLE: Linear = linear(&DOUBLES);

/// What the affine map of the S-box adds (FIPS 197, section 5.1.1).
pub const AFFINE_CONSTANT: u8 = 0x63;
/// The same as (i, k).
pub const AFFINE_CONSTANT_SPLIT: u8 = PAIRS[AFFINE_CONSTANT as usize];

/// The round constants of the key schedule as (i, k): powers of x (FIPS 197, section 5.2).
pub const ROUND_CONSTANTS_SPLIT: [u8; 10] = round_constants();

/// ShiftRows is never carried out. What is kept after round r is U, and the state of the standard is U looked up by `ORDERS[r %
/// 4]`. Whatever a round does to columns follows that order; after four rounds it is the first one again.
pub const ORDERS: [Table; 4] = orders();
/// The way back: looks up a round key of the standard for round r, so that it fits to U.
pub const ORDERS_INVERSE: [Table; 4] = [inverse(&ORDERS[0]), inverse(&ORDERS[1]), inverse(&ORDERS[2]), inverse(&ORDERS[3])];
/// To each octet the next one of its column, in the order after round r.
pub const NEXT_ROW: [Table; 4] = [row(0, 1), row(1, 1), row(2, 1), row(3, 1)];
/// To each octet the one before in its column, likewise.
pub const PREVIOUS_ROW: [Table; 4] = [row(0, 3), row(1, 3), row(2, 3), row(3, 3)];

// --- the fields
// -------------------------------------------------------------------------------------------------------------------

/// x⁸ + x⁴ + x³ + x + 1 without its first term (FIPS 197, section 4.2).
const REDUCTION: u8 = 0x1b;

const fn multiply(left: u8, right: u8) -> u8 {
    let mut product = 0;
    let mut shifted = left;
    let mut bit = 0;
    while bit < 8 {
        if right >> bit & 1 == 1 {
            product ^= shifted;
        }
        shifted = shifted << 1 ^ if shifted >> 7 == 1 { REDUCTION } else { 0 };
        bit += 1;
    }
    product
}

const fn power(element: u8, exponent: usize) -> u8 {
    let mut result = 1;
    let mut count = 0;
    while count < exponent {
        result = multiply(result, element);
        count += 1;
    }
    result
}

/// Of zero it is zero.
const fn reciprocal(element: u8) -> u8 {
    power(element, 254)
}

/// The first element whose order is 15: it generates the subfield GF(2^4).
const G: u8 = {
    let mut element = 2;
    while power(element, 15) != 1 || power(element, 5) == 1 || power(element, 3) == 1 {
        element += 1;
    }
    element
};

/// The elements of GF(2^4) by their coordinates in 1, g, g², g³.
const SUBFIELD: Table = {
    let mut elements = [0; 16];
    let mut n = 0;
    while n < 16 {
        let mut bit = 0;
        while bit < 4 {
            if n >> bit & 1 == 1 {
                elements[n] ^= power(G, bit);
            }
            bit += 1;
        }
        n += 1;
    }
    elements
};

/// The first a for which X² + aX + a has no root in GF(2^4).
const A: u8 = {
    let mut n = 1;
    while has_root_in_subfield(SUBFIELD[n]) {
        n += 1;
    }
    SUBFIELD[n]
};

const fn has_root_in_subfield(a: u8) -> bool {
    let mut n = 0;
    while n < 16 {
        if at(a, SUBFIELD[n]) == 0 {
            return true;
        }
        n += 1;
    }
    false
}

/// x² + ax + a.
const fn at(a: u8, x: u8) -> u8 {
    multiply(x, x) ^ multiply(a, x) ^ a
}

/// A root of it in GF(2^8).
const TAU: u8 = {
    let mut x = 0;
    while at(A, x) != 0 {
        x += 1;
    }
    x
};

/// k + i·τ for each (i, k).
const ELEMENTS: [u8; 256] = {
    let mut elements = [0; 256];
    let mut pair = 0;
    while pair < 256 {
        elements[pair] = SUBFIELD[pair & 15] ^ multiply(SUBFIELD[pair >> 4], TAU);
        pair += 1;
    }
    elements
};

/// (i, k) for each element.
const PAIRS: [u8; 256] = {
    let mut pairs = [0; 256];
    let mut pair = 0;
    while pair < 256 {
        pairs[ELEMENTS[pair] as usize] = pair as u8;
        pair += 1;
    }
    pairs
};

/// Each element for itself.
const SAME: [u8; 256] = {
    let mut elements = [0; 256];
    let mut element = 0;
    while element < 256 {
        elements[element] = element as u8;
        element += 1;
    }
    elements
};

/// What the affine map's linear part makes each octet of, as (i, k).
const AFFINE_UNDONE: [u8; 256] = {
    let mut pairs = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        pairs[octet] = PAIRS[affine_undone(octet as u8) as usize];
        octet += 1;
    }
    pairs
};

/// The same for each (i, k).
const AFFINE_UNDONE_OF_PAIRS: [u8; 256] = {
    let mut pairs = [0; 256];
    let mut pair = 0;
    while pair < 256 {
        pairs[pair] = AFFINE_UNDONE[ELEMENTS[pair] as usize];
        pair += 1;
    }
    pairs
};

/// Twice each (i, k).
const DOUBLES: [u8; 256] = {
    let mut pairs = [0; 256];
    let mut pair = 0;
    while pair < 256 {
        pairs[pair] = PAIRS[multiply(2, ELEMENTS[pair]) as usize];
        pair += 1;
    }
    pairs
};

// --- the tables
// -------------------------------------------------------------------------------------------------------------------

const fn linear(values: &[u8; 256]) -> Linear {
    let mut tables = Linear { low: [0; 16], high: [0; 16] };
    let mut n = 0;
    while n < 16 {
        tables.low[n] = values[n];
        tables.high[n] = values[n << 4];
        n += 1;
    }
    tables
}

/// `dividend`, an element of GF(2^4), over each.
const fn quotients(dividend: u8) -> Table {
    let mut table = [INFINITY; 16];
    let mut n = 1;
    while n < 16 {
        table[n] = PAIRS[multiply(dividend, reciprocal(SUBFIELD[n])) as usize];
        n += 1;
    }
    table
}

/// With u and v for the reciprocals of what is looked up, the inverse of k + i·τ is (k + ai)/N + (i/N)·τ = u·(1 + τ/a + τ/a²) +
/// v·τ/a².
const fn substitution(form: &[u8; 256], factor: u8, with_affine: bool) -> Linear {
    let second = multiply(TAU, reciprocal(multiply(A, A)));
    let first = 1 ^ multiply(TAU, reciprocal(A)) ^ second;
    let mut tables = Linear { low: [0; 16], high: [0; 16] };
    let mut n = 0;
    while n < 16 {
        let looked_up = reciprocal(SUBFIELD[n]);
        let (low, high) = (multiply(looked_up, first), multiply(looked_up, second));
        let (low, high) = if with_affine { (affine(low), affine(high)) } else { (low, high) };
        tables.low[n] = form[multiply(factor, low) as usize];
        tables.high[n] = form[multiply(factor, high) as usize];
        n += 1;
    }
    tables
}

/// The linear part of the affine map (FIPS 197, section 5.1.1).
const fn affine(b: u8) -> u8 {
    b ^ b.rotate_left(1) ^ b.rotate_left(2) ^ b.rotate_left(3) ^ b.rotate_left(4)
}

/// Its inverse (FIPS 197, section 5.3.2).
const fn affine_undone(b: u8) -> u8 {
    b.rotate_left(1) ^ b.rotate_left(3) ^ b.rotate_left(6)
}

const fn round_constants() -> [u8; 10] {
    let mut constants = [0; 10];
    let mut n = 0;
    while n < 10 {
        constants[n] = PAIRS[power(2, n) as usize];
        n += 1;
    }
    constants
}

/// Octet r + 4c is in row r and column c; ShiftRows takes it from column c + r (FIPS 197, section 5.1.2).
const fn orders() -> [Table; 4] {
    let mut orders = [[0; 16]; 4];
    let mut place = 0;
    while place < 16 {
        orders[0][place] = place as u8;
        place += 1;
    }
    let mut round = 1;
    while round < 4 {
        place = 0;
        while place < 16 {
            let (row, column) = (place % 4, place / 4);
            orders[round][place] = orders[round - 1][row + 4 * ((column + row) % 4)];
            place += 1;
        }
        round += 1;
    }
    orders
}

const fn inverse(order: &Table) -> Table {
    let mut inverse = [0; 16];
    let mut place = 0;
    while place < 16 {
        inverse[order[place] as usize] = place as u8;
        place += 1;
    }
    inverse
}

const fn row(round: usize, distance: usize) -> Table {
    let mut rows = [0; 16];
    let mut place = 0;
    while place < 16 {
        let standard = ORDERS_INVERSE[round][place] as usize;
        rows[place] = ORDERS[round][standard / 4 * 4 + (standard + distance) % 4];
        place += 1;
    }
    rows
}
