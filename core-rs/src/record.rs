//! Reading a record, none of whose words is trusted.

use crate::layout::{RECORD_OCTETS, STATUS_REFUSED, WORD_OUTPUT_LENGTH, WORD_OUTPUT_OFFSET, WORD_STATUS};

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

    /// The place of the output.
    pub fn output<'r>(&self, outputs: &'r mut [u8]) -> Option<&'r mut [u8]> {
        let start = self.word(WORD_OUTPUT_OFFSET);
        outputs.get_mut(start..start.checked_add(self.word(WORD_OUTPUT_LENGTH))?)
    }
}

/// Calls `operation` for every record and writes the status it gives; `None` is [`STATUS_REFUSED`].
pub fn for_each(records: &mut [u8], mut operation: impl FnMut(Record) -> Option<usize>) {
    for record in records.chunks_exact_mut(RECORD_OCTETS) {
        let status = operation(Record(record)).unwrap_or(STATUS_REFUSED);
        record[WORD_STATUS * 4..WORD_STATUS * 4 + 4].copy_from_slice(&(status as u32).to_le_bytes());
    }
}
