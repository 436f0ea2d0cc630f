//! The inverse cipher of AES (FIPS 197, section 5.3), by the same look-ups and the same round keys as [`encrypt`](super::encrypt), for AES-CBC.

use super::tables::{DOUBLE, INVERSE, NEXT_ROW, ORDERS_INVERSE, UNDO_AFFINE, UNDO_AFFINE_PLAIN};
use super::{Boxes, Linear, Map, RoundKeys};
use crate::vector::Vector;
use std::hint::black_box;

/// Decrypts blocks under one key. Several keep a processor busy.
#[inline(never)]
pub fn decrypt(key: &RoundKeys, blocks: &mut [Vector]) {
    let boxes = Boxes::new();
    let tables = black_box(&TABLES);
    let inverse = Map::new(&tables.inverse);
    let undo_affine_plain = Map::new(&tables.undo_affine_plain);
    // The last round key holds what the S-box adds, and is an octet's, not a pair's.
    let order = Vector::load(&ORDERS_INVERSE[key.rounds % 4]);
    for block in blocks.iter_mut() {
        let substituted = (*block ^ key.keys[key.rounds]).lookup(order);
        *block = inverse.of(&boxes.invert(boxes.map(&undo_affine_plain, substituted)));
    }
    let double = Map::new(&tables.double);
    let undo_affine = Map::new(&tables.undo_affine);
    for round in (1..key.rounds).rev() {
        let round_key = key.keys[round];
        let next_row = Vector::load(&NEXT_ROW[round % 4]);
        for block in blocks.iter_mut() {
            let substituted = undo_mix_columns(&boxes, &double, next_row, *block ^ round_key);
            *block = inverse.of(&boxes.invert(boxes.map(&undo_affine, substituted)));
        }
    }
    let join = Map::new(&boxes.tables.join);
    for block in blocks.iter_mut() {
        *block = boxes.map(&join, *block ^ key.keys[0]);
    }
}

/// InvMixColumns (FIPS 197, section 5.3.3): its polynomial is that of MixColumns times 4x² + 5, so MixColumns of a + 4(a + c), with b, c and d
/// further down the column than a.
#[inline(always)]
fn undo_mix_columns(boxes: &Boxes, double: &Map, next_row: Vector, a: Vector) -> Vector {
    let c = a.lookup(next_row).lookup(next_row);
    let prepared = a ^ boxes.map(double, boxes.map(double, a ^ c));
    let b = prepared.lookup(next_row);
    let c = b.lookup(next_row);
    let d = c.lookup(next_row);
    boxes.map(double, prepared ^ b) ^ b ^ c ^ d
}

/// In memory for the same reason as those of encryption.
struct Tables {
    inverse: Linear,
    undo_affine: Linear,
    undo_affine_plain: Linear,
    double: Linear,
}

static TABLES: Tables =
    Tables { inverse: INVERSE, undo_affine: UNDO_AFFINE, undo_affine_plain: UNDO_AFFINE_PLAIN, double: DOUBLE };
