//! The checksums of packages in a dependency lock file: the schemes `zh:` (of a zip archive) and `h1:` (of its files).
//!
//! Source: <https://developer.hashicorp.com/terraform/language/files/dependency-lock#checksum-verification> and
//! <https://github.com/hashicorp/terraform/blob/main/internal/getproviders/hash.go>.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zip::ZipArchive;

use super::PackageError;

/// The `zh:` checksum of a zip archive: its SHA-256 in hexadecimal digits.
///
/// # Errors
///
/// [`PackageError::File`], if the archive cannot be read.
pub fn of_archive(zip: &Path) -> Result<String, PackageError> {
    let file = File::open(zip).map_err(PackageError::file("failed to open", zip))?;
    let sum = sha256(file).map_err(PackageError::file("failed to read", zip))?;
    Ok(format!("zh:{sum}"))
}

/// The `h1:` checksum of the files in a directory.
///
/// # Errors
///
/// [`PackageError`], if a file cannot be read or its name cannot be hashed.
pub fn of_directory(directory: &Path) -> Result<String, PackageError> {
    let mut files = Vec::new();
    collect_sums(directory, directory, &mut files)?;
    Ok(combine(files))
}

/// The `h1:` checksum of the files in a zip archive, which equals that of the unpacked directory.
///
/// # Errors
///
/// [`PackageError`], if the archive cannot be read or the name of a file in it cannot be hashed.
pub fn of_archive_content(zip: &Path) -> Result<String, PackageError> {
    let as_zip = |error| PackageError::Zip {
        path: zip.to_owned(),
        error,
    };
    let file = File::open(zip).map_err(PackageError::file("failed to open", zip))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(as_zip)?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(as_zip)?;
        let name = entry.name().map_err(as_zip)?.into_owned();
        if entry.is_dir() {
            continue;
        }
        if name.contains('\n') {
            return Err(PackageError::Name { path: zip.to_owned() });
        }
        let sum = sha256(entry).map_err(PackageError::file("failed to read", zip))?;
        files.push((name, sum));
    }
    Ok(combine(files))
}

/// The SHA-256 of the bytes of a reader, in lower-case hexadecimal digits.
///
/// # Errors
///
/// The error of the reader.
pub fn sha256(mut reader: impl Read) -> std::io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        context.update(buffer.get(..count).unwrap_or_default());
    }
    let mut digits = String::with_capacity(64);
    for byte in context.finish().as_ref() {
        let _ = write!(digits, "{byte:02x}");
    }
    Ok(digits)
}

/// The `h1:` checksum of files, from their names and SHA-256 sums. Modes and empty directories do not count.
///
/// This is `Hash1` of <https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash>.
fn combine(mut files: Vec<(String, String)>) -> String {
    files.sort();
    let mut context = Context::new(&SHA256);
    for (name, sum) in files {
        context.update(format!("{sum}  {name}\n").as_bytes());
    }
    format!("h1:{}", BASE64_STANDARD.encode(context.finish()))
}

/// Adds the name, relative to `root`, and the SHA-256 sum of each file in a directory and below it.
fn collect_sums(
    root: &Path,
    directory: &Path,
    files: &mut Vec<(String, String)>,
) -> Result<(), PackageError> {
    let entries = std::fs::read_dir(directory).map_err(PackageError::file("failed to read", directory))?;
    for entry in entries {
        let path = entry
            .map_err(PackageError::file("failed to read", directory))?
            .path();
        if path.is_dir() {
            collect_sums(root, &path, files)?;
            continue;
        }
        let relative: Option<Vec<&str>> = path
            .strip_prefix(root)
            .ok()
            .and_then(|relative| relative.iter().map(|part| part.to_str()).collect());
        let name = relative
            .map(|parts| parts.join("/"))
            .filter(|name| !name.contains('\n'))
            .ok_or_else(|| PackageError::Name {
                path: root.to_owned(),
            })?;
        let file = File::open(&path).map_err(PackageError::file("failed to open", &path))?;
        let sum = sha256(file).map_err(PackageError::file("failed to read", &path))?;
        files.push((name, sum));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_directory_hashes_the_sorted_sums_of_its_files() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(directory.path().join("b/c")).unwrap();
        std::fs::write(directory.path().join("b/c/d"), "x").unwrap();
        std::fs::write(directory.path().join("a"), "").unwrap();
        // Computed with sha256sum and base64.
        let listing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
                       2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  b/c/d\n";
        let digest = aws_lc_rs::digest::digest(&SHA256, listing.as_bytes());
        let expected = format!("h1:{}", BASE64_STANDARD.encode(digest));
        assert_eq!(of_directory(directory.path()).unwrap(), expected);
    }
}
