//! Exact numbers.

use std::fmt;

use bigdecimal::{BigDecimal, ToPrimitive};

/// The most digits a [`Number`] may have before, and again after, its decimal point.
///
/// Terraform computes with 512 bits, 155 digits, and the smallest float64 has 324 decimal places. The limit keeps
/// a string such as `1e999999999` from becoming a gigabyte when it is written out.
pub const MAX_DIGITS: u16 = 4096;

/// A number as Terraform has it: a decimal of any precision. Infinities are no numbers here.
///
/// Two numbers are equal when their shortest decimals are, which is cty's own rule: `1.0`, `1` and `1e0` are one
/// number. `Display` and `Debug` give that decimal, without an exponent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(BigDecimal); // without trailing zeros

impl Number {
    /// Reads a decimal with or without fraction and exponent.
    ///
    /// `None` when the string is not a number, or one with more than [`MAX_DIGITS`] before or after the point.
    pub fn parse(text: &str) -> Option<Self> {
        let decimal = decimal(text)?.normalized();
        let limit = i64::from(MAX_DIGITS);
        let after_point = decimal.fractional_digit_count(); // of a multiple of ten: less than zero
        let before_point = i64::try_from(decimal.digits()).ok()? - after_point;
        (before_point <= limit && after_point <= limit).then_some(Self(decimal))
    }

    /// The number that a float64 stands for: of all decimals that round to it, the shortest. `None` for NaN and the
    /// infinities.
    ///
    /// That is how Terraform reads a float64 too: it keeps 53 bits and compares by shortest text, so that the float
    /// 0.1 is 0.1 and not 0.1000000000000000055511151231257827….
    pub fn from_f64(float: f64) -> Option<Self> {
        Self::parse(&float.to_string()) // never with an exponent; "NaN" and "inf" are no decimals
    }

    /// The float64 that Terraform sends for this number, if it is a fraction that a float64 holds exactly.
    pub(super) fn as_wire_float(&self) -> Option<f64> {
        if self.is_integer() {
            return None;
        }
        let float: f64 = self.to_string().parse().ok()?;
        // A float with more than 17 digits reads back as a shorter number, which Terraform takes for another.
        let exact = BigDecimal::try_from(float).is_ok_and(|exact| exact == self.0);
        (exact && Self::from_f64(float).as_ref() == Some(self)).then_some(float)
    }

    /// This number as an i64, when it is one.
    pub fn as_i64(&self) -> Option<i64> {
        self.is_integer().then(|| self.0.to_i64()).flatten()
    }

    /// Whether this number has no fraction.
    pub fn is_integer(&self) -> bool {
        self.0.fractional_digit_count() <= 0
    }

    /// This number as JSON, with every digit.
    pub fn to_json(&self) -> serde_json::Number {
        self.to_string()
            .parse()
            .unwrap_or_else(|_| unreachable!("a plain decimal is a JSON number"))
    }

    /// Reads a JSON number exactly. `None` for one beyond [`MAX_DIGITS`].
    pub fn from_json(number: &serde_json::Number) -> Option<Self> {
        Self::parse(number.as_str())
    }
}

/// Reads an optional sign, digits with an optional point, and an optional exponent. [`BigDecimal`] alone would take
/// underscores too, and exponents that overflow in its arithmetic.
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
    fn text_is_the_shortest_plain_decimal() {
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
    fn other_texts_are_no_numbers() {
        for text in [
            "", "-", ".", "+.", "e5", "1e", "1e+", "1_000", "0x10", "NaN", "nan", "inf", "+Inf", "-Inf",
            " 1", "1 ", "1.2.3", "--1", "1e1.5", "１",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_numbers_are_refused_before_they_cost_anything() {
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
    fn integers_convert_exactly_or_not_at_all() {
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
    fn a_float_is_its_shortest_decimal() {
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
    fn terraform_sends_a_float_only_for_a_fraction_it_holds_exactly() {
        assert_eq!(number("1.5").as_wire_float(), Some(1.5));
        assert_eq!(number("0.1").as_wire_float(), None);
        assert_eq!(number("2").as_wire_float(), None);
        assert_eq!(number("1e400").as_wire_float(), None);
        // 2^-60 is a float64, but one that reads back as the 16 digits 8.673617379884035e-19.
        assert_eq!(
            number("8.6736173798840354720596224069595336914062500e-19").as_wire_float(),
            None
        );
    }

    #[test]
    fn json_keeps_every_digit() {
        let json: serde_json::Number = serde_json::from_str("3.141592653589793238462643383279e1").unwrap();
        let number = Number::from_json(&json).unwrap();
        assert_eq!(number.to_json().as_str(), "31.41592653589793238462643383279");
    }

    proptest! {
        #[test]
        fn texts_round_trip(digits in "-?[0-9]{1,60}(\\.[0-9]{1,60})?", exponent in -300_i32..300) {
            let number = number(&format!("{digits}e{exponent}"));
            prop_assert_eq!(Number::parse(&number.to_string()), Some(number.clone()));
            prop_assert_eq!(Number::from_json(&number.to_json()), Some(number));
        }

        #[test]
        fn floats_round_trip(bits: u64) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite());
            let text = Number::from_f64(float).unwrap().to_string();
            prop_assert_eq!(text.parse::<f64>().ok(), Some(float));
        }

        #[test]
        fn order_is_that_of_the_numbers(a: i32, b: i32, shift in 0_usize..40) {
            let scaled = |integer: i32| number(&format!("{integer}e-{shift}"));
            prop_assert_eq!(scaled(a).cmp(&scaled(b)), a.cmp(&b));
            prop_assert_eq!(scaled(a) == scaled(b), a == b);
        }

        #[test]
        fn any_text_is_safe_to_parse(text in ".{0,40}") {
            let _ = Number::parse(&text);
        }
    }
}
