//! `compare SUBJECT [SEEDS]`: runs the subject in valgrind with that many seeds and says for which classes what was executed and touched
//! depends on the secrets. The last line is "N passed, N failed, N skipped".

mod taint;
mod trace;
mod verdict;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(subject) = arguments.get(1) else {
        eprintln!("compare SUBJECT [SEEDS]");
        return ExitCode::from(2);
    };
    let seeds: u64 = arguments.get(2).and_then(|seeds| seeds.parse().ok()).unwrap_or(2);
    // Multiples of an odd number: far from each other, and the same in every run.
    let seeds: Vec<String> = (1..=seeds).map(|seed| format!("{:016x}", seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let findings = trace::of_all(subject, &seeds)
        .map(|traces| verdict::of_traces(subject, &traces))
        .and_then(|verdicts| Ok((verdicts, verdict::of_taint(&taint::of(subject, &seeds[0])?))));
    let (traces, taints) = match findings {
        Ok(findings) => findings,
        Err(reason) => {
            println!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = 0;
    for finding in traces.iter().chain(&taints) {
        println!("{} {}", if finding.passed { "ok    " } else { "FAILED" }, finding.text);
        failed += usize::from(!finding.passed);
    }
    println!("{} passed, {failed} failed, 0 skipped", traces.len() + taints.len() - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
