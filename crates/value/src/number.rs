//! Exact numbers.

use std::fmt;

use bigdecimal::{BigDecimal, ToPrimitive};

/// The number of digits that a [`Number`] may have before its decimal point, and after it.
///
/// Terraform computes with 512 bits, which is 155 digits, and the smallest float64 has 324 decimal places. The limit keeps
/// a string such as `1e999999999` from taking up a gigabyte when it is written without an exponent.
pub const MAX_DIGITS: u16 = 4096;

/// A number of Terraform's type system: a decimal of up to [`MAX_DIGITS`] digits before and after the point. Infinities are
/// not supported.
///
/// Two numbers are equal if their shortest decimals are equal, as [in cty]: `1.0`, `1` and `1e0` are the same number.
/// `Display` and `Debug` write that decimal, without an exponent.
///
/// [in cty]: https://github.com/zclconf/go-cty/blob/main/cty/primitive_type.go
///
/// # Examples
///
/// ```
/// use value::Number;
///
/// let number = Number::parse("1.50e2").ok_or("not a number")?;
/// assert_eq!(number.to_string(), "150");
/// assert_eq!(number.as_i64(), Some(150));
/// assert_eq!(Number::parse("150"), Some(number));
/// assert_eq!(Number::from_f64(0.1), Number::parse("0.1"));
/// assert_eq!(Number::parse("0x10"), None);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(BigDecimal); // without trailing zeros

impl Number {
    /// Parses a decimal with an optional sign, fraction and exponent.
    ///
    /// Returns `None` if the string is not a number, or has more than [`MAX_DIGITS`] digits before or after the point.
    pub fn parse(text: &str) -> Option<Self> {
        let decimal = decimal(text)?.normalized();
        let limit = i64::from(MAX_DIGITS);
        let after_point = decimal.fractional_digit_count(); // negative for a multiple of ten
        let before_point = i64::try_from(decimal.digits()).ok()? - after_point;
        (before_point <= limit && after_point <= limit).then_some(Self(decimal))
    }

    /// The number that a float64 represents: the shortest of all decimals that round to it. Returns `None` for NaN and the
    /// infinities.
    ///
    /// Terraform reads a float64 in the same way: it keeps 53 bits and compares the shortest decimals, so that the float
    /// 0.1 is 0.1 and not 0.1000000000000000055511151231257827….
    pub fn from_f64(float: f64) -> Option<Self> {
        Self::parse(&float.to_string()) // without an exponent; `parse` rejects "NaN" and "inf"
    }

    /// The float64 that Terraform sends for this number, if it is a fraction that a float64 represents exactly.
    pub(super) fn as_exact_f64(&self) -> Option<f64> {
        if self.is_integer() {
            return None;
        }
        let float: f64 = self.to_string().parse().ok()?;
        // A float with more than 17 digits is read back as a shorter number, which is another number to Terraform.
        let exact = BigDecimal::try_from(float).is_ok_and(|exact| exact == self.0);
        (exact && Self::from_f64(float).as_ref() == Some(self)).then_some(float)
    }

    /// The number as an `i64`, if it is an integer in that range.
    pub fn as_i64(&self) -> Option<i64> {
        self.is_integer().then(|| self.0.to_i64()).flatten()
    }

    /// Whether the number has no fraction.
    pub fn is_integer(&self) -> bool {
        self.0.fractional_digit_count() <= 0
    }

    /// The number as JSON, with all its digits.
    pub fn to_json(&self) -> serde_json::Number {
        self.to_string()
            .parse()
            .unwrap_or_else(|_| unreachable!("a plain decimal is a JSON number"))
    }

    /// Reads a JSON number exactly. Returns `None` if it has more than [`MAX_DIGITS`] digits before or after the point.
    pub fn from_json(number: &serde_json::Number) -> Option<Self> {
        Self::parse(number.as_str())
    }
}

/// Parses an optional sign, digits with an optional point, and an optional exponent. [`BigDecimal`] alone also accepts
/// underscores, and exponents that overflow its arithmetic.
fn decimal(text: &str) -> Option<BigDecimal> {
    let longest = 3 * usize::from(MAX_DIGITS); // both sides of the point, and some zeros
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let is_decimal = text.len() <= longest
        && !(whole.is_empty() && fraction.is_empty())
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit())
        && exponent
            .parse::<i32>()
            .is_ok_and(|exponent| exponent.unsigned_abs() <= 4 * u32::from(MAX_DIGITS));
    if is_decimal { text.parse().ok() } else { None }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_plain_string(f)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        Self(BigDecimal::from(integer).normalized())
    }
}

