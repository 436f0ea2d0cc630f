//! Each kernel beside its reference.
use ::aes::cipher::{BlockCipherEncrypt, KeyInit};
use ike_resume_core::aes::{encrypt, expand, RoundKeys};
use ike_resume_core::vector::Vector;
mod batch;
use batch::Random;

#[test]
fn aes_is_that_of_the_reference_for_four_keys_at_once() {
    let mut random = Random(1);
    for _ in 0..200 {
        let keys: [Vec<u8>; 4] = std::array::from_fn(|_| random.octets(32));
        let mut long = [RoundKeys::none(); 4];
        expand([0, 1, 2, 3].map(|lane| &keys[lane][..]), &mut long);
        let mut short = [RoundKeys::none(); 4];
        expand([0, 1, 2, 3].map(|lane| &keys[lane][..16]), &mut short);
        for lane in 0..4 {
            let blocks: [[u8; 16]; 3] = std::array::from_fn(|_| random.octets(16).try_into().unwrap());
            let mut vectors = blocks.map(|block| Vector::load(&block));
            encrypt(&long[lane], &mut vectors);
            let mut others = blocks.map(|block| Vector::load(&block));
            encrypt(&short[lane], &mut others);
            for at in 0..3 {
                let mut mine = [0; 16];
                vectors[at].store(&mut mine);
                let mut reference = blocks[at].into();
                ::aes::Aes256::new_from_slice(&keys[lane]).unwrap().encrypt_block(&mut reference);
                assert_eq!(mine, reference[..]);
                others[at].store(&mut mine);
                let mut reference = blocks[at].into();
                ::aes::Aes128::new_from_slice(&keys[lane][..16]).unwrap().encrypt_block(&mut reference);
                assert_eq!(mine, reference[..]);
            }
        }
    }
}

#[test]
fn gcm_is_that_of_the_reference_at_every_length() {
    use ::aes_gcm::aead::{AeadInOut, inout::InOutBuf};
    use ike_resume_core::gcm::GcmKey;
    use ike_resume_core::ghash::HashKey;
    let mut random = Random(2);
    for length in 0..400 {
        let keys: [Vec<u8>; 4] = std::array::from_fn(|_| random.octets(32));
        let mut round_keys = [RoundKeys::none(); 4];
        expand([0, 1, 2, 3].map(|lane| &keys[lane][..]), &mut round_keys);
        let nonce: [u8; 12] = random.octets(12).try_into().unwrap();
        let associated = random.octets(length * 7 % 61);
        let text = random.octets(length);
        for lane in 0..4 {
            let mut hash_key = HashKey::none();
            let mut mine = GcmKey::new(&round_keys[lane], &mut hash_key);
            let (mut sealed, mut reference) = (text.clone(), text.clone());
            let tag = mine.seal(&nonce, &associated, &mut sealed);
            let cipher = ::aes_gcm::Aes256Gcm::new_from_slice(&keys[lane]).unwrap();
            let other = cipher.encrypt_inout_detached(&nonce.into(), &associated, InOutBuf::from(&mut reference[..])).unwrap();
            assert_eq!(sealed, reference);
            assert_eq!(tag, other[..]);
            let mut wrong = tag;
            wrong[lane] ^= 1;
            assert!(!mine.open(&nonce, &associated, &mut sealed, &wrong));
            assert_eq!(sealed, reference);
            assert!(mine.open(&nonce, &associated, &mut sealed, &tag));
            assert_eq!(sealed, text);
        }
    }
}
