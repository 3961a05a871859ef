//! Diagnostics: the summary and the help of errors.

use picletter_core::diagnostic::Diagnostic;

#[test]
fn joined_diagnostics_repeat_no_help() {
    let one = Diagnostic::new("a", "x");
    let other = Diagnostic::new("b", "x");
    let joined = Diagnostic::joined([&one, &other, &Diagnostic::plain("c")]);
    assert_eq!(joined, Some(Diagnostic::new("a; b; c", "x")));
    assert_eq!(Diagnostic::joined([]), None);
}
