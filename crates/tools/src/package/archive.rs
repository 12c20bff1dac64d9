//! The zip archive of a package. The same input gives the same bytes, on any machine and at any time.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

use super::PackageError;

/// Writes a zip archive that contains one program under this name.
///
/// # Errors
///
/// [`zip::result::ZipError`], if the program cannot be read or the archive cannot be written.
pub fn write<W: Write + Seek>(zip: W, name: &str, program: &mut impl Read) -> zip::result::ZipResult<W> {
    // The time is the earliest that a zip archive can express: the bytes must not depend on the time of the build. The
    // mode and the system are fixed too, so that a program that was packed on Windows is executable elsewhere.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o755);
    let mut writer = ZipWriter::new(zip);
    writer.start_file(name, options)?;
    std::io::copy(program, &mut writer)?;
    writer.finish()
}

/// The first `length` bytes of the first file whose name begins with `prefix`; `None` if there is no such file.
///
/// # Errors
///
/// [`PackageError`], if the file cannot be read or is not a zip archive.
pub fn head(zip: &Path, prefix: &str, length: u64) -> Result<Option<Vec<u8>>, PackageError> {
    let as_zip = |error| PackageError::Zip {
        path: zip.to_owned(),
        error,
    };
    let mut archive = open(zip)?;
    let name = names(&archive)
        .filter_map(Result::ok)
        .find(|name| name.starts_with(prefix));
    let Some(name) = name else { return Ok(None) };
    let mut bytes = Vec::new();
    let entry = archive.by_name(&name).map_err(as_zip)?;
    entry
        .take(length)
        .read_to_end(&mut bytes)
        .map_err(PackageError::file("failed to read", zip))?;
    Ok(Some(bytes))
}

fn names(archive: &ZipArchive<impl Read + Seek>) -> impl Iterator<Item = zip::result::ZipResult<String>> {
    archive
        .file_names()
        .map(|name| name.map(std::borrow::Cow::into_owned))
}

fn open(zip: &Path) -> Result<ZipArchive<std::io::BufReader<File>>, PackageError> {
    let file = File::open(zip).map_err(PackageError::file("failed to open", zip))?;
    ZipArchive::new(std::io::BufReader::new(file)).map_err(|error| PackageError::Zip {
        path: zip.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::super::hash;
    use super::*;

    #[test]
    fn write_is_reproducible_and_hashes_as_its_directory() {
        let zip = |content: &[u8]| {
            write(
                std::io::Cursor::new(Vec::new()),
                "terraform-provider-x_v1.0.0",
                &mut &*content,
            )
            .unwrap()
            .into_inner()
        };
        let content = b"program".repeat(1000);
        assert_eq!(zip(&content), zip(&content));
        assert_ne!(zip(&content), zip(b"other"));
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("x.zip");
        std::fs::write(&archive, zip(&content)).unwrap();
        let package = directory.path().join("package");
        std::fs::create_dir(&package).unwrap();
        std::fs::write(package.join("terraform-provider-x_v1.0.0"), &content).unwrap();
        assert_eq!(
            hash::of_archive_content(&archive).unwrap(),
            hash::of_directory(&package).unwrap()
        );
        assert_eq!(
            head(&archive, "terraform-provider-x", 7).unwrap().as_deref(),
            Some(&b"program"[..])
        );
    }
}
