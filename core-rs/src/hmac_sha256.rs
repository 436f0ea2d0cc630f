//! HMAC-SHA2-256 (RFC 2104; RFC 4868) of four messages under four keys at once, and prf+ on it. Lengths may differ from lane to
//! lane: a lane whose message has ended keeps what it has while the others go on. Lengths are no secret.

use crate::sha256::{block_of, compress, Block, State, BLOCK_OCTETS, DIGEST_OCTETS, LANES};
use crate::vector::Vector;
use sha2::{Digest, Sha256};

/// Octets that a message has at least behind it in its last block: one of padding, eight of its length.
const PADDING_OCTETS: usize = 9;

/// What each key is added to (RFC 2104, section 2).
const INNER_PAD: u32 = 0x3636_3636;
const OUTER_PAD: u32 = 0x5c5c_5c5c;

/// Four keys whose blocks have been hashed.
pub struct Keyed {
    inner: State,
    outer: State,
}

/// A message in up to three parts, back to back.
#[derive(Clone, Copy, Default)]
pub struct Message<'a>(pub [&'a [u8]; 3]);

impl Keyed {
    /// Keys of any lengths.
    pub fn new(keys: [&[u8]; LANES]) -> Self {
        if keys.iter().all(|key| key.len() == DIGEST_OCTETS) {
            // What most keys are: the output of a prf.
            return Self::from_digests(&State::from_digests(keys));
        }
        let mut blocks = [[0; BLOCK_OCTETS]; LANES];
        for (block, key) in blocks.iter_mut().zip(keys) {
            if key.len() > BLOCK_OCTETS {
                block[..DIGEST_OCTETS].copy_from_slice(&Sha256::digest(key));
            } else {
                block[..key.len()].copy_from_slice(key);
            }
        }
        Self::with_block(&block_of(blocks.each_ref()))
    }

    /// Keys that are what was made of others.
    pub fn from_digests(digests: &State) -> Self {
        let mut block = [Vector::zero(); 16];
        block[..8].copy_from_slice(&digests.0);
        Self::with_block(&block)
    }

    fn with_block(block: &Block) -> Self {
        let hashed = |pad| {
            let mut state = State::initial();
            compress(&mut state, &mut block.map(|word| word ^ Vector::splat32(pad)));
            state
        };
        Self { inner: hashed(INNER_PAD), outer: hashed(OUTER_PAD) }
    }

    /// The four MACs.
    pub fn mac(&self, messages: &[Message; LANES]) -> State {
        let counts = messages.map(|message| message.blocks());
        let (fewest, most) =
            counts.iter().fold((usize::MAX, 0), |(fewest, most), count| (fewest.min(*count), most.max(*count)));
        let mut state = self.inner;
        let mut scratch = [[0; BLOCK_OCTETS]; LANES];
        for index in 0..most {
            let mut next = state;
            let [a, b, c, d] = &mut scratch;
            let rows = [
                messages[0].block(index, a),
                messages[1].block(index, b),
                messages[2].block(index, c),
                messages[3].block(index, d),
            ];
            compress(&mut next, &mut block_of(rows));
            state = if index < fewest { next } else { next.or_else(lanes_beyond(index, &counts), &state) };
        }
        self.finish(&state)
    }

    /// The outer hash over an inner digest, which is alone in its block.
    fn finish(&self, inner: &State) -> State {
        let mut block = [Vector::zero(); 16];
        block[..8].copy_from_slice(&inner.0);
        block[8] = Vector::splat32(0x8000_0000);
        block[15] = Vector::splat32(8 * (BLOCK_OCTETS + DIGEST_OCTETS) as u32);
        let mut state = self.outer;
        compress(&mut state, &mut block);
        state
    }

    /// prf+ (RFC 7296, section 2.13): T1 = prf(K, S | 0x01), Tn = prf(K, Tn-1 | S | n). Calls `output` with the number from 0
    /// and the octets of `count` of them.
    pub fn expand(&self, seeds: [&[u8]; LANES], count: usize, mut output: impl FnMut(usize, &[[u8; DIGEST_OCTETS]; LANES])) {
        let mut previous = self.mac(&seeds.map(|seed| Message([seed, &[1], &[]])));
        output(0, &previous.digests());
        if count == 1 {
            return;
        }
        let iteration = Iteration::new(seeds);
        for n in 2..=count {
            previous = match &iteration {
                Some(iteration) => self.finish(&iteration.inner(&self.inner, &previous, n as u32)),
                None => {
                    let (digests, counter) = (previous.digests(), [n as u8]);
                    self.mac(&std::array::from_fn(|lane| Message([&digests[lane], seeds[lane], &counter])))
                }
            };
            output(n - 1, &previous.digests());
        }
    }
}

