//! The word that was probably meant.

/// Bytes of the longest word that is compared.
const LONGEST: usize = 128;

/// The one of `words` that `word` is most likely a slip of; none where it resembles none.
pub(crate) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // Two slips in a word of five letters are one too many.
    nearest_by(0.62, word, words)
}

/// The same, where that much of all letters must be alike, from 0 to 1.
pub(crate) fn nearest_by<'w>(
    least: f64,
    word: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    // Comparing costs the product of both lengths, and no known word is nearly this long.
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let mut best = None;
    let mut most = 0.0;
    for candidate in words {
        let alike = strsim::normalized_damerau_levenshtein(&word, &candidate.to_lowercase());
        if alike > most {
            (best, most) = (Some(candidate), alike);
        }
    }
    best.filter(|_| most >= least)
}
