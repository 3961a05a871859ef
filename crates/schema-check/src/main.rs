//! Checks JSON values by JSON Schemas of draft 4. Each line of standard input is
//! `{"schema": …, "value": …}`; prints a JSON array of mistakes for each, `POINTER: MESSAGE`.
//!
//! It is a program, and no dependency of the tests that run it: it would change the features of crates
//! that the whole workspace uses, and so compile all of it once more.

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};

use serde_json::Value;

#[expect(clippy::disallowed_methods, reason = "a write that fails ends it")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let check: Value = serde_json::from_str(&line?)?;
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .should_validate_formats(true)
            .build(&check["schema"])?;
        let mistakes: Vec<String> = validator
            .iter_errors(&check["value"])
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        serde_json::to_writer(&mut output, &mistakes)?;
        writeln!(output)?;
    }
    Ok(())
}
