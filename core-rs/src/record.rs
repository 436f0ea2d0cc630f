//! Reading a record, none of whose words is trusted.

use crate::layout::{RECORD_OCTETS, STATUS_REFUSED, WORD_OUTPUT_OFFSET, WORD_STATUS};
use std::ops::Range;

/// One record of the table.
#[derive(Clone, Copy)]
pub struct Record<'a>(&'a [u8]);

impl Record<'_> {
    /// The word at `index`.
    pub fn word(&self, index: usize) -> usize {
        let mut octets = [0; 4];
        octets.copy_from_slice(&self.0[index * 4..index * 4 + 4]);
        u32::from_le_bytes(octets) as usize
    }

    /// The octets of `region` that the two words name, or `None` when they reach outside it.
    pub fn slice<'r>(&self, region: &'r [u8], offset_word: usize, length_word: usize) -> Option<&'r [u8]> {
        let start = self.word(offset_word);
        region.get(start..start.checked_add(self.word(length_word))?)
    }

    /// The place of the output among `octets` of outputs.
    pub fn output(&self, octets: usize) -> Option<Range<usize>> {
        self.place(&(0..octets), WORD_OUTPUT_OFFSET)
    }

    /// The place that a word, and the one behind it for the length, name in a region; counted from where the region counts
    /// from.
    pub fn place(&self, region: &Range<usize>, offset_word: usize) -> Option<Range<usize>> {
        let start = region.start.checked_add(self.word(offset_word))?;
        let end = start.checked_add(self.word(offset_word + 1))?;
        (end <= region.end).then_some(start..end)
    }
}

/// The records at one place of all members that have `of` records each.
pub struct Records<'a> {
    octets: &'a mut [u8],
    place: usize,
    of: usize,
}

impl<'a> Records<'a> {
    /// The only record of each member.
    pub fn only(octets: &'a mut [u8]) -> Self {
        Self::at(octets, 0, 1)
    }

    /// The record at `place` of each member.
    pub fn at(octets: &'a mut [u8], place: usize, of: usize) -> Self {
        Self { octets, place, of }
    }

    /// How many members there are. What is left of a member that is not whole is none.
    pub fn len(&self) -> usize {
        self.octets.len() / (RECORD_OCTETS * self.of)
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A member's record.
    pub fn get(&self, member: usize) -> Record<'_> {
        let start = self.start(member);
        Record(&self.octets[start..start + RECORD_OCTETS])
    }

    /// What became of a member.
    pub fn status(&self, member: usize) -> usize {
        self.get(member).word(WORD_STATUS)
    }

    /// Writes what became of a member; `None` is [`STATUS_REFUSED`].
    pub fn set_status(&mut self, member: usize, status: Option<usize>) {
        let start = self.start(member) + 4 * WORD_STATUS;
        let status = status.unwrap_or(STATUS_REFUSED) as u32;
        self.octets[start..start + 4].copy_from_slice(&status.to_le_bytes());
    }

    fn start(&self, member: usize) -> usize {
        (member * self.of + self.place) * RECORD_OCTETS
    }
}
