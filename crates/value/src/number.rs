//! Exact numbers.

use std::fmt;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, ToPrimitive};

/// The most digits a [`Number`] may have before, and again after, its decimal point.
///
/// Terraform computes with 512 bits, 155 digits, and the smallest float64 has 324 decimal places. The limit keeps
/// a text such as `1e999999999` from becoming a gigabyte when it is written out.
pub const MAX_DIGITS: u16 = 4096;

/// A number as Terraform has it: a decimal of any precision, or an infinity.
///
/// Two numbers are equal when their shortest decimal texts are, which is cty's own rule: `1.0`, `1` and `1e0` are one
/// number. `Display` and `Debug` give that text, without an exponent.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number(Magnitude);

// The order of the variants is the order of the numbers.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Magnitude {
    NegativeInfinity,
    Finite(BigDecimal), // without trailing zeros
    PositiveInfinity,
}

impl Number {
    /// Positive infinity.
    pub const INFINITY: Number = Number(Magnitude::PositiveInfinity);
    /// Negative infinity.
    pub const NEGATIVE_INFINITY: Number = Number(Magnitude::NegativeInfinity);

    /// Reads a decimal with or without fraction and exponent, or `+Inf` and `-Inf` as `Display` writes them.
    ///
    /// `None` when the text is not a number, or one with more than [`MAX_DIGITS`] before or after the point.
    pub fn parse(text: &str) -> Option<Number> {
        match text {
            "+Inf" => Some(Number::INFINITY),
            "-Inf" => Some(Number::NEGATIVE_INFINITY),
            _ => Number::finite(&decimal(text)?),
        }
    }

    /// The number that a float64 stands for: of all decimals that round to it, the shortest. `None` for NaN.
    ///
    /// That is how Terraform reads a float64 too: it keeps 53 bits and compares by shortest text, so that the float
    /// 0.1 is 0.1 and not 0.1000000000000000055511151231257827….
    pub fn from_f64(float: f64) -> Option<Number> {
        if float == f64::INFINITY {
            Some(Number::INFINITY)
        } else if float == f64::NEG_INFINITY {
            Some(Number::NEGATIVE_INFINITY)
        } else {
            Number::parse(&float.to_string()) // never with an exponent; "NaN" is no decimal
        }
    }

    /// The float64 that Terraform sends for this number: that of an infinity, or of a fraction it holds exactly.
    pub(super) fn as_wire_float(&self) -> Option<f64> {
        match &self.0 {
            Magnitude::NegativeInfinity => Some(f64::NEG_INFINITY),
            Magnitude::PositiveInfinity => Some(f64::INFINITY),
            Magnitude::Finite(_) if self.is_integer() => None,
            Magnitude::Finite(decimal) => {
                let float: f64 = self.to_string().parse().ok()?;
                // A float with more than 17 digits reads back as a shorter number, which Terraform takes for another.
                let exact = BigDecimal::try_from(float).is_ok_and(|exact| exact == *decimal);
                (exact && Number::from_f64(float).as_ref() == Some(self)).then_some(float)
            }
        }
    }

