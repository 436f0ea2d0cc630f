//! One session's outputs, and the operations that make them. Messages are opened and sealed in place: in a copy, which counts.

use crate::session::{Plain, Session};
use ike_resume_bench_peers::operations;
use ike_resume_bench_peers::peer::{Peer, ICV_LENGTH, MAC_LENGTH};
use std::marker::PhantomData;
use std::ops::Range;

const RESUMPTION_LABEL: &[u8] = b"Resumption";
const TICKET_CLEAR_LENGTH: usize = 12;
const TICKET_BODY: usize = 24;
const MESSAGE_CLEAR_LENGTH: usize = 32;
const MESSAGE_BODY: usize = 40;
const SK_D: Range<usize> = 0..32;
const SK_EI: Range<usize> = 32..68;
const SK_ER: Range<usize> = 68..104;
const SK_PI: Range<usize> = 104..136;
const SK_PR: Range<usize> = 136..168;

/// An operation of a resumption.
#[derive(Clone, Copy)]
pub enum Operation {
    OpenTicket,
    DeriveKeys,
    OpenRequest,
    Authenticate,
    ChildKeys,
    SealTicket,
    SealResponse,
}

/// In the order of a resumption.
const ALL: [Operation; 7] = [
    Operation::OpenTicket,
    Operation::DeriveKeys,
    Operation::OpenRequest,
    Operation::Authenticate,
    Operation::ChildKeys,
    Operation::SealTicket,
    Operation::SealResponse,
];

impl Operation {
    /// All of them for `resume`, else the one of that name.
    pub fn named(name: &str) -> Option<&'static [Self]> {
        if name == "resume" {
            return Some(&ALL);
        }
        let index = ALL.iter().position(|operation| operation.name() == name)?;
        Some(&ALL[index..=index])
    }

    /// As bench/core/implementation.ts has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenTicket => "open ticket",
            Self::DeriveKeys => "derive keys",
            Self::OpenRequest => "open request",
            Self::Authenticate => "authenticate",
            Self::ChildKeys => "child keys",
            Self::SealTicket => "seal ticket",
            Self::SealResponse => "seal response",
        }
    }
}

/// A session and its outputs.
pub struct Resumption<'s, P> {
    session: &'s Session<'s>,
    ticket: Vec<u8>,
    keying_material: [u8; 168],
    request: Vec<u8>,
    initiator_proven: bool,
    auth: [u8; MAC_LENGTH],
    child_keys: [u8; 72],
    next_ticket: Vec<u8>,
    response: Vec<u8>,
    peer: PhantomData<P>,
}

impl<'s, P: Peer> Resumption<'s, P> {
    pub fn new(session: &'s Session<'s>) -> Self {
        Self {
            session,
            ticket: vec![0; session.ticket.len()],
            keying_material: [0; 168],
            request: vec![0; session.request.len()],
            initiator_proven: false,
            auth: [0; MAC_LENGTH],
            child_keys: [0; 72],
            next_ticket: vec![0; session.expected.next_ticket.len()],
            response: vec![0; session.expected.response.len()],
            peer: PhantomData,
        }
    }

    /// Nothing of a run before can pass for an output.
    pub fn forget(&mut self) {
        for output in [&mut self.ticket, &mut self.request, &mut self.next_ticket, &mut self.response] {
            output.fill(0);
        }
        self.keying_material.fill(0);
        self.initiator_proven = false;
        self.auth.fill(0);
        self.child_keys.fill(0);
    }

