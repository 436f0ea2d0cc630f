//! `cargo bench`: nanoseconds of each kernel, natively, as JSON: the least of many rounds, each after its result was compared
//! with RustCrypto's.
//!
//! `valgrind --tool=callgrind` on the program that `cargo bench --no-run` builds counts instructions instead, which no other
//! load on the machine disturbs: `… kernels-<hash> KERNEL` runs one of them alone, a fixed number of times.

use ::aes::cipher::{BlockCipherEncrypt, KeyInit};
use ::aes_gcm::aead::{inout::InOutBuf, AeadInOut};
use hmac::Mac;
use ike_resume_core::aes::{encrypt, expand, RoundKeys};
use ike_resume_core::gcm::GcmKey;
use ike_resume_core::ghash::HashKey;
use ike_resume_core::hmac_sha256::{Keyed, Message};
use ike_resume_core::sha256::{block_of, compress, State};
use ike_resume_core::vector::Vector;
use ike_resume_core::{chacha20, chacha20_poly1305};
use std::hint::black_box;
use std::time::Instant;

/// Calls in a round, and rounds, of which the fastest counts.
const CALLS: u32 = 1000;
const ROUNDS: u32 = 30;

const KEY: [u8; 32] = [7; 32];
const NONCE: [u8; 12] = [5; 12];
/// Octets of a ticket.
const TEXT: usize = 240;

struct Kernel {
    name: &'static str,
    /// What one call does so many of.
    units: u32,
    run: fn(u32),
}

const KERNELS: [Kernel; 7] = [
    Kernel { name: "sha256 compression of a message", units: 4, run: compressions },
    Kernel { name: "hmac-sha256 of 240 octets", units: 4, run: macs },
    Kernel { name: "aes-256 key expansion", units: 4, run: expansions },
    Kernel { name: "aes-256 block", units: 6, run: blocks },
    Kernel { name: "aes-256-gcm seal of 240 octets, known key", units: 1, run: seals },
    Kernel { name: "aes-256-gcm seal of 240 octets, new key", units: 1, run: seals_under_new_keys },
    Kernel { name: "chacha20-poly1305 seal of 240 octets", units: 1, run: chacha_seals },
];

fn main() {
    check();
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [name] = arguments.as_slice() {
        let kernel = KERNELS.iter().find(|kernel| kernel.name == name).expect("the name of a kernel");
        return (kernel.run)(CALLS);
    }
    println!("{{");
    for (at, Kernel { name, units, run }) in KERNELS.iter().enumerate() {
        let least = (0..ROUNDS).map(|_| nanoseconds(*run)).fold(f64::MAX, f64::min);
        let comma = if at + 1 < KERNELS.len() { "," } else { "" };
        println!("  \"{name}\": {:.1}{comma}", least / f64::from(CALLS * units));
    }
    println!("}}");
}

fn nanoseconds(run: fn(u32)) -> f64 {
    let started = Instant::now();
    run(CALLS);
    started.elapsed().as_nanos() as f64
}

/// No time counts of what is wrong.
fn check() {
    let mut mac = <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(&KEY).unwrap();
    mac.update(&[3; TEXT]);
    let codes = Keyed::new([&KEY; 4]).mac(&[Message([&[3; TEXT], &[], &[]]); 4]).digests();
    assert_eq!(codes, [<[u8; 32]>::from(mac.finalize().into_bytes()); 4]);
    let keys = round_keys();
    let mut block = [Vector::splat8(9)];
    encrypt(&keys[3], &mut block);
    let mut mine = [0; 16];
    block[0].store(&mut mine);
    let mut reference = [9; 16].into();
    ::aes::Aes256::new_from_slice(&KEY).unwrap().encrypt_block(&mut reference);
    assert_eq!(mine, reference[..]);
    let (mut text, mut other) = ([3; TEXT], [3; TEXT]);
    let tag = GcmKey::new(&keys[0], &mut HashKey::none()).seal(&NONCE, &[], &mut text);
    let cipher = ::aes_gcm::Aes256Gcm::new_from_slice(&KEY).unwrap();
    let expected = cipher.encrypt_inout_detached(&NONCE.into(), &[], InOutBuf::from(&mut other[..])).unwrap();
    assert_eq!((text, tag), (other, expected.into()));
    let tag = chacha20_poly1305::seal(&KEY, &NONCE, &[], &mut text);
    let cipher = ::chacha20poly1305::ChaCha20Poly1305::new_from_slice(&KEY).unwrap();
    let expected = cipher.encrypt_inout_detached(&NONCE.into(), &[], InOutBuf::from(&mut other[..])).unwrap();
    assert_eq!((text, tag), (other, expected.into()));
    assert_eq!(chacha20::KEY_OCTETS, KEY.len());
}

fn round_keys() -> [RoundKeys; 4] {
    let mut expanded = [RoundKeys::none(); 4];
    expand([&KEY; 4], &mut expanded);
    expanded
}

fn compressions(calls: u32) {
    let mut state = State::initial();
    for _ in 0..calls {
        compress(&mut state, &mut block_of([&black_box([3; 64]); 4]));
    }
    black_box(state.digests());
}

fn macs(calls: u32) {
    for _ in 0..calls {
        let text = black_box([3; TEXT]);
        black_box(Keyed::new([&KEY; 4]).mac(&[Message([&text, &[], &[]]); 4]).digests());
    }
}

fn expansions(calls: u32) {
    let mut expanded = [RoundKeys::none(); 4];
    for _ in 0..calls {
        expand([&black_box(KEY); 4], &mut expanded);
        black_box(&expanded);
    }
}

fn blocks(calls: u32) {
    let key = &round_keys()[0];
    let mut blocks = [Vector::splat8(1); 6];
    for _ in 0..calls {
        encrypt(key, black_box(&mut blocks));
    }
}

fn seals(calls: u32) {
    let keys = round_keys();
    let mut hash_key = HashKey::none();
    let mut key = GcmKey::new(&keys[0], &mut hash_key);
    let mut text = [3; TEXT];
    for _ in 0..calls {
        black_box(key.seal(&NONCE, &[], black_box(&mut text)));
    }
}

fn seals_under_new_keys(calls: u32) {
    let keys = round_keys();
    let mut hash_key = HashKey::none();
    let mut text = [3; TEXT];
    for _ in 0..calls {
        black_box(GcmKey::new(&keys[0], &mut hash_key).seal(&NONCE, &[], black_box(&mut text)));
    }
}

fn chacha_seals(calls: u32) {
    let mut text = [3; TEXT];
    for _ in 0..calls {
        black_box(chacha20_poly1305::seal(&KEY, &NONCE, &[], black_box(&mut text)));
    }
}
