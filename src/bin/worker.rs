//! What a dyno starts.

fn main() {}
