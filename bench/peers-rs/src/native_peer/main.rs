//! `native_peer ring|rust-crypto SESSIONS`: the cryptography of resumptions, natively. For each line on standard input (`resume`, or the
//! name of an operation) it goes once over all sessions, compares every output, and writes nanoseconds a session; or
//! `wrong`, the operation, and which session.

#![deny(unsafe_op_in_unsafe_fn)]

use ike_resume_bench_peers::peer::Peer;
use ike_resume_bench_peers::ring::Ring;
use ike_resume_bench_peers::rust_crypto::RustCrypto;
use resumption::{Operation, Resumption};
use session::Sessions;
use std::io::{BufRead, Write};
use std::time::Instant;

mod resumption;
mod session;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, peer, path] = arguments.as_slice() else {
        eprintln!("usage: native_peer ring|rust-crypto SESSIONS");
        std::process::exit(2);
    };
    let octets = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let sessions = Sessions::read(&octets);
    match peer.as_str() {
        "ring" => serve::<Ring>(&sessions),
        "rust-crypto" => serve::<RustCrypto>(&sessions),
        _ => {
            eprintln!("the peer is {peer}, expected ring or rust-crypto");
            std::process::exit(2);
        }
    }
}

fn serve<P: Peer>(sessions: &Sessions) {
    let ticket_key = P::aead_key(sessions.ticket_key);
    let mut resumptions: Vec<_> = sessions.all.iter().map(Resumption::<P>::new).collect();
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let asked = line.expect("text on standard input");
        let operations = Operation::named(&asked).unwrap_or_else(|| panic!("no operation is named {asked}"));
        for resumption in &mut resumptions {
            resumption.forget();
        }
        let started = Instant::now();
        for resumption in &mut resumptions {
            for operation in operations {
                resumption.run(*operation, &ticket_key, operations.len() > 1);
            }
        }
        let nanoseconds = started.elapsed().as_nanos() as f64 / resumptions.len() as f64;
        let wrong = resumptions.iter().enumerate().find_map(|(index, resumption)| {
            let operation = operations.iter().find(|operation| !resumption.is_right(**operation))?;
            Some(format!("wrong {} {index}", operation.name()))
        });
        writeln!(answers, "{}", wrong.unwrap_or_else(|| nanoseconds.to_string())).expect("an open standard output");
        answers.flush().expect("an open standard output");
    }
}
