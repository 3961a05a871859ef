//! Suggestions for misspelled words.

/// Maximum length of a word that is compared, in bytes. The cost of a comparison is the product of
/// both lengths.
const MAX_LENGTH: usize = 128;

/// The candidate that `word` is most likely a misspelling of. `None` if no candidate is similar
/// enough; one wrong letter in three is similar enough. Case is ignored.
pub fn suggest<'w>(word: &str, candidates: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // Allows one wrong letter in three, but not two in five.
    suggest_above(0.62, word, candidates)
}

/// Like [`suggest`], with a minimum similarity: 0 accepts any candidate, 1 only an equal one.
pub fn suggest_above<'w>(
    minimum: f64,
    word: &str,
    candidates: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    if word.len() > MAX_LENGTH {
        return None;
    }
    let word = word.to_lowercase();
    let mut best = None;
    let mut highest = 0.0;
    for candidate in candidates {
        let similarity = strsim::normalized_damerau_levenshtein(&word, &candidate.to_lowercase());
        if similarity > highest {
            (best, highest) = (Some(candidate), similarity);
        }
    }
    best.filter(|_| highest >= minimum)
}

/// Returns `; did you mean '…'?` if one of `known` is similar to `word`, otherwise an empty string.
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    suggest(word, known.iter().copied())
        .map(|candidate| format!("; did you mean '{candidate}'?"))
        .unwrap_or_default()
}
