//! The operations for JavaScript: it writes inputs into [`buffer`], makes a call with their addresses, and reads the output there.
//! No copies but those, and nothing is allocated.

use crate::operations;
use crate::peer::{Peer, MAC_LENGTH};
use crate::ring::Ring;
use crate::rust_crypto::RustCrypto;
use std::cell::OnceCell;

const BUFFER_LENGTH: usize = 16384;
static mut BUFFER: [u8; BUFFER_LENGTH] = [0; BUFFER_LENGTH];

/// The address of 16,384 octets for inputs and outputs.
#[no_mangle]
pub extern "C" fn buffer() -> usize {
    (&raw const BUFFER) as usize
}

/// The octets that an argument names.
///
/// # Safety
/// They lie in [`buffer`], and no other slice of them is in use that writes.
unsafe fn input<'b>(address: usize, length: usize) -> &'b [u8] {
    // SAFETY: the caller's word.
    unsafe { std::slice::from_raw_parts(address as *const u8, length) }
}

/// Likewise, to write.
///
/// # Safety
/// They lie in [`buffer`], and no other slice of them is in use.
unsafe fn output<'b>(address: usize, length: usize) -> &'b mut [u8] {
    // SAFETY: the caller's word.
    unsafe { std::slice::from_raw_parts_mut(address as *mut u8, length) }
}

/// Exports every operation under the names that are given in their order.
macro_rules! export {
    ($peer:ty, $ticket_key:ident, $set_ticket_key:ident, $open_ticket:ident, $seal_ticket:ident, $open:ident, $seal:ident,
     $derive_keys:ident, $prf_plus:ident, $auth:ident, $verify_auth:ident) => {
        thread_local! {
            static $ticket_key: OnceCell<<$peer as Peer>::AeadKey> = const { OnceCell::new() };
        }

        /// Expands the ticket key, 32 octets: once in the life of an instance.
        ///
        /// # Safety
        /// Here and below: addresses and lengths are of inputs and outputs in [`buffer`] that do not overlap.
        #[no_mangle]
        pub unsafe extern "C" fn $set_ticket_key(key: usize) {
            // SAFETY: the caller's word, here and below.
            let (key, _) = operations::expanded::<$peer>(unsafe { input(key, 32) });
            $ticket_key.with(|place| assert!(place.set(key).is_ok(), "the ticket key is set once"));
        }

        /// False: not authentic.
        ///
        /// # Safety
        /// See above.
        #[no_mangle]
        pub unsafe extern "C" fn $open_ticket(ticket: usize, length: usize, clear_length: usize) -> bool {
            let ticket = unsafe { output(ticket, length) };
            $ticket_key.with(|key| operations::open::<$peer>((key.get().expect("a ticket key"), &[]), ticket, clear_length))
        }

        /// Puts the ICV into the last 16 octets.
        ///
        /// # Safety
        /// See above.
        #[no_mangle]
        pub unsafe extern "C" fn $seal_ticket(ticket: usize, length: usize, clear_length: usize) {
            let ticket = unsafe { output(ticket, length) };
            $ticket_key.with(|key| operations::seal::<$peer>((key.get().expect("a ticket key"), &[]), ticket, clear_length));
        }

        /// With a key of 36 octets, its salt in the last four. False: not authentic.
        ///
        /// # Safety
        /// See above.
        #[no_mangle]
        pub unsafe extern "C" fn $open(key: usize, message: usize, length: usize, clear_length: usize) -> bool {
            let (key, salt) = operations::expanded::<$peer>(unsafe { input(key, 36) });
            operations::open::<$peer>((&key, salt), unsafe { output(message, length) }, clear_length)
        }

        /// Likewise.
        ///
        /// # Safety
        /// See above.
        #[no_mangle]
        pub unsafe extern "C" fn $seal(key: usize, message: usize, length: usize, clear_length: usize) {
            let (key, salt) = operations::expanded::<$peer>(unsafe { input(key, 36) });
            operations::seal::<$peer>((&key, salt), unsafe { output(message, length) }, clear_length);
        }

        /// SKEYSEED of a key of 32 octets and the data, and the keying material of it and the seed.
        ///
        /// # Safety
        /// See above.
        #[no_mangle]
        pub unsafe extern "C" fn $derive_keys(
            key: usize,
            data: usize,
            data_length: usize,
            seed: usize,
            seed_length: usize,
            keys: usize,
            keys_length: usize,
        ) {
            let (key, data, seed) = unsafe { (input(key, MAC_LENGTH), input(data, data_length), input(seed, seed_length)) };
            let keys = unsafe { output(keys, keys_length) };
            operations::derive_keys::<$peer>(key, &[data, &[], &[]], &[seed, &[], &[]], keys);
        }

        /// prf+ of a key of 32 octets.
        ///
        /// # Safety
        /// See above.
        #[no_mangle]
        pub unsafe extern "C" fn $prf_plus(key: usize, seed: usize, seed_length: usize, keys: usize, keys_length: usize) {
            let (key, seed) = unsafe { (input(key, MAC_LENGTH), input(seed, seed_length)) };
            operations::prf_plus::<$peer>(key, &[seed, &[], &[]], unsafe { output(keys, keys_length) });
        }

        /// AUTH over real message | nonce, which stand together, and the identity.
        ///
        /// # Safety
        /// See above.
        #[no_mangle]
        pub unsafe extern "C" fn $auth(
            key: usize,
            content: usize,
            content_length: usize,
            id: usize,
            id_length: usize,
            mac: usize,
        ) {
            let (key, content, id) = unsafe { (input(key, MAC_LENGTH), input(content, content_length), input(id, id_length)) };
            unsafe { output(mac, MAC_LENGTH) }.copy_from_slice(&operations::auth::<$peer>(key, content, &[], id));
        }

        /// Is AUTH what stands at `mac`?
        ///
        /// # Safety
        /// See above.
        #[no_mangle]
        pub unsafe extern "C" fn $verify_auth(
            key: usize,
            content: usize,
            content_length: usize,
            id: usize,
            id_length: usize,
            mac: usize,
        ) -> bool {
            let (key, content, id) = unsafe { (input(key, MAC_LENGTH), input(content, content_length), input(id, id_length)) };
            <$peer>::same(&operations::auth::<$peer>(key, content, &[], id), unsafe { input(mac, MAC_LENGTH) })
        }
    };
}

export!(
    RustCrypto,
    RUST_CRYPTO_TICKET_KEY,
    rust_crypto_set_ticket_key,
    rust_crypto_open_ticket,
    rust_crypto_seal_ticket,
    rust_crypto_open,
    rust_crypto_seal,
    rust_crypto_derive_keys,
    rust_crypto_prf_plus,
    rust_crypto_auth,
    rust_crypto_verify_auth
);
export!(
    Ring,
    RING_TICKET_KEY,
    ring_set_ticket_key,
    ring_open_ticket,
    ring_seal_ticket,
    ring_open,
    ring_seal,
    ring_derive_keys,
    ring_prf_plus,
    ring_auth,
    ring_verify_auth
);
