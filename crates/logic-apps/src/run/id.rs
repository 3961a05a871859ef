//! Identifiers in the service's form.

use jiff::Timestamp;

/// .NET's ticks, of 100 ns, from the year 1 to 1970.
const TICKS_TO_1970: i64 = 621_355_968_000_000_000;

/// The id of a run that starts at `now`: a number that falls as time goes on, so that the newest
/// come first in the order of the alphabet, then random digits and the unit that the service ran
/// it on, such as `08586447130394969981639729333CU06`.
pub(super) fn of_run(now: Timestamp, random: &mut fastrand::Rng) -> String {
    let falling = falling(now);
    let (random, unit) = (random.u32(..1_000_000_000), random.u8(..100));
    format!("{falling:020}{random:09}CU{unit:02}")
}

/// A number that falls as time goes on, with which ids of runs and versions of workflows begin.
pub fn falling(now: Timestamp) -> i64 {
    let ticks = i64::try_from(now.as_nanosecond() / 100)
        .unwrap_or_default()
        .saturating_add(TICKS_TO_1970);
    i64::MAX - ticks.max(0)
}

/// A GUID made of 128 bits, marked as version 4.
pub fn guid(bits: u128) -> String {
    let bits = bits & !(0xF << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

/// A signature that cannot be guessed: 256 bits in the alphabet of base64 for URLs.
pub(super) fn signature(random: &mut fastrand::Rng) -> String {
    use base64::Engine as _;
    let bytes: [u8; 32] = std::array::from_fn(|_| random.u8(..));
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
