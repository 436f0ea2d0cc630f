//! What the traces and reports mean.

use crate::taint::Taint;
use crate::trace::{address, kind, Step, Trace, INSTRUCTION};
use std::collections::BTreeMap;
use std::process::Command;

/// Classes of this name leak on purpose, and have to be found.
const LEAK: &str = "leak:";
/// Right and wrong MACs differ in no more steps than it takes to write another status, after the last octet was compared.
const STATUS_STEPS: usize = 60;

/// So often a verdict may be asked for: compilers look at it once to see whether there is one, and once more for what it is.
const VERDICT_BRANCHES: usize = 2;

pub struct Finding {
    pub passed: bool,
    pub text: String,
}

/// Within a class every trace is the same; and a right MAC's is a wrong one's, up to the status.
pub fn of_traces(subject: &str, traces: &[Trace]) -> Vec<Finding> {
    let mut classes: BTreeMap<&str, Vec<&Trace>> = BTreeMap::new();
    traces.iter().for_each(|trace| classes.entry(&trace.class).or_default().push(trace));
    let mut findings: Vec<Finding> = classes.iter().map(|(class, traces)| same(subject, class, traces)).collect();
    for (class, right) in classes.iter().filter(|(class, _)| class.starts_with("verify_mac (all right)")) {
        let wrong = &classes[class.replace("(all right)", "(last wrong)").as_str()][0];
        let tail = right[0].steps.len().max(wrong.steps.len()) - common(&right[0].steps, &wrong.steps);
        findings.push(Finding {
            passed: tail <= STATUS_STEPS,
            text: format!("{class} and (last wrong): the same but for the last {tail} steps"),
        });
    }
    findings
}

fn same(subject: &str, class: &str, traces: &[&Trace]) -> Finding {
    let first = traces[0];
    let differing = traces.iter().find(|trace| trace.steps != first.steps);
    let is_leak = class.starts_with(LEAK);
    let text = match differing {
        None => {
            let instructions = first.steps.iter().filter(|step| kind(**step) == INSTRUCTION).count();
            let accesses = first.steps.len() - instructions;
            let count = traces.len();
            format!("{class}: {count} traces of {instructions} instructions and {accesses} accesses, all the same")
        }
        Some(other) => {
            let step = common(&first.steps, &other.steps);
            format!(
                "{class}: secrets {} ({}) and {} ({}) differ from step {step} of {} and {} on, in {}",
                first.seed,
                first.case,
                other.seed,
                other.case,
                first.steps.len(),
                other.steps.len(),
                place(subject, first.start, &first.steps[..step]),
            )
        }
    };
    let is_same = differing.is_none() && !first.steps.is_empty();
    Finding { passed: is_same != is_leak, text }
}

fn common(one: &[Step], other: &[Step]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The function and line of the last instruction.
fn place(subject: &str, start: u64, steps: &[Step]) -> String {
    let Some(last) = steps.iter().rev().find(|step| kind(**step) == INSTRUCTION) else { return "its first step".into() };
    let place = format!("{:x}", address(*last).wrapping_sub(start));
    let told = Command::new("addr2line").args(["-f", "-C", "-i", "-s", "-e", subject, &place]).output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).trim().replace('\n', " ")).unwrap_or_default();
    format!("0x{place} {told}")
}

/// A secret decides nothing, and where a MAC is verified, one thing for each member: the verdict.
pub fn of_taint(taints: &[Taint]) -> Vec<Finding> {
    let finding = |taint: &Taint| {
        let Taint { class, case, reports, verdicts } = taint;
        let is_leak = class.starts_with(LEAK);
        let allowed = VERDICT_BRANCHES * verdicts;
        let text = format!("{class} {case}: {reports} branches or addresses depend on secrets, {allowed} may, on verdicts");
        Finding { passed: (*reports <= allowed) != is_leak, text }
    };
    taints.iter().map(finding).collect()
}
