//! Faults on a command line.

use std::time::Duration;

use http::StatusCode;

use super::{Fault, FaultKind, FaultResponse, Shape};

/// The fault on a command line is invalid.
#[derive(Debug, thiserror::Error)]
#[error("invalid fault `{text}`: {reason}; write `{FORM}`")]
pub struct FaultError {
    text: String,
    reason: String,
}

/// The syntax of a fault on a command line.
pub const FORM: &str = "OPERATION=KIND[,MODIFIER…] with KIND one of STATUS, reset-before, reset-after, delay:TIME, \
    truncated, garbage, slow:TIME, huge:BYTES, redirect:URL, empty:STATUS, only:FIELD+FIELD, without:FIELD+FIELD, \
    null:FIELD+FIELD, numbers-as-strings, booleans-as-numbers, integers-as-floats, gzip, close-after, connection-close, any \
    and MODIFIER one of times:N, skip:N, probability:P, in-a-row:N, retry-after:VALUE, html, message, processed";

impl Fault {
    /// Parses a fault of a command line, see [`FORM`].
    ///
    /// # Errors
    /// If the text does not follow that syntax.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let error = |reason: &str| FaultError {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (operation, specification) = text.split_once('=').ok_or_else(|| error("missing `=`"))?;
        let mut words = specification
            .split(',')
            .map(|word| word.split_once(':').unwrap_or((word, "")));
        let (kind, value) = words.next().ok_or_else(|| error("missing kind"))?;
        let duration = || parse_duration(value).ok_or_else(|| error("expected a duration such as `500ms`"));
        let fields = || value.split('+').map(str::to_owned).collect();
        let mut fault = match kind {
            "reset-before" => Self::new(operation, FaultKind::ResetBefore),
            "reset-after" => Self::new(operation, FaultKind::ResetAfter),
            "delay" => Self::new(operation, FaultKind::Delay(duration()?)),
            "truncated" => Self::new(operation, FaultKind::Truncated),
            "garbage" => Self::new(operation, FaultKind::Garbage),
            "slow" => Self::new(operation, FaultKind::Slow(duration()?)),
            "huge" => {
                let bytes = value.parse().map_err(|_| error("expected a number of bytes"))?;
                Self::new(operation, FaultKind::Huge(bytes))
            }
            "redirect" => Self::redirect(operation, 302, value),
            "empty" => Self::new(
                operation,
                FaultKind::Empty(success(value).ok_or_else(|| error("expected a status from 200 to 299"))?),
            ),
            "only" => Self::shaped(operation, Shape::Only(fields())),
            "without" => Self::shaped(operation, Shape::Without(fields())),
            "null" => Self::shaped(operation, Shape::Null(fields())),
            "numbers-as-strings" => Self::shaped(operation, Shape::NumbersAsStrings),
            "booleans-as-numbers" => Self::shaped(operation, Shape::BooleansAsNumbers),
            "integers-as-floats" => Self::shaped(operation, Shape::IntegersAsFloats),
            "gzip" => Self::new(operation, FaultKind::Gzip),
            "close-after" => Self::new(operation, FaultKind::CloseAfter),
            "connection-close" => Self::new(operation, FaultKind::ConnectionClose),
            "any" => Self::new(operation, FaultKind::Any),
            status => {
                let status = status.parse().map_err(|_| error("unknown kind"))?;
                StatusCode::from_u16(status).map_err(|_| error("not an HTTP status"))?;
                Self::status(operation, status)
            }
        };
        for (modifier, value) in words {
            let number = || {
                value
                    .parse()
                    .map_err(|_| error("the value of a modifier is not a number"))
            };
            fault = match modifier {
                "times" => fault.times(number()?),
                "skip" => fault.skip(number()?),
                "in-a-row" => fault.in_a_row(number()?),
                "probability" => {
                    let share = value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
                    fault.probability(share.ok_or_else(|| error("a probability must be between 0 and 1"))?)
                }
                "retry-after" => fault.header("retry-after", value),
                "processed" => fault.processed(),
                "html" => fault.with_page(FaultResponse::html),
                "message" => fault.with_page(FaultResponse::message),
                _ => return Err(error("unknown modifier")),
            };
        }
        Ok(fault)
    }
}

/// Parses a duration such as `500ms` or `2s`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    text.parse::<jiff::SignedDuration>().ok()?.try_into().ok()
}

/// Parses the status of a success.
fn success(text: &str) -> Option<StatusCode> {
    let status = StatusCode::from_u16(text.parse().ok()?).ok()?;
    status.is_success().then_some(status)
}
