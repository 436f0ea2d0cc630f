//! How often memcheck saw a branch or an address depend on what the subject had marked as secret.

use crate::trace::without_random_layout;

pub struct Taint {
    pub class: String,
    pub case: String,
    pub reports: usize,
    /// How many verdicts on MACs the case asks for.
    pub verdicts: usize,
}

pub fn of(subject: &str, seed: &str) -> Result<Vec<Taint>, String> {
    let output = without_random_layout("valgrind")
        .args(["--tool=memcheck", "--quiet", "--error-limit=no", "--leak-check=no", "--undef-value-errors=yes"])
        .args([subject, seed, "tainted"])
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    if !output.status.success() {
        return Err(format!("memcheck failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.lines().skip(1).map(parse).collect::<Option<Vec<_>>>().ok_or_else(|| format!("the subject said: {told}"))
}

fn parse(line: &str) -> Option<Taint> {
    let mut fields = line.split(" | ");
    let (class, case) = (fields.next()?.into(), fields.next()?.into());
    let (reports, verdicts) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Taint { class, case, reports, verdicts })
}
