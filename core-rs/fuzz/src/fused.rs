//! The steps of resumptions in mixed batches, some of whose members are forged or refused in one part or another, against RustCrypto's parts put
//! together one by one.

use crate::batch::containment::{check as check_containment, Outcome};
use crate::batch::operations::{Operation, AUTHENTICATE, DERIVE_AND_OPEN, SEAL_WITH_TICKET};
use crate::batch::{Member, Protection, Request, Words};
use crate::draw::Draw;
use crate::hashing::{forge as forge_mac, pad, MAX_DATA, MAX_KEY, MAX_STREAM};
use crate::one_by_one::{authentication, hash_length, hmac, prf_plus};
use crate::protection::{draw_message, draw_protection, forge, spoil, Message, MAX_TEXT};
use ike_resume_core::layout::*;

const MAX_MEMBERS: usize = if cfg!(miri) { 3 } else { 9 };

/// Of each record its status and, where it is within the batch, what stands at its output.
type Expected = Vec<(usize, Option<Vec<u8>>)>;

/// Adds an honest member, and says what has to come of it.
type Add = fn(&mut Draw, &mut Request, &Common) -> Expected;

pub fn check(draw: &mut Draw) {
    let (operation, add): (Operation, Add) = match draw.below(3) {
        0 => (DERIVE_AND_OPEN, derive_and_open),
        1 => (AUTHENTICATE, authenticate),
        _ => (SEAL_WITH_TICKET, seal_with_ticket),
    };
    let common = Common::draw(draw);
    let mut request = Request::default();
    let mut expected = Vec::new();
    for _ in 0..1 + draw.below(MAX_MEMBERS) {
        expected.extend(add(draw, &mut request, &common));
    }
    let Outcome { statuses, outputs } = check_containment(&operation, &request);
    for (record, (status, output)) in expected.into_iter().enumerate() {
        assert_eq!(statuses[record], status, "{}: record {record}", operation.name);
        if let Some(output) = output {
            assert!(outputs[place(&request.records[record])] == output[..], "{}: output of record {record}", operation.name);
        }
    }
}

/// What the members of a batch have in common, if they are alike; that is what lanes are made for.
struct Common {
    alike: bool,
    hash: usize,
    length: usize,
    protection: (Protection, usize),
    ticket: Message,
}

impl Common {
    fn draw(draw: &mut Draw) -> Self {
        let (protection, key_length) = draw_protection(draw);
        let ticket_length = draw.length(MAX_TEXT / 4);
        Self {
            alike: draw.below(2) == 0,
            hash: 1 + draw.below(4),
            length: draw.length(MAX_DATA),
            ticket: draw_message(draw, protection, key_length, ticket_length),
            protection: draw_protection(draw),
        }
    }

    fn hash(&self, draw: &mut Draw) -> usize {
        if self.alike {
            self.hash
        } else {
            1 + draw.below(4)
        }
    }

    fn length(&self, draw: &mut Draw, most: usize) -> usize {
        if self.alike {
            self.length.min(most)
        } else {
            draw.length(most)
        }
    }

    fn protection(&self, draw: &mut Draw) -> (Protection, usize) {
        if self.alike {
            self.protection
        } else {
            draw_protection(draw)
        }
    }
}