/// Octets of seed that an [`Iteration`] takes: those of nonces of 32 octets and SPIs, with some to spare.
const LONGEST_SEED: usize = ITERATION_BLOCKS * BLOCK_OCTETS - DIGEST_OCTETS - 1 - PADDING_OCTETS;
const ITERATION_BLOCKS: usize = 2;

/// The blocks of Tn-1 | S | n for the four lanes, but for Tn-1 and n, which alone differ from one iteration to the next.
struct Iteration {
    blocks: [Block; ITERATION_BLOCKS],
    /// How many blocks each lane has.
    counts: [usize; LANES],
    /// In which block and word n stands, and by how many bits it is shifted there.
    counters: [(usize, usize, u32); LANES],
}

impl Iteration {
    /// `None`: a seed is too long.
    fn new(seeds: [&[u8]; LANES]) -> Option<Self> {
        if seeds.iter().any(|seed| seed.len() > LONGEST_SEED) {
            return None;
        }
        const NOTHING: [u8; DIGEST_OCTETS] = [0; DIGEST_OCTETS];
        let messages = seeds.map(|seed| Message([&NOTHING, seed, &[0]]));
        let mut rows = [[0; BLOCK_OCTETS]; LANES];
        let blocks = std::array::from_fn(|index| {
            for (row, message) in rows.iter_mut().zip(&messages) {
                message.assemble(index * BLOCK_OCTETS, row);
            }
            block_of(rows.each_ref())
        });
        let counters = seeds.map(|seed| {
            let at = DIGEST_OCTETS + seed.len();
            (at / BLOCK_OCTETS, at % BLOCK_OCTETS / 4, 24 - 8 * (at % 4) as u32)
        });
        Some(Self { blocks, counts: messages.map(|message| message.blocks()), counters })
    }

    /// The inner hash.
    fn inner(&self, keyed: &State, previous: &State, n: u32) -> State {
        let mut state = *keyed;
        let most = self.counts.into_iter().fold(0, usize::max);
        for (index, block) in self.blocks.iter().enumerate().take(most) {
            let mut block = *block;
            if index == 0 {
                block[..8].copy_from_slice(&previous.0);
            }
            for (lane, (_, word, shift)) in self.counters.iter().enumerate().filter(|(_, counter)| counter.0 == index) {
                block[*word] ^= Vector::word_in_lane(n << shift, lane);
            }
            let before = state;
            compress(&mut state, &mut block);
            if self.counts.iter().any(|count| index >= *count) {
                state = state.or_else(lanes_beyond(index, &self.counts), &before);
            }
        }
        state
    }
}

impl Message<'_> {
    fn length(&self) -> usize {
        self.0.iter().map(|part| part.len()).sum()
    }

    /// How many blocks the message takes with what stands behind it.
    fn blocks(&self) -> usize {
        (self.length() + PADDING_OCTETS).div_ceil(BLOCK_OCTETS)
    }

    /// One of the blocks: a part's own octets where it lies in one, else put together in `scratch`.
    fn block<'s>(&'s self, index: usize, scratch: &'s mut [u8; BLOCK_OCTETS]) -> &'s [u8; BLOCK_OCTETS] {
        let start = index * BLOCK_OCTETS;
        let mut offset = 0;
        for part in self.0 {
            if let Some(whole) = start.checked_sub(offset).and_then(|from| part.get(from..)?.first_chunk()) {
                return whole;
            }
            offset += part.len();
        }
        self.assemble(start, scratch);
        scratch
    }

    fn assemble(&self, start: usize, block: &mut [u8; BLOCK_OCTETS]) {
        block.fill(0);
        let end = start + BLOCK_OCTETS;
        let mut offset = 0;
        for part in self.0 {
            let (from, to) = (offset.max(start), (offset + part.len()).min(end));
            if from < to {
                block[from - start..to - start].copy_from_slice(&part[from - offset..to - offset]);
            }
            offset += part.len();
        }
        if (start..end).contains(&offset) {
            block[offset - start] = 0x80;
        }
        // The key's block is part of what was hashed.
        if offset + PADDING_OCTETS <= end {
            let bits = 8 * (BLOCK_OCTETS + offset) as u64;
            block[BLOCK_OCTETS - 8..].copy_from_slice(&bits.to_be_bytes());
        }
    }
}

/// All bits of the lanes that have a block of this index.
fn lanes_beyond(index: usize, counts: &[usize; LANES]) -> Vector {
    let mut mask = [0; 16];
    for (lane, count) in mask.chunks_exact_mut(4).zip(counts) {
        lane.fill(if index < *count { 0xff } else { 0 });
    }
    Vector::load(&mask)
}
