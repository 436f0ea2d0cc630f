//! Choices made from the fuzzer's octets. When those are used up, every further choice is the first.

use crate::batch::Random;
use arbitrary::Unstructured;

pub struct Draw<'a>(Unstructured<'a>);

impl<'a> Draw<'a> {
    pub fn new(octets: &'a [u8]) -> Self {
        Self(Unstructured::new(octets))
    }

    /// 0 to `bound` - 1.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0.int_in_range(0..=bound - 1).unwrap_or(0)
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// True once in `times`, if the octets are as random as they look.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub fn word(&mut self) -> u32 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// 0 to `most`, and often where something ends: at a block's length, or beside it.
    pub fn length(&mut self, most: usize) -> usize {
        let length = match self.below(4) {
            0 => self.below(80),
            1 => 64 * self.below(most / 64 + 1) + self.one_of(&[0, 1, 15, 16, 17, 54, 55, 56, 63]),
            2 => 128 * self.below(most / 128 + 1) + self.one_of(&[0, 1, 111, 112, 119, 120, 127]),
            _ => self.below(most + 1),
        };
        length.min(most)
    }

    /// A few octets of the fuzzer make as many as asked for: all alike, or such that look random.
    pub fn octets(&mut self, length: usize) -> Vec<u8> {
        match self.below(8) {
            0 => vec![0; length],
            1 => vec![0xff; length],
            _ => Random(0x9e37_79b9_7f4a_7c15 ^ u64::from(self.word())).octets(length),
        }
    }
}