impl From<u64> for Number {
    fn from(integer: u64) -> Self {
        Self(BigDecimal::from(integer).normalized())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn display_is_shortest_plain_decimal() {
        for (text, shown) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00e-7", "0"),
            ("0e4096", "0"),
            ("1.0", "1"),
            ("1e0", "1"),
            ("100e-2", "1"),
            ("1E+2", "100"),
            ("+7", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0.10", "0.1"),
            ("1e-7", "0.0000001"),
            ("-12.50", "-12.5"),
            ("18446744073709551616", "18446744073709551616"),
            (
                "3.141592653589793238462643383279",
                "3.141592653589793238462643383279",
            ),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
            assert_eq!(format!("{:?}", number(text)), shown);
            assert_eq!(number(shown), number(text));
        }
        assert_eq!(number("1e100").to_string(), format!("1{}", "0".repeat(100)));
    }

    #[test]
    fn parse_rejects_other_strings() {
        for text in [
            "", "-", ".", "+.", "e5", "1e", "1e+", "1_000", "0x10", "NaN", "nan", "inf", "+Inf", "-Inf",
            " 1", "1 ", "1.2.3", "--1", "1e1.5", "１",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn parse_rejects_more_than_max_digits() {
        let long = "9".repeat(10_000_000);
        for text in [
            "1e999999999",
            "-1e-999999999",
            "0e999999999",
            "1000e9223372036854775807",
            "1.001e-9223372036854775808",
            "1e-9223372036854775808",
            "1e99999999999999999999999999",
            "1e4096",
            "1e-4097",
            "1e9999",
            &long,
        ] {
            assert_eq!(Number::parse(text), None);
        }
        assert_eq!(number("1e4095").to_string().len(), 4096);
        assert_eq!(number("1e-4096").to_string().len(), 4098);
        assert_eq!(number(&"9".repeat(4096)).to_string().len(), 4096);
        assert_eq!(Number::parse(&"9".repeat(4097)), None);
    }

    #[test]
    fn as_i64_is_exact_or_none() {
        for (text, integer) in [
            ("0", Some(0)),
            ("-1.0", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("1e3", Some(1000)),
            ("1e4000", None),
            ("0.5", None),
        ] {
            assert_eq!(number(text).as_i64(), integer, "{text}");
        }
        assert!(number("1e4000").is_integer());
        assert!(!number("1.5").is_integer());
        assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
        assert_eq!(Number::from(1000_i64), number("1e3"));
    }

    #[test]
    fn from_f64_is_shortest_decimal() {
        for (float, text) in [
            (0.1, "0.1"),
            (-0.0, "0"),
            (1.5, "1.5"),
            (1e21, "1000000000000000000000"),
            (f64::from(0.1_f32), "0.10000000149011612"),
        ] {
            assert_eq!(Number::from_f64(float), Some(number(text)));
        }
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Number::from_f64(float), None);
        }
        assert!(Number::from_f64(f64::MAX).is_some_and(|number| number.is_integer()));
        assert!(Number::from_f64(5e-324).is_some());
    }

    #[test]
    fn as_exact_f64_is_some_only_for_exact_fractions() {
        assert_eq!(number("1.5").as_exact_f64(), Some(1.5));
        assert_eq!(number("0.1").as_exact_f64(), None);
        assert_eq!(number("2").as_exact_f64(), None);
        assert_eq!(number("1e400").as_exact_f64(), None);
        // 2^-60 is a float64, but one that reads back as the 16 digits 8.673617379884035e-19.
        assert_eq!(
            number("8.6736173798840354720596224069595336914062500e-19").as_exact_f64(),
            None
        );
    }

    #[test]
    fn to_json_and_from_json_keep_every_digit() {
        let json: serde_json::Number = serde_json::from_str("3.141592653589793238462643383279e1").unwrap();
        let number = Number::from_json(&json).unwrap();
        assert_eq!(number.to_json().as_str(), "31.41592653589793238462643383279");
    }

    proptest! {
        #[test]
        fn parse_and_display_round_trip(digits in "-?[0-9]{1,60}(\\.[0-9]{1,60})?", exponent in -300_i32..300) {
            let number = number(&format!("{digits}e{exponent}"));
            prop_assert_eq!(Number::parse(&number.to_string()), Some(number.clone()));
            prop_assert_eq!(Number::from_json(&number.to_json()), Some(number));
        }

        #[test]
        fn from_f64_round_trips(bits: u64) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite());
            let text = Number::from_f64(float).unwrap().to_string();
            prop_assert_eq!(text.parse::<f64>().ok(), Some(float));
        }

        #[test]
        fn ordering_is_numeric(a: i32, b: i32, shift in 0_usize..40) {
            let scaled = |integer: i32| number(&format!("{integer}e-{shift}"));
            prop_assert_eq!(scaled(a).cmp(&scaled(b)), a.cmp(&b));
            prop_assert_eq!(scaled(a) == scaled(b), a == b);
        }

        #[test]
        fn parse_never_panics(text in ".{0,40}") {
            let _ = Number::parse(&text);
        }
    }
}
