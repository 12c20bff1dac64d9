//! Tests of values and their encodings.

mod captured;
mod codec;
mod dynamic;
mod properties;
mod reading;

/// Decodes a hexadecimal string, which may contain spaces.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    assert_eq!(
        digits.len(),
        text.chars().filter(|digit| *digit != ' ').count(),
        "`{text}` is hexadecimal"
    );
    assert!(digits.len().is_multiple_of(2), "`{text}` is whole bytes");
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
        .collect()
}
