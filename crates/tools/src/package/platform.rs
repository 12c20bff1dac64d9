//! Operating systems and processors, by Terraform's names, which are Go's.

use std::fmt;
use std::str::FromStr;

/// The platform that a package is for, e.g. `linux_amd64`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// The operating system, e.g. `linux`, `darwin` or `windows`.
    pub os: String,
    /// The processor architecture, e.g. `amd64` or `arm64`.
    pub arch: String,
}

/// The string is not a platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform: write for example `linux_amd64`")]
pub struct PlatformError(String);

impl Platform {
    /// The platform that this program runs on.
    pub fn current() -> Self {
        let os = match std::env::consts::OS {
            "macos" => "darwin",
            other => other,
        };
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "x86" => "386",
            other => other,
        };
        Self {
            os: os.to_owned(),
            arch: arch.to_owned(),
        }
    }

    /// The file name extension of a program: `.exe` on Windows, otherwise empty.
    pub fn executable_suffix(&self) -> &'static str {
        if self.os == "windows" { ".exe" } else { "" }
    }

    /// The platform that a program was built for, by its ELF, Mach-O or PE header; `None` if the bytes have no such header.
    ///
    /// An architecture that the provider is not built for is `unknown`.
    pub fn of_program(bytes: &[u8]) -> Option<Self> {
        let at = |index: usize| bytes.get(index).copied();
        let pair = |index: usize| Some(u16::from_le_bytes([at(index)?, at(index + 1)?]));
        let named = |os: &str, arch: &str| {
            Some(Self {
                os: os.to_owned(),
                arch: arch.to_owned(),
            })
        };
        match bytes {
            [0x7f, b'E', b'L', b'F', ..] => {
                let os = match at(7)? {
                    9 => "freebsd",
                    12 => "openbsd",
                    _ => "linux",
                };
                match pair(18)? {
                    0x3e => named(os, "amd64"),
                    0xb7 => named(os, "arm64"),
                    0x03 => named(os, "386"),
                    0x28 => named(os, "arm"),
                    _ => named(os, "unknown"),
                }
            }
            [0xcf, 0xfa, 0xed, 0xfe, processor, ..] => match processor {
                0x07 => named("darwin", "amd64"),
                0x0c => named("darwin", "arm64"),
                _ => named("darwin", "unknown"),
            },
            [b'M', b'Z', ..] => {
                let header = [at(0x3c)?, at(0x3d)?, at(0x3e)?, at(0x3f)?];
                let header = usize::try_from(u32::from_le_bytes(header)).ok()?;
                match pair(header.checked_add(4)?)? {
                    0x8664 => named("windows", "amd64"),
                    0xaa64 => named("windows", "arm64"),
                    0x014c => named("windows", "386"),
                    _ => named("windows", "unknown"),
                }
            }
            _ => None,
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_{}", self.os, self.arch)
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let is_name = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match text.split_once('_') {
            Some((os, arch)) if is_name(os) && is_name(arch) => Ok(Self {
                os: os.to_owned(),
                arch: arch.to_owned(),
            }),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_program_reads_elf_mach_o_and_pe_headers() {
        let this_program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(Platform::of_program(&this_program), Some(Platform::current()));
        assert_eq!(Platform::of_program(b"#!/bin/sh\n"), None);
        assert_eq!(Platform::of_program(b"\x7fELF"), None);
        let mac = [0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1];
        assert_eq!(Platform::of_program(&mac).unwrap().to_string(), "darwin_arm64");
        let mut windows = vec![0; 0x86];
        windows[..2].copy_from_slice(b"MZ");
        windows[0x3c] = 0x80;
        windows[0x84..].copy_from_slice(&0x8664u16.to_le_bytes());
        assert_eq!(
            Platform::of_program(&windows).unwrap().to_string(),
            "windows_amd64"
        );
    }

    #[test]
    fn platform_parses_with_exactly_one_underscore() {
        assert_eq!(
            "linux_amd64".parse::<Platform>().unwrap().to_string(),
            "linux_amd64"
        );
        for text in ["linux", "linux_", "_amd64", "linux_amd_64", ""] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }
}