    /// `in_turn`: the inputs are the outputs of the operations before; else the expected ones.
    pub fn run(&mut self, operation: Operation, ticket_key: &P::AeadKey, in_turn: bool) {
        let Session { initiator_nonce, responder_nonce, expected, .. } = *self.session;
        match operation {
            Operation::OpenTicket => {
                self.ticket.copy_from_slice(self.session.ticket);
                operations::open::<P>((ticket_key, &[]), &mut self.ticket, TICKET_CLEAR_LENGTH);
            }
            Operation::DeriveKeys => {
                let state = if in_turn { plaintext(&self.ticket, TICKET_BODY) } else { expected.ticket_state };
                let old_sk_d = &state[self.session.old_sk_d_offset..][..MAC_LENGTH];
                let data = [RESUMPTION_LABEL, initiator_nonce, responder_nonce];
                let seed = [initiator_nonce, responder_nonce, self.session.spis];
                operations::derive_keys::<P>(old_sk_d, &data, &seed, &mut self.keying_material);
            }
            Operation::OpenRequest => {
                self.request.copy_from_slice(self.session.request);
                let keys = if in_turn { &self.keying_material } else { expected.keying_material };
                let (key, salt) = operations::expanded::<P>(&keys[SK_EI]);
                operations::open::<P>((&key, salt), &mut self.request, MESSAGE_CLEAR_LENGTH);
            }
            Operation::Authenticate => {
                let keys = if in_turn { &self.keying_material } else { expected.keying_material };
                let opened = if in_turn { plaintext(&self.request, MESSAGE_BODY) } else { expected.request_plaintext };
                let Session { initiator_message, responder_message, initiator_id, responder_id, .. } = *self.session;
                let theirs = operations::auth::<P>(&keys[SK_PI], initiator_message, responder_nonce, initiator_id);
                self.initiator_proven = P::same(&theirs, &opened[self.session.auth_offset..][..MAC_LENGTH]);
                self.auth = operations::auth::<P>(&keys[SK_PR], responder_message, initiator_nonce, responder_id);
            }
            Operation::ChildKeys => {
                let keys = if in_turn { &self.keying_material } else { expected.keying_material };
                operations::prf_plus::<P>(&keys[SK_D], &[initiator_nonce, responder_nonce, &[]], &mut self.child_keys);
            }
            Operation::SealTicket => {
                lay_out(&mut self.next_ticket, &self.session.next_ticket);
                operations::seal::<P>((ticket_key, &[]), &mut self.next_ticket, TICKET_CLEAR_LENGTH);
            }
            Operation::SealResponse => {
                let keys = if in_turn { &self.keying_material } else { expected.keying_material };
                let ticket = if in_turn { &self.next_ticket } else { expected.next_ticket };
                lay_out(&mut self.response, &self.session.response);
                self.response[MESSAGE_BODY + self.session.ticket_offset..][..ticket.len()].copy_from_slice(ticket);
                let (key, salt) = operations::expanded::<P>(&keys[SK_ER]);
                operations::seal::<P>((&key, salt), &mut self.response, MESSAGE_CLEAR_LENGTH);
            }
        }
    }

    /// Is the operation's output what it has to be?
    pub fn is_right(&self, operation: Operation) -> bool {
        let expected = &self.session.expected;
        match operation {
            Operation::OpenTicket => plaintext(&self.ticket, TICKET_BODY) == expected.ticket_state,
            Operation::DeriveKeys => self.keying_material == expected.keying_material,
            Operation::OpenRequest => plaintext(&self.request, MESSAGE_BODY) == expected.request_plaintext,
            Operation::Authenticate => self.initiator_proven && self.auth == expected.auth,
            Operation::ChildKeys => self.child_keys == expected.child_keys,
            Operation::SealTicket => self.next_ticket == expected.next_ticket,
            Operation::SealResponse => self.response == expected.response,
        }
    }
}

fn plaintext(sealed: &[u8], body: usize) -> &[u8] {
    &sealed[body..sealed.len() - ICV_LENGTH]
}

/// Associated data | IV | plaintext, and what was there stays behind.
fn lay_out(message: &mut [u8], plain: &Plain) {
    let (associated, rest) = message.split_at_mut(plain.associated.len());
    let (iv, rest) = rest.split_at_mut(plain.iv.len());
    associated.copy_from_slice(plain.associated);
    iv.copy_from_slice(plain.iv);
    rest[..plain.plaintext.len()].copy_from_slice(plain.plaintext);
}