fn derive_and_open(draw: &mut Draw, request: &mut Request, common: &Common) -> Expected {
    let hash = common.hash(draw);
    let [key, data, seed] = [MAX_KEY, MAX_DATA, MAX_KEY].map(|most| {
        let length = common.length(draw, most);
        draw.octets(length)
    });
    let (protection, key_length) = common.protection(draw);
    let length = common.length(draw, MAX_TEXT);
    let mut message = draw_message(draw, protection, key_length, length);
    // Keys anywhere in what is derived, be it that they are in each other.
    let (key_length, integrity_key_length) = (message.key.len(), message.integrity_key.len());
    let needed = key_length.max(integrity_key_length);
    let derived = needed + draw.length(MAX_STREAM);
    let keys = prf_plus(hash, &hmac(hash, &key, &[&data]), &seed, derived);
    let key_offset = draw.below(derived - key_length + 1);
    let integrity_key_offset = draw.below(derived - integrity_key_length + 1);
    message.key.copy_from_slice(&keys[key_offset..key_offset + key_length]);
    message.integrity_key.copy_from_slice(&keys[integrity_key_offset..integrity_key_offset + integrity_key_length]);
    message.seal();

    pad(draw, request);
    keyed(request, hash, &key, &data, &seed).output(&vec![0x5a; derived]);
    let is_refused = draw.once_in(8);
    if is_refused {
        spoil_inputs(draw, request);
    }
    pad(draw, request);
    let mut sealed = message.sealed.clone();
    let is_forged = draw.once_in(3);
    if is_forged {
        forge(draw, &protection, &mut sealed);
    }
    protection.add(request, &[], &[], message.associated_length, &sealed);
    let words = request.records.last_mut().unwrap();
    words[WORD_KEY_OFFSET] = key_offset as u32;
    words[WORD_KEY_LENGTH] = key_length as u32;
    words[WORD_INTEGRITY_KEY_OFFSET] = integrity_key_offset as u32;
    words[WORD_INTEGRITY_KEY_LENGTH] = integrity_key_length as u32;
    let is_opening_refused = draw.once_in(8);
    if is_opening_refused {
        if draw.below(2) == 0 {
            // One octet more than was derived, for whose place the batch has room.
            words[WORD_KEY_OFFSET] = (derived - key_length + 1) as u32;
        } else {
            spoil(draw, request);
        }
    }
    if is_refused {
        return vec![(STATUS_REFUSED, Some(vec![0x5a; derived])), (STATUS_REFUSED, Some(sealed))];
    }
    let opening = match (is_forged, is_opening_refused) {
        (_, true) => (STATUS_REFUSED, Some(sealed)),
        (true, false) => (STATUS_NOT_AUTHENTIC, Some(sealed)),
        (false, false) => (STATUS_DONE, Some(message.opened())),
    };
    vec![(STATUS_DONE, Some(keys)), opening]
}

fn authenticate(draw: &mut Draw, request: &mut Request, common: &Common) -> Expected {
    let hash = common.hash(draw);
    let mut verdict = STATUS_DONE;
    let mut mac = signed(draw, request, hash, common, &[]);
    if draw.once_in(3) {
        verdict = forge_mac(draw, &mut mac);
    }
    append(request, WORD_MAC_OFFSET, &mac);
    if draw.once_in(8) {
        spoil_inputs(draw, request);
        verdict = STATUS_REFUSED;
    }

    let before = vec![0x5a; hash_length(hash)];
    let code = signed(draw, request, hash, common, &before);
    let signing = part(draw, request, verdict, before, code);

    let (key_length, seed_length) = (common.length(draw, MAX_KEY), common.length(draw, MAX_KEY));
    let (key, seed) = (draw.octets(key_length), draw.octets(seed_length));
    let before = vec![0x5a; 1 + common.length(draw, MAX_STREAM)];
    pad(draw, request);
    keyed(request, hash, &key, &[], &seed).output(&before);
    let stream = prf_plus(hash, &key, &seed, before.len());
    let expansion = part(draw, request, verdict, before, stream);
    vec![(verdict, None), signing, expansion]
}

/// What a part comes to that follows the verdict: the last record of the batch, which may be spoiled here.
fn part(draw: &mut Draw, request: &mut Request, verdict: usize, before: Vec<u8>, output: Vec<u8>) -> (usize, Option<Vec<u8>>) {
    if draw.once_in(8) {
        spoil_inputs(draw, request);
        (STATUS_REFUSED, Some(before))
    } else if verdict == STATUS_DONE {
        (STATUS_DONE, Some(output))
    } else {
        (verdict, Some(vec![0; output.len()]))
    }
}

/// Adds a record of an AUTH, and gives that.
fn signed(draw: &mut Draw, request: &mut Request, hash: usize, common: &Common, output: &[u8]) -> Vec<u8> {
    pad(draw, request);
    let key_length = if draw.below(2) == 0 { hash_length(hash) } else { draw.length(MAX_KEY) };
    let key = draw.octets(key_length);
    let [message, nonce, identity] = [MAX_DATA, MAX_KEY, MAX_KEY].map(|most| {
        let length = common.length(draw, most);
        draw.octets(length)
    });
    keyed(request, hash, &key, &message, &nonce).input(WORD_IDENTITY_OFFSET, &identity).output(output);
    authentication(hash, [&key, &message, &nonce, &identity])
}

