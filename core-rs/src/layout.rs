//! The form of a batch in memory: `records | inputs | outputs`, back to back.
//!
//! This file is the only definition: the build copies every constant into `bindings/generated/layout.ts`, so each must stay of
//! the form `pub const NAME: usize = <decimal>;`.
//!
//! A member has one record, or one for each part of a fused operation, one behind the other.
//!
//! A record is [`RECORD_WORDS`] little-endian words of 32 bits. The constants `WORD_…` are the indices of its words. Offsets
//! and lengths are in octets, and a length is the word behind its offset; `…_OFFSET` counts from the start of the inputs,
//! except [`WORD_OUTPUT_OFFSET`], which counts from the start of the outputs, and the keys of an opening that follows a
//! derivation ([`DERIVE_AND_OPEN_RECORDS`]).

/// The largest arena: a bound on the memory that one instance takes. A caller splits larger batches.
pub const MAX_ARENA_OCTETS: usize = 33554432;

/// Words in a record.
pub const RECORD_WORDS: usize = 16;
/// Octets in a record.
pub const RECORD_OCTETS: usize = 64;

// Words that every operation uses.

/// Written by the core: one of `STATUS_…`.
pub const WORD_STATUS: usize = 0;
/// One of `HASH_…`: the prf's, or that of the integrity algorithm.
pub const WORD_HASH: usize = 1;
/// The key; with a cipher that has one, the salt stands behind it and is counted.
pub const WORD_KEY_OFFSET: usize = 2;
/// Octets of the key, salt and all.
pub const WORD_KEY_LENGTH: usize = 3;
/// The output; for seal and open the whole message, changed in place.
pub const WORD_OUTPUT_OFFSET: usize = 4;
/// Octets of the output.
pub const WORD_OUTPUT_LENGTH: usize = 5;

// prf, prf+, key derivation and verification.

/// What prf is taken of.
pub const WORD_DATA_OFFSET: usize = 6;
/// Octets of the data.
pub const WORD_DATA_LENGTH: usize = 7;
/// The seed of prf+.
pub const WORD_SEED_OFFSET: usize = 8;
/// Octets of the seed.
pub const WORD_SEED_LENGTH: usize = 9;
/// The MAC to verify.
pub const WORD_MAC_OFFSET: usize = 10;
/// Octets of the MAC.
pub const WORD_MAC_LENGTH: usize = 11;

// Authentication: the message that was sent is the data, the peer's nonce the seed.

/// What the identity's MAC is taken of.
pub const WORD_IDENTITY_OFFSET: usize = 12;
/// Octets of the identity.
pub const WORD_IDENTITY_LENGTH: usize = 13;

// seal and open.

/// One of `CIPHER_…`.
pub const WORD_CIPHER: usize = 6;
/// Octets of salt at the end of the key.
pub const WORD_SALT_LENGTH: usize = 7;
/// Octets of IV in the message.
pub const WORD_IV_LENGTH: usize = 8;
/// Octets of ICV at the end of the message.
pub const WORD_ICV_LENGTH: usize = 9;
/// Octets of associated data at the start of the message.
pub const WORD_ASSOCIATED_LENGTH: usize = 10;
/// The key of the integrity algorithm.
pub const WORD_INTEGRITY_KEY_OFFSET: usize = 11;
/// Octets of the integrity key.
pub const WORD_INTEGRITY_KEY_LENGTH: usize = 12;

// Records of a member.

/// Key derivation; opening, with keys whose offsets count from the start of the derivation's output.
pub const DERIVE_AND_OPEN_RECORDS: usize = 2;
/// Verification of the other end's AUTH; this end's AUTH; prf+, which is refused where no octets are asked for, as it may be.
pub const AUTHENTICATE_RECORDS: usize = 3;
/// Sealing of the ticket, whose output lies within the message; sealing of the message.
pub const SEAL_WITH_TICKET_RECORDS: usize = 2;

/// HMAC-SHA1.
pub const HASH_SHA1: usize = 1;
/// HMAC-SHA2-256.
pub const HASH_SHA256: usize = 2;
/// HMAC-SHA2-384.
pub const HASH_SHA384: usize = 3;
/// HMAC-SHA2-512.
pub const HASH_SHA512: usize = 4;

/// AES-GCM with an ICV of 16 octets.
pub const CIPHER_AES_GCM: usize = 1;
/// ChaCha20-Poly1305.
pub const CIPHER_CHACHA20_POLY1305: usize = 2;
/// AES-CBC with an HMAC over all before the ICV.
pub const CIPHER_AES_CBC: usize = 3;

/// The output is there; the MAC is right.
pub const STATUS_DONE: usize = 1;
/// Too short or not authentic; the message was left as it was.
pub const STATUS_NOT_AUTHENTIC: usize = 2;
/// The record contradicts itself or the batch.
pub const STATUS_REFUSED: usize = 3;
