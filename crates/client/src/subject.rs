//! The subject of a certificate, as far as errors show it.

use std::fmt;

/// The tags of ASN.1 in a name.
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// UTF-8, printable, Teletex and IA5 strings: all of them contain ASCII, or nearly.
const STRINGS: [u8; 4] = [0x0c, 0x13, 0x14, 0x16];

const COMMON_NAME: &str = "CN";

/// The attributes of a name in their order, each with its abbreviation.
pub(super) struct Subject(Vec<(&'static str, String)>);

impl Subject {
    /// Parses the content of a name's `SEQUENCE`, see [RFC 5280](https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.4). What
    /// is unknown or invalid is left out.
    pub fn parse(name: &[u8]) -> Self {
        let sets = elements(name).filter(|(tag, _)| *tag == SET);
        let attributes = sets
            .flat_map(|(_, set)| elements(set))
            .filter(|(tag, _)| *tag == SEQUENCE);
        Self(attributes.filter_map(|(_, content)| attribute(content)).collect())
    }

    /// The common names.
    pub fn common_names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.iter().filter(|(name, _)| *name == COMMON_NAME);
        names.map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("no subject");
        }
        for (index, (name, value)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{name}={value}")?;
        }
        Ok(())
    }
}

/// An attribute of a name: its object identifier and its value.
fn attribute(content: &[u8]) -> Option<(&'static str, String)> {
    let mut parts = elements(content);
    let (tag, identifier) = parts.next()?;
    let (kind, value) = parts.next()?;
    if tag != OBJECT_IDENTIFIER || !STRINGS.contains(&kind) {
        return None;
    }
    let name = match identifier {
        [0x55, 0x04, 0x03] => COMMON_NAME,
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        _ => return None,
    };
    Some((name, String::from_utf8_lossy(value).into_owned()))
}

/// The elements of a DER encoding, each with its tag and content, up to the first invalid one.
fn elements(mut input: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, content, rest) = element(input)?;
        input = rest;
        Some((tag, content))
    })
}

fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => {
            let (&length, rest) = rest.split_first()?;
            (usize::from(length), rest)
        }
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};
    use webpki::EndEntityCert;

    use super::*;

    #[test]
    fn subject_has_the_names_of_the_certificate() {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, value) in [
            (DnType::CountryName, "CH"),
            (DnType::OrganizationName, "Müller & Söhne"),
            (DnType::CommonName, &*"x".repeat(200)),
        ] {
            params.distinguished_name.push(kind, value);
        }
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let certificate = EndEntityCert::try_from(certificate.der()).unwrap();
        let subject = Subject::parse(certificate.subject());
        assert_eq!(
            subject.to_string(),
            format!("C=CH, O=Müller & Söhne, CN={}", "x".repeat(200))
        );
        assert_eq!(subject.common_names().collect::<Vec<_>>(), ["x".repeat(200)]);
    }

    #[test]
    fn invalid_subject_is_left_out() {
        let table: [&[u8]; 8] = [
            b"",
            b"\x31",
            b"\x31\x05\x30",
            b"\x31\x80\x00\x00",
            b"\x31\x84\xff\xff\xff\xff",
            b"\x30\x00",
            b"\x31\x02\x30\x00",
            b"\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x02\x02\x00\x00",
        ];
        for name in table {
            assert_eq!(Subject::parse(name).to_string(), "no subject", "{name:?}");
        }
        let valid = b"\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03abc\x31\x99";
        assert_eq!(Subject::parse(valid).to_string(), "CN=abc");
    }
}
