//! `format` of ARM templates (.NET's composite format strings) and `formatNumber`.

use super::arguments::Number;
use super::text::{MAX_LENGTH, TOO_LONG};
use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

/// Replaces `{0}` and `{0:N2}` by arguments. `{{` and `}}` stand for braces.
pub(super) fn format(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut rest = arguments.text(0)?;
    let mut text = String::new();
    while let Some(brace) = rest.find(['{', '}']) {
        text.push_str(&rest[..brace]);
        rest = &rest[brace..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            text.push_str(&rest[..1]);
            rest = &rest[2..];
            continue;
        }
        let invalid = |reason: &str| arguments.invalid(0, "a format such as 'PT{0}S'", reason);
        let inside = rest
            .strip_prefix('{')
            .ok_or_else(|| invalid("unmatched `}` (use `}}` for a literal brace)"))?;
        let (field, after) = inside
            .split_once('}')
            .ok_or_else(|| invalid("unmatched `{` (use `{{` for a literal brace)"))?;
        let (number, style) = match field.split_once(':') {
            Some((number, style)) => (number, Some(style)),
            None => (field, None),
        };
        let index: usize = number.parse().map_err(|_| {
            invalid(&format!(
                "`{{{field}}}` does not contain the number of an argument"
            ))
        })?;
        if index + 1 >= arguments.len() {
            return Err(invalid(&format!("no argument for `{{{field}}}`")));
        }
        text.push_str(&argument(&arguments, index + 1, style)?);
        if text.len() > MAX_LENGTH {
            return Err(arguments.fail(TOO_LONG));
        }
        rest = after;
    }
    text.push_str(rest);
    owned(text)
}

fn argument(
    arguments: &Arguments<'_>,
    index: usize,
    style: Option<&str>,
) -> Result<String, EvalError> {
    if arguments.get(index).is_array() || arguments.get(index).is_object() {
        return Err(arguments.wrong_type(index, "a string, a number, or a Boolean"));
    }
    let Some(style) = style else {
        return Ok(arguments.as_text(index).into_owned());
    };
    format_numeric(arguments, arguments.number(index)?, style)
}

/// `formatNumber` of workflows.
pub(super) fn format_number(arguments: Arguments<'_>) -> Outcome<'_> {
    if let Some(locale) = arguments.optional_text(2)?
        && !locale.eq_ignore_ascii_case("en-us")
    {
        return Err(arguments.invalid(2, "en-us", "no other locale is supported"));
    }
    owned(format_numeric(
        &arguments,
        arguments.number(0)?,
        arguments.text(1)?,
    )?)
}

fn format_numeric(
    arguments: &Arguments<'_>,
    number: Number,
    style: &str,
) -> Result<String, EvalError> {
    standard(number, style)
        .or_else(|| custom(number, style))
        .ok_or_else(|| {
            arguments.fail(
                "unsupported number format (expected C, D, F, N, or P with up to two digits, or a pattern such as '#,##0.00')",
            )
        })
}

/// Formats by a standard format in the culture `en-US`.
fn standard(number: Number, style: &str) -> Option<String> {
    let kind = style.chars().next()?.to_ascii_uppercase();
    let count: Option<usize> = match style.get(1..)? {
        "" => None,
        digits if digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok()?)
        }
        _ => return None,
    };
    let decimals = count.unwrap_or(2);
    let (sign, digits) = match kind {
        'D' => match number {
            Number::Integer(integer) => sign_and_digits(Number::Integer(integer), 0),
            Number::Float(_) => return None,
        },
        'P' => sign_and_digits(times_hundred(number), decimals),
        _ => sign_and_digits(number, decimals),
    };
    Some(match kind {
        'C' => format!("{sign}${}", group_thousands(&digits)),
        'D' => format!("{sign}{digits:0>width$}", width = count.unwrap_or(0)),
        'F' => format!("{sign}{digits}"),
        'N' => format!("{sign}{}", group_thousands(&digits)),
        'P' => format!("{sign}{}%", group_thousands(&digits)),
        _ => return None,
    })
}

fn times_hundred(number: Number) -> Number {
    Number::Float(number.as_float() * 100.0)
}

/// Returns the sign and the digits of `number`, with this number of decimals.
fn sign_and_digits(number: Number, decimals: usize) -> (&'static str, String) {
    let (negative, digits) = match number {
        Number::Integer(integer) => {
            let point = if decimals > 0 { "." } else { "" };
            let digits = format!("{}{point}{}", integer.unsigned_abs(), "0".repeat(decimals));
            (integer < 0, digits)
        }
        Number::Float(float) => (float < 0.0, format!("{:.decimals$}", float.abs())),
    };
    let nonzero = digits.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    (if negative && nonzero { "-" } else { "" }, digits)
}

/// Inserts commas between thousands.
fn group_thousands(digits: &str) -> String {
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut grouped = String::new();
    for (index, digit) in digits[..whole].chars().enumerate() {
        if index > 0 && (whole - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &digits[whole..]
}

/// Formats by a custom format. It may contain `#`, `0`, commas within the integer part, and one
/// decimal point.
fn custom(number: Number, style: &str) -> Option<String> {
    let (whole, decimals) = style.split_once('.').unwrap_or((style, ""));
    let placeholders = |part: &str| part.bytes().filter(|byte| b"#0".contains(byte)).count();
    let zeros = |part: &str| part.bytes().filter(|byte| *byte == b'0').count();
    let valid = whole.bytes().all(|byte| b"#0,".contains(&byte));
    let commas_within = !whole.starts_with(',') && !whole.ends_with(',');
    if !valid || !commas_within || placeholders(decimals) != decimals.len() || style.is_empty() {
        return None;
    }
    let (sign, digits) = sign_and_digits(number, decimals.len());
    let (digits, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let digits = format!(
        "{:0>width$}",
        digits.trim_start_matches('0'),
        width = zeros(whole)
    );
    let digits = if whole.contains(',') {
        group_thousands(&digits)
    } else {
        digits
    };
    let minimum = decimals.rfind('0').map_or(0, |index| index + 1);
    let kept = fraction.trim_end_matches('0').len().max(minimum);
    let point = if kept > 0 { "." } else { "" };
    Some(format!("{sign}{digits}{point}{}", &fraction[..kept]))
}
