//! Validates JSON values against JSON Schemas of draft 4.
//!
//! Each line of standard input is `{"schema": …, "value": …}`. For each line, prints a JSON array of
//! violations, `POINTER: MESSAGE`.
//!
//! A separate program keeps the features of `jsonschema` out of the builds of crates that the whole
//! workspace uses.

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};

use serde_json::Value;

#[expect(clippy::disallowed_methods, reason = "a write error ends the program")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let check: Value = serde_json::from_str(&line?)?;
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .should_validate_formats(true)
            .build(&check["schema"])?;
        let violations: Vec<String> = validator
            .iter_errors(&check["value"])
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        serde_json::to_writer(&mut output, &violations)?;
        writeln!(output)?;
    }
    Ok(())
}
