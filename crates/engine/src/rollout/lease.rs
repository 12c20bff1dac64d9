//! A place of a group that processes on one host share: two configurations of the provider run in two processes.
//!
//! Each place is a file that a process locks. The operating system unlocks it when the process ends, whatever ends it. The files stay: one
//! that is deleted while another process opens it would be locked twice.
//!
//! Tests: below.

use std::fs::{File, OpenOptions, TryLockError, symlink_metadata};
use std::io;
use std::path::Path;

use uuid::Uuid;

/// A locked file, until it is dropped; `None` if files cannot be locked here.
pub struct Lease(Option<File>);

impl Lease {
    /// A lease that no other process sees.
    pub fn unshared() -> Self {
        Self(None)
    }

    /// Whether other processes see it.
    pub fn is_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Locks one of the first `capacity` places of a group in `directory`. `provider` and `endpoint` distinguish the groups of others.
    /// `None` if all of them are locked.
    ///
    /// # Errors
    ///
    /// The error of the operating system if a file cannot be created or locked.
    pub fn acquire(
        directory: &Path,
        provider: &str,
        endpoint: &str,
        group: &str,
        capacity: usize,
    ) -> io::Result<Option<Self>> {
        let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{endpoint}\n{group}").as_bytes());
        for place in 0..capacity {
            let file = open(&directory.join(format!("terraform-provider-{provider}-{name}.{place}.lock")))?;
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(Some(file)))),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// Opens a file without writing to it: it may be of another user.
fn open(path: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created,
    }
    // To open a pipe would wait for its other end.
    if !symlink_metadata(path)?.is_file() {
        return Err(io::Error::other(format!("{} is no file", path.display())));
    }
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_has_as_many_leases_as_places() {
        let directory = tempfile::tempdir().unwrap();
        let acquire = |endpoint: &str, group: &str| {
            Lease::acquire(directory.path(), "acme", endpoint, group, 2).unwrap()
        };
        let first = acquire("https://a", "web");
        let second = acquire("https://a", "web");
        assert!(first.is_some() && second.is_some());
        assert!(acquire("https://a", "web").is_none(), "both places are locked");
        assert!(acquire("https://a", "db").is_some(), "another group");
        assert!(acquire("https://b", "web").is_some(), "another endpoint");
        drop(first);
        assert!(acquire("https://a", "web").is_some(), "a place is free again");
    }

    #[test]
    fn folder_in_the_place_of_a_file_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let acquire = || Lease::acquire(directory.path(), "acme", "https://a", "web", 1);
        drop(acquire().unwrap());
        let file = std::fs::read_dir(directory.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert!(acquire().is_err());
    }

    #[test]
    fn directory_without_files_is_an_error() {
        let missing = Path::new("/nonexistent/directory");
        assert!(Lease::acquire(missing, "acme", "https://a", "web", 1).is_err());
    }
}