fn seal_with_ticket(draw: &mut Draw, request: &mut Request, common: &Common) -> Expected {
    let (ticket_protection, ticket_key_length) =
        (common.ticket.protection, common.ticket.key.len() - common.ticket.protection.salt_length);
    let ticket_length = common.length(draw, MAX_TEXT / 4);
    let mut ticket = draw_message(draw, ticket_protection, ticket_key_length, ticket_length);
    // Tickets come many to one key, which stands in the inputs once.
    let has_first_key = common.alike && !request.records.is_empty();
    if common.alike {
        ticket.key.clone_from(&common.ticket.key);
        ticket.integrity_key.clone_from(&common.ticket.integrity_key);
        ticket.seal();
    }
    let (protection, key_length) = common.protection(draw);
    let (before, behind) = (common.length(draw, 300), common.length(draw, 100));
    let mut message = draw_message(draw, protection, key_length, before + ticket.plain.len() + behind + 16);
    let start = message.associated_length + protection.iv_length + before;
    let ticket_place = start..start + ticket.plain.len();

    message.plain[ticket_place.clone()].copy_from_slice(&ticket.plain);
    let plain = message.plain.clone();
    pad(draw, request);
    let offset = request.outputs.len();
    ticket_protection.add(request, &ticket.key, &ticket.integrity_key, ticket.associated_length, &[]);
    let first_key = request.records[0][WORD_KEY_OFFSET];
    let words = request.records.last_mut().unwrap();
    words[WORD_OUTPUT_OFFSET] = (offset + start) as u32;
    words[WORD_OUTPUT_LENGTH] = ticket.plain.len() as u32;
    if has_first_key {
        words[WORD_KEY_OFFSET] = first_key;
    }
    let is_ticket_refused = draw.once_in(8);
    if is_ticket_refused {
        spoil(draw, request);
    } else {
        message.plain[ticket_place.clone()].copy_from_slice(&ticket.sealed);
    }
    protection.add(request, &message.key, &message.integrity_key, message.associated_length, &plain);
    let is_refused = draw.once_in(8);
    if is_refused {
        spoil(draw, request);
    }
    message.seal();
    let ticket_status = if is_ticket_refused { STATUS_REFUSED } else { STATUS_DONE };
    // What carries no sealed ticket is not for the receiver: it is taken back, if it was made.
    let carrier = match (is_ticket_refused, is_refused) {
        (_, true) => (STATUS_REFUSED, message.plain),
        (true, false) => (STATUS_REFUSED, vec![0; plain.len()]),
        (false, false) => (STATUS_DONE, message.sealed),
    };
    vec![(ticket_status, None), (carrier.0, Some(carrier.1))]
}

fn keyed<'r>(request: &'r mut Request, hash: usize, key: &[u8], data: &[u8], seed: &[u8]) -> Member<'r> {
    let member = request.member().word(WORD_HASH, hash).input(WORD_KEY_OFFSET, key);
    member.input(WORD_DATA_OFFSET, data).input(WORD_SEED_OFFSET, seed)
}

/// Another input of the last record.
fn append(request: &mut Request, offset_word: usize, octets: &[u8]) {
    let offset = request.inputs.len();
    request.inputs.extend_from_slice(octets);
    let words = request.records.last_mut().unwrap();
    words[offset_word] = offset as u32;
    words[offset_word + 1] = octets.len() as u32;
}

/// Makes the last record, one of hashing, one that has to be refused. The place of its output stays.
fn spoil_inputs(draw: &mut Draw, request: &mut Request) {
    let words = request.records.last_mut().unwrap();
    match draw.below(4) {
        0 => words[WORD_HASH] = draw.one_of(&[0, 5, u32::MAX]),
        1 => words[WORD_KEY_OFFSET] = 1 << 24,
        2 => words[WORD_KEY_LENGTH] = u32::MAX,
        _ => words[WORD_SEED_LENGTH] = 1 << 24,
    }
}

fn place(words: &Words) -> std::ops::Range<usize> {
    let start = words[WORD_OUTPUT_OFFSET] as usize;
    start..start + words[WORD_OUTPUT_LENGTH] as usize
}
