//! What the operations need of a library: HMAC-SHA2-256 and AES-256-GCM.

/// Octets of an AES-256 key.
pub const KEY_LENGTH: usize = 32;
/// Octets of an output of the prf, and of its keys.
pub const MAC_LENGTH: usize = 32;
/// Octets of salt and IV together.
pub const NONCE_LENGTH: usize = 12;
/// Octets of an ICV.
pub const ICV_LENGTH: usize = 16;

/// A library.
pub trait Peer {
    /// An HMAC's key with both of its blocks hashed, to be used more than once.
    type MacKey;
    /// An AES key expanded.
    type AeadKey;

    /// Of any length.
    fn mac_key(key: &[u8]) -> Self::MacKey;
    /// HMAC(key, parts\[0\] | parts\[1\] | …).
    fn mac(key: &Self::MacKey, parts: &[&[u8]]) -> [u8; MAC_LENGTH];
    /// Equal, in constant time?
    fn same(one: &[u8], other: &[u8]) -> bool;
    /// Of [`KEY_LENGTH`] octets.
    fn aead_key(key: &[u8]) -> Self::AeadKey;
    /// Encrypts in place and gives the ICV.
    fn seal(key: &Self::AeadKey, nonce: [u8; NONCE_LENGTH], associated: &[u8], body: &mut [u8]) -> [u8; ICV_LENGTH];
    /// Decrypts in place. False: not authentic.
    fn open(key: &Self::AeadKey, nonce: [u8; NONCE_LENGTH], associated: &[u8], body: &mut [u8], icv: &[u8]) -> bool;
}
