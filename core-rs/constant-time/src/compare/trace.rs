//! What a case executed and touched, as valgrind's lackey tells it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A line of the trace: what it is in the topmost octet, how many octets in the next, and the address in the rest.
pub type Step = u64;

pub const INSTRUCTION: u8 = b'I';

pub struct Trace {
    pub class: String,
    pub case: String,
    pub seed: String,
    /// Where the program was loaded.
    pub start: u64,
    pub steps: Vec<Step>,
}

pub fn kind(step: Step) -> u8 {
    (step >> 56) as u8
}

pub fn address(step: Step) -> u64 {
    step & 0xffff_ffff_ffff
}

/// A command whose addresses are the same in every run.
pub fn without_random_layout(program: &str) -> Command {
    let mut command = Command::new("setarch");
    command.args(["-R", program]).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// The traces of every case with every seed, two seeds at a time.
pub fn of_all(subject: &str, seeds: &[String]) -> Result<Vec<Trace>, String> {
    let mut traces = Vec::new();
    for pair in seeds.chunks(2) {
        let found: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = pair.iter().map(|seed| scope.spawn(move || of_one(subject, seed))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a thread that does not panic")).collect()
        });
        for one in found {
            traces.extend(one?);
        }
    }
    Ok(traces)
}

fn of_one(subject: &str, seed: &str) -> Result<Vec<Trace>, String> {
    // Without a trace first, for where the marks are: every tool of valgrind loads the program to the same place.
    let unwatched = without_random_layout("valgrind").args(["--tool=none", "--quiet", subject, seed]).output();
    let unwatched = unwatched.map_err(|error| format!("setarch: {error}"))?;
    let told = String::from_utf8_lossy(&unwatched.stdout).into_owned();
    if !unwatched.status.success() {
        return Err(format!("the subject failed: {}", String::from_utf8_lossy(&unwatched.stderr)));
    }
    let mut lines = told.lines();
    let marks: Vec<u64> =
        lines.next().unwrap_or_default().split(' ').filter_map(|mark| u64::from_str_radix(mark, 16).ok()).collect();
    let &[begin, end, start] = &marks[..] else { return Err("the subject names no marks".into()) };

    let mut watched = without_random_layout("valgrind")
        .args(["--tool=lackey", "--trace-mem=yes", "--basic-counts=no", subject, seed])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("valgrind: {error}"))?;
    let sections = sections(BufReader::with_capacity(1 << 20, watched.stderr.take().expect("piped")), begin, end)?;
    if !watched.wait().is_ok_and(|status| status.success()) {
        return Err("valgrind failed".into());
    }
    let names: Vec<&str> = lines.collect();
    if sections.len() != names.len() {
        return Err(format!("{} parts between marks, expected one for each of {} cases", sections.len(), names.len()));
    }
    Ok(names
        .into_iter()
        .zip(sections)
        .map(|(name, steps)| {
            let (class, case) = name.split_once(" | ").unwrap_or((name, ""));
            Trace { class: class.into(), case: case.into(), seed: seed.into(), start, steps }
        })
        .collect())
}

/// The steps of each part between a store to `begin` and one to `end`.
fn sections(mut lines: impl BufRead, begin: u64, end: u64) -> Result<Vec<Vec<Step>>, String> {
    let mut sections = Vec::new();
    let mut current: Option<Vec<Step>> = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(|error| error.to_string())? == 0 {
            return Ok(sections);
        }
        let Some(step) = parse(&line) else { continue };
        if kind(step) != INSTRUCTION && address(step) == begin {
            current = Some(Vec::new());
        } else if kind(step) != INSTRUCTION && address(step) == end {
            sections.extend(current.take());
        } else if let Some(steps) = &mut current {
            steps.push(step);
        }
    }
}

/// `I  04016a4f,3`, ` L 1ffefffe38,8`, ` S …`, ` M …`; anything else is not of the trace.
fn parse(line: &[u8]) -> Option<Step> {
    let kind = match line.get(..3)? {
        b"I  " => b'I',
        b" L " => b'L',
        b" S " => b'S',
        b" M " => b'M',
        _ => return None,
    };
    let (place, octets) = std::str::from_utf8(&line[3..]).ok()?.trim_end().split_once(',')?;
    let (place, octets) = (u64::from_str_radix(place, 16).ok()?, octets.parse::<u8>().ok()?);
    Some(u64::from(kind) << 56 | u64::from(octets) << 48 | address(place))
}
