//! ARM templates.

use super::functions::Function;

pub(super) static FUNCTIONS: &[Function] = &[];