    /// This number as an i64, when it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Magnitude::Finite(decimal) if self.is_integer() => decimal.to_i64(),
            _ => None,
        }
    }

    /// Whether this is a finite number without a fraction.
    pub fn is_integer(&self) -> bool {
        matches!(&self.0, Magnitude::Finite(decimal) if decimal.fractional_digit_count() <= 0)
    }

    /// Whether this is neither infinity.
    pub fn is_finite(&self) -> bool {
        matches!(self.0, Magnitude::Finite(_))
    }

    /// This number as JSON, with every digit.
    ///
    /// JSON has no infinities. They become `1e+9999` and `-1e+9999`, which a reader either refuses or overflows to
    /// infinity, and which no finite [`Number`] is.
    pub fn to_json(&self) -> serde_json::Number {
        let text = match self.0 {
            Magnitude::NegativeInfinity => "-1e+9999".to_owned(),
            Magnitude::Finite(_) => self.to_string(),
            Magnitude::PositiveInfinity => "1e+9999".to_owned(),
        };
        text.parse()
            .unwrap_or_else(|_| unreachable!("a plain decimal is a JSON number"))
    }

    /// Reads a JSON number exactly. `None` for one beyond [`MAX_DIGITS`].
    pub fn from_json(number: &serde_json::Number) -> Option<Number> {
        Number::parse(number.as_str())
    }

    fn finite(decimal: &BigDecimal) -> Option<Number> {
        let decimal = decimal.normalized();
        let limit = i64::from(MAX_DIGITS);
        let after_point = decimal.fractional_digit_count(); // of a multiple of ten: less than zero
        let before_point = i64::try_from(decimal.digits()).ok()? - after_point;
        (before_point <= limit && after_point <= limit).then_some(Number(Magnitude::Finite(decimal)))
    }

    fn integer(integer: impl Into<BigInt>) -> Number {
        Number(Magnitude::Finite(
            BigDecimal::from_bigint(integer.into(), 0).normalized(),
        ))
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
        match &self.0 {
            Magnitude::NegativeInfinity => f.write_str("-Inf"),
            Magnitude::Finite(decimal) => decimal.write_plain_string(f),
            Magnitude::PositiveInfinity => f.write_str("+Inf"),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Number {
        Number::integer(integer)
    }
}

impl From<i32> for Number {
    fn from(integer: i32) -> Number {
        Number::integer(integer)
    }
}

impl From<u64> for Number {
    fn from(integer: u64) -> Number {
        Number::integer(integer)
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
            ("+Inf", "+Inf"),
            ("-Inf", "-Inf"),
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
            "", "-", ".", "+.", "e5", "1e", "1e+", "1_000", "0x10", "NaN", "nan", "inf", " 1", "1 ", "1.2.3",
            "--1", "1e1.5", "１",
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
            ("+Inf", None),
        ] {
            assert_eq!(number(text).as_i64(), integer, "{text}");
        }
        assert!(number("1e4000").is_integer());
        assert!(!number("1.5").is_integer());
        assert!(!Number::INFINITY.is_integer());
        assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
        assert_eq!(Number::from(-3_i32), number("-3"));
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
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(Number::from_f64(float), Some(number(text)));
        }
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert!(Number::from_f64(f64::MAX).is_some_and(|number| number.is_integer()));
        assert!(Number::from_f64(5e-324).is_some());
    }

    #[test]
    fn terraform_sends_a_float_only_for_a_fraction_it_holds_exactly() {
        assert_eq!(number("1.5").as_wire_float(), Some(1.5));
        assert_eq!(number("0.1").as_wire_float(), None);
        assert_eq!(number("2").as_wire_float(), None);
        assert_eq!(number("1e400").as_wire_float(), None);
        assert_eq!(number("-Inf").as_wire_float(), Some(f64::NEG_INFINITY));
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
        assert_eq!(Number::INFINITY.to_json().as_str(), "1e+9999");
        assert_eq!(Number::from_json(&Number::NEGATIVE_INFINITY.to_json()), None);
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
            prop_assume!(!float.is_nan());
            let text = Number::from_f64(float).unwrap().to_string();
            prop_assert_eq!(text.parse::<f64>().ok(), Some(float));
        }

        #[test]
        fn order_is_that_of_the_numbers(a: i32, b: i32, shift in 0_usize..40) {
            let scaled = |integer: i32| number(&format!("{integer}e-{shift}"));
            prop_assert_eq!(scaled(a).cmp(&scaled(b)), a.cmp(&b));
            prop_assert_eq!(scaled(a) == scaled(b), a == b);
            prop_assert!(Number::NEGATIVE_INFINITY < scaled(a) && scaled(a) < Number::INFINITY);
        }

        #[test]
        fn any_text_is_safe_to_parse(text in ".{0,40}") {
            let _ = Number::parse(&text);
        }
    }
}
