//! Values of JSON in their plain forms. None of another one: that is read strictly.

/// The longest text, in bytes: that of a name.
const TEXT_BYTES_MAX: usize = 256;
/// A number has at most so many digits before its point, and so many behind it that are not zeros at the end.
const WHOLE_DIGITS_MAX: usize = 12;
const DECIMALS_MAX: u8 = 6;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The offset of the quote that ends a text which begins at `at`, and whether the text is ASCII. Eight bytes are looked at
/// at a time; a backslash or a control character has no plain form.
pub(super) fn text_end(bytes: &[u8], at: usize) -> Option<(usize, bool)> {
    let (mut place, mut high) = (at, 0);
    while let Some(eight) = bytes.get(place..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        // A byte that is zero, or less than a blank, leaves its highest bit; of a borrow only bytes behind it know.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let stops = (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | (word.wrapping_sub(ONES * 0x20) & !word)) & HIGHS;
        if stops != 0 {
            let before = stops.trailing_zeros() as usize / 8;
            high |= word & HIGHS & (stops & stops.wrapping_neg()).wrapping_sub(1);
            let end = place + before;
            return (bytes.get(end) == Some(&b'"') && end - at <= TEXT_BYTES_MAX).then_some((end, high == 0));
        }
        high |= word & HIGHS;
        place += 8;
    }
    let mut ascii = high == 0;
    loop {
        match bytes.get(place)? {
            b'"' => return (place - at <= TEXT_BYTES_MAX).then_some((place, ascii)),
            b'\\' | 0..0x20 => return None,
            byte => ascii &= byte.is_ascii(),
        }
        place += 1;
    }
}

/// The digits of a number that begins at `at`, how many of them are decimals, and the offset behind it. Zeros at the end
/// are no digits.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<(i64, u8, usize)> {
    let negative = bytes.get(at) == Some(&b'-');
    let start = at + usize::from(negative);
    let (mut digits, mut place) = (0i64, start);
    while let Some(digit) = digit(bytes, place) {
        digits = digits.wrapping_mul(10).wrapping_add(digit);
        place += 1;
    }
    let n_whole = place - start;
    if n_whole == 0 || n_whole > WHOLE_DIGITS_MAX || (n_whole > 1 && bytes.get(start) == Some(&b'0')) {
        return None;
    }
    let mut scale = 0;
    if bytes.get(place) == Some(&b'.') {
        place += 1;
        while let Some(digit) = digit(bytes, place) {
            digits = digits.checked_mul(10)?.checked_add(digit)?;
            scale += 1;
            place += 1;
        }
        if scale == 0 || scale > DECIMALS_MAX {
            return None;
        }
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
    }
    if matches!(bytes.get(place), Some(b'e' | b'E')) {
        return None;
    }
    Some((if negative { -digits } else { digits }, scale, place))
}

fn digit(bytes: &[u8], at: usize) -> Option<i64> {
    bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10).map(i64::from)
}

/// Two digits.
pub(super) fn two_digits(bytes: &[u8; 2]) -> Option<i64> {
    let [tens, ones] = bytes.map(|byte| byte.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// The offset behind `true` or `false`, and which it is.
pub(super) fn flag(bytes: &[u8], at: usize) -> Option<(bool, usize)> {
    let rest = bytes.get(at..)?;
    if rest.starts_with(b"true") {
        return Some((true, at + 4));
    }
    rest.starts_with(b"false").then_some((false, at + 5))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn texts_end_at_their_quotes() {
        for length in 0..40 {
            let text = "x".repeat(length);
            for behind in ["", ",", ", \"and more\" behind it"] {
                let line = format!("{text}\"{behind}");
                assert_eq!(text_end(line.as_bytes(), 0), Some((length, true)));
                let line = format!("{text}ü\"{behind}");
                assert_eq!(text_end(line.as_bytes(), 0), Some((length + 2, false)));
                // What stands behind the quote says nothing of the text.
                let line = format!("{text}\"ü{behind}");
                assert_eq!(text_end(line.as_bytes(), 0), Some((length, true)));
                for wrong in ["\\", "\n", "\0", "\u{1f}"] {
                    let line = format!("{text}{wrong}\"{behind}");
                    assert_eq!(text_end(line.as_bytes(), 0), None);
                    let line = format!("{text}\"{wrong}{behind}");
                    assert_eq!(text_end(line.as_bytes(), 0), Some((length, true)));
                }
            }
            assert_eq!(text_end(text.as_bytes(), 0), None);
        }
        assert_eq!(text_end(format!("{}\"", "x".repeat(256)).as_bytes(), 0), Some((256, true)));
        assert_eq!(text_end(format!("{}\"", "x".repeat(257)).as_bytes(), 0), None);
    }

    #[test]
    fn numbers_in_their_plain_form() {
        for (text, wanted) in [
            ("0", Some((0, 0, 1))),
            ("-0,", Some((0, 0, 2))),
            ("12.50}", Some((125, 1, 5))),
            ("-3.25", Some((-325, 2, 5))),
            ("5.000", Some((5, 0, 5))),
            ("999999999999.999999", Some((999_999_999_999_999_999, 6, 19))),
            ("100", Some((100, 0, 3))),
            ("", None),
            ("-", None),
            ("01", None),
            ("1.", None),
            (".5", None),
            ("1e3", None),
            ("1.5E3", None),
            ("1000000000000", None),
            ("0.1234567", None),
        ] {
            assert_eq!(number(text.as_bytes(), 0), wanted, "{text}");
        }
    }
}
