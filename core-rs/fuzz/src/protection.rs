//! Sealing and opening of mixed batches, some of whose messages are forged or refused, against one by one.

use crate::batch::containment::run_apart;
use crate::batch::{Protection, Request};
use crate::draw::Draw;
use crate::hashing::pad;
use crate::one_by_one::{hash_length, seal};
use ike_resume_core::layout::*;
use ike_resume_core::protection;

const MAX_MEMBERS: usize = if cfg!(miri) { 5 } else { 13 };
pub(crate) const MAX_TEXT: usize = if cfg!(miri) { 70 } else { 4096 };

/// A message before and after sealing.
pub(crate) struct Message {
    pub protection: Protection,
    pub key: Vec<u8>,
    pub integrity_key: Vec<u8>,
    pub associated_length: usize,
    pub plain: Vec<u8>,
    pub sealed: Vec<u8>,
}

pub fn check(draw: &mut Draw) {
    let alike = draw.below(2) == 0;
    let common = (draw_protection(draw), draw.length(MAX_TEXT));
    let mut messages: Vec<Message> = Vec::new();
    for _ in 0..1 + draw.below(MAX_MEMBERS) {
        let ((protection, key_length), length) = if alike { common } else { (draw_protection(draw), draw.length(MAX_TEXT)) };
        messages.push(draw_message(draw, protection, key_length, length));
    }
    // Tickets come many to one key, which stands in the inputs once.
    let one_key = alike && draw.below(2) == 0;
    if one_key {
        let (key, integrity_key) = (messages[0].key.clone(), messages[0].integrity_key.clone());
        for message in &mut messages {
            (message.key, message.integrity_key) = (key.clone(), integrity_key.clone());
            message.seal();
        }
    }
    check_sealing(draw, &messages, one_key);
    check_opening(draw, &messages, one_key);
}

fn check_sealing(draw: &mut Draw, messages: &[Message], one_key: bool) {
    let mut request = Request::default();
    let refused: Vec<bool> = messages
        .iter()
        .map(|message| {
            message.add(draw, &mut request, one_key, &message.plain);
            let refused = draw.once_in(8);
            if refused {
                spoil(draw, &mut request);
            }
            refused
        })
        .collect();
    let outcome = run_apart(protection::seal, &request);
    for (member, message) in messages.iter().enumerate() {
        let (status, expected) =
            if refused[member] { (STATUS_REFUSED, &message.plain) } else { (STATUS_DONE, &message.sealed) };
        assert_eq!(outcome.statuses[member], status, "seal, member {member}");
        assert!(outcome.outputs[place(&request, member)] == expected[..], "sealed, member {member}");
    }
}

fn check_opening(draw: &mut Draw, messages: &[Message], one_key: bool) {
    let mut request = Request::default();
    let mut expected = Vec::new();
    for message in messages {
        let mut sealed = message.sealed.clone();
        let forged = draw.below(3) == 0;
        if forged {
            forge(draw, &message.protection, &mut sealed);
        }
        message.add(draw, &mut request, one_key, &sealed);
        let refused = draw.once_in(8);
        if refused {
            spoil(draw, &mut request);
        }
        if !forged && !refused {
            sealed = message.opened();
        }
        // Which of its faults is found first is not defined.
        let statuses: &[usize] = match (forged, refused) {
            (false, false) => &[STATUS_DONE],
            (true, false) => &[STATUS_NOT_AUTHENTIC],
            (false, true) => &[STATUS_REFUSED],
            (true, true) => &[STATUS_NOT_AUTHENTIC, STATUS_REFUSED],
        };
        expected.push((statuses, sealed));
    }
    let outcome = run_apart(protection::open, &request);
    for (member, (statuses, message)) in expected.iter().enumerate() {
        let status = outcome.statuses[member];
        assert!(statuses.contains(&status), "open, member {member}: {status}, expected {statuses:?}");
        assert!(outcome.outputs[place(&request, member)] == message[..], "opened, member {member}");
    }
}

