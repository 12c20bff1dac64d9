//! Decodes the `Content-Encoding` of a response.
//!
//! Some servers and proxies compress responses also if the request does not allow it.
//!
//! Tests: `crates/client/src/tests/encodings.rs`.

use std::fmt;
use std::io::{self, Read};

use engine::api::ErrorKind;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};

/// The encoding that requests allow. It excludes the ones that this module cannot decode.
pub(super) const ACCEPTED: &str = "gzip";

/// How many encodings one body can have, one around the other.
const MAX_ENCODINGS: usize = 3;

/// Why a body cannot be decoded.
#[derive(Debug)]
pub(super) enum UndecodableBody {
    /// It has an unknown encoding, or too many encodings.
    Unknown(String),
    /// It is incomplete, or not in the encoding that the response names.
    Broken(&'static str, io::Error),
    /// It is larger than the limit.
    TooLarge,
}

impl UndecodableBody {
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown(_) | Self::Broken(..) => ErrorKind::UnexpectedResponse,
            Self::TooLarge => ErrorKind::TooLarge,
        }
    }
}

impl fmt::Display for UndecodableBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(encoding) => write!(
                formatter,
                "the response has the `Content-Encoding` {encoding:?}, which was not asked for and cannot be decoded"
            ),
            Self::Broken(encoding, error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                write!(formatter, "the {encoding} body of the response is cut off")
            }
            Self::Broken(encoding, error) => {
                write!(formatter, "the response has no valid {encoding} body ({error})")
            }
            Self::TooLarge => formatter.write_str("the response is too large"),
        }
    }
}

/// Decodes a body. `limit` is the size of the largest one that is accepted, in bytes.
pub(super) fn decode(headers: &HeaderMap, body: Vec<u8>, limit: usize) -> Result<Vec<u8>, UndecodableBody> {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let values: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        .collect();
    let encodings: Vec<_> = values
        .iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|encoding| !matches!(*encoding, "" | "identity"))
        .collect();
    if encodings.len() > MAX_ENCODINGS {
        return Err(UndecodableBody::Unknown(encodings.join(", ")));
    }
    // A response without content may have the header, too.
    if body.is_empty() {
        return Ok(body);
    }
    // The last encoding was applied last.
    encodings
        .into_iter()
        .rev()
        .try_fold(body, |body, encoding| match encoding {
            "gzip" | "x-gzip" => read("gzip", MultiGzDecoder::new(&*body), limit),
            // Some servers omit the header of zlib.
            "deflate" if is_zlib(&body) => read("deflate", ZlibDecoder::new(&*body), limit),
            "deflate" => read("deflate", DeflateDecoder::new(&*body), limit),
            unknown => Err(UndecodableBody::Unknown(unknown.to_owned())),
        })
}

/// Reads a decoder to its end, or to one byte more than the limit.
fn read(encoding: &'static str, decoder: impl Read, limit: usize) -> Result<Vec<u8>, UndecodableBody> {
    let mut content = Vec::new();
    let readable = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder
        .take(readable)
        .read_to_end(&mut content)
        .map_err(|error| UndecodableBody::Broken(encoding, error))?;
    if content.len() > limit {
        return Err(UndecodableBody::TooLarge);
    }
    Ok(content)
}

/// Whether a body begins with the header of zlib: the method 8, and a check value that makes it divisible by 31.
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(body: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(body: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn decoded(encodings: &[&str], body: Vec<u8>) -> Result<Vec<u8>, String> {
        let headers = encodings
            .iter()
            .map(|value| (header::CONTENT_ENCODING, value.parse().unwrap()))
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
        decode(&headers, body, 1000).map_err(|error| error.to_string())
    }

    #[test]
    fn decode_reads_each_known_encoding() {
        let body = b"{\"a\": 1}".as_slice();
        let table: [(&[&str], Vec<u8>); 11] = [
            (&[], body.to_vec()),
            (&["identity"], body.to_vec()),
            (&[""], body.to_vec()),
            (&["gzip"], gzip(body)),
            (&["GZip"], gzip(body)),
            (&["x-gzip"], gzip(body)),
            (&["deflate"], zlib(body)),
            (&["deflate"], deflate(body)),
            (&["deflate, gzip"], gzip(&zlib(body))),
            (&["gzip", "gzip"], gzip(&gzip(body))),
            (&["gzip, identity"], [gzip(b"{\"a\""), gzip(b": 1}")].concat()),
        ];
        for (encodings, encoded) in table {
            assert_eq!(decoded(encodings, encoded).unwrap(), body, "{encodings:?}");
        }
        for encoding in ["gzip", "deflate", "br"] {
            assert_eq!(decoded(&[encoding], Vec::new()).unwrap(), b"");
        }
    }

    #[test]
    fn decode_explains_what_it_cannot_decode() {
        let unknown = |name: &str| {
            format!(
                "the response has the `Content-Encoding` \"{name}\", which was not asked for and cannot be decoded"
            )
        };
        let cut = |mut body: Vec<u8>| {
            body.truncate(body.len() - 9);
            body
        };
        let text = b"{\"name\": \"a long enough value\"}";
        let table: [(&[&str], Vec<u8>, String); 7] = [
            (&["br"], text.to_vec(), unknown("br")),
            (&["gzip, ZSTD"], text.to_vec(), unknown("zstd")),
            (
                &["gzip, gzip, gzip, gzip"],
                text.to_vec(),
                unknown("gzip, gzip, gzip, gzip"),
            ),
            (
                &["gzip"],
                cut(gzip(text)),
                "the gzip body of the response is cut off".to_owned(),
            ),
            (
                &["gzip"],
                vec![0x1f],
                "the gzip body of the response is cut off".to_owned(),
            ),
            (
                &["gzip"],
                text.to_vec(),
                "the response has no valid gzip body (invalid gzip header)".to_owned(),
            ),
            (
                &["gzip"],
                gzip(&[b' '; 1001]),
                "the response is too large".to_owned(),
            ),
        ];
        for (encodings, encoded, expected) in table {
            assert_eq!(
                decoded(encodings, encoded).unwrap_err(),
                expected,
                "{encodings:?}"
            );
        }
        assert!(decoded(&["deflate"], cut(zlib(text))).is_err());
        assert_eq!(decoded(&["gzip"], gzip(&[b' '; 1000])).unwrap().len(), 1000);
    }
}