pub(crate) fn draw_protection(draw: &mut Draw) -> (Protection, usize) {
    let (cipher, key_length) = draw.one_of(&[
        (CIPHER_AES_GCM, 16),
        (CIPHER_AES_GCM, 24),
        (CIPHER_AES_GCM, 32),
        (CIPHER_CHACHA20_POLY1305, 32),
        (CIPHER_AES_CBC, 16),
        (CIPHER_AES_CBC, 24),
        (CIPHER_AES_CBC, 32),
    ]);
    if cipher == CIPHER_AES_CBC {
        let hash = 1 + draw.below(4);
        // Not so short that a forgery is right by chance.
        let icv_length = draw.one_of(&[hash_length(hash) / 2, 12, hash_length(hash)]);
        return (Protection { cipher, salt_length: 0, iv_length: 16, hash, icv_length }, key_length);
    }
    let salt_length = draw.one_of(&[4, 0, 12]);
    (Protection { cipher, salt_length, iv_length: 12 - salt_length, hash: 0, icv_length: 16 }, key_length)
}

pub(crate) fn draw_message(draw: &mut Draw, protection: Protection, key_length: usize, length: usize) -> Message {
    let is_cbc = protection.cipher == CIPHER_AES_CBC;
    let length = if is_cbc { length / 16 * 16 } else { length };
    let associated_length = if draw.below(2) == 0 { 28 } else { draw.length(300) };
    let covered = draw.octets(associated_length + protection.iv_length + length);
    let mut message = Message {
        key: draw.octets(key_length + protection.salt_length),
        integrity_key: draw.octets(if is_cbc { hash_length(protection.hash) } else { 0 }),
        plain: [covered, vec![0x5a; protection.icv_length]].concat(),
        sealed: Vec::new(),
        protection,
        associated_length,
    };
    message.seal();
    message
}

impl Message {
    pub fn seal(&mut self) {
        let (associated, rest) = self.plain.split_at(self.associated_length);
        let (iv, rest) = rest.split_at(self.protection.iv_length);
        let text = &rest[..rest.len() - self.protection.icv_length];
        self.sealed = seal(&self.protection, &self.key, &self.integrity_key, [associated, iv, text]);
    }

    /// The message with its text in clear, and its ICV.
    pub fn opened(&self) -> Vec<u8> {
        let text = self.associated_length + self.protection.iv_length..self.sealed.len() - self.protection.icv_length;
        let mut opened = self.sealed.clone();
        opened[text.clone()].copy_from_slice(&self.plain[text]);
        opened
    }

    fn add(&self, draw: &mut Draw, request: &mut Request, one_key: bool, octets: &[u8]) {
        pad(draw, request);
        self.protection.add(request, &self.key, &self.integrity_key, self.associated_length, octets);
        if one_key {
            let first = request.records[0][WORD_KEY_OFFSET];
            request.records.last_mut().unwrap()[WORD_KEY_OFFSET] = first;
        }
    }
}

/// A forgery differs in one bit, often the ICV's; or is cut short.
pub(crate) fn forge(draw: &mut Draw, protection: &Protection, sealed: &mut Vec<u8>) {
    let octet =
        if draw.below(2) == 0 { draw.below(sealed.len()) } else { sealed.len() - 1 - draw.below(protection.icv_length) };
    if draw.once_in(8) {
        sealed.truncate(octet);
    } else {
        sealed[octet] ^= 1 << draw.below(8);
    }
}

/// Makes the last member one that has to be refused before anything is written. The place of its message stays.
pub(crate) fn spoil(draw: &mut Draw, request: &mut Request) {
    let words = request.records.last_mut().unwrap();
    match draw.below(5) {
        0 => words[WORD_CIPHER] = draw.one_of(&[0, 4, u32::MAX]),
        1 => words[WORD_KEY_LENGTH] += 1,
        2 => words[WORD_SALT_LENGTH] = u32::MAX,
        3 => words[WORD_IV_LENGTH] += 1,
        _ => words[WORD_INTEGRITY_KEY_LENGTH] = u32::MAX,
    }
}

fn place(request: &Request, member: usize) -> std::ops::Range<usize> {
    let words = &request.records[member];
    let start = words[WORD_OUTPUT_OFFSET] as usize;
    start..start + words[WORD_OUTPUT_LENGTH] as usize
}
