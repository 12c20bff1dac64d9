//! The API token, which may be in a file that another program renews.
//!
//! Tests: `crates/client/src/tests/token_file.rs`.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;
use value::secret::Secret;

/// The size of the largest file that is read as a token.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The bearer token of every request.
#[derive(Clone)]
pub enum ApiToken {
    /// A token that does not change.
    Fixed(Secret),
    /// The token in a file, which is read again if the API rejects the token.
    File {
        /// The path of the file.
        path: PathBuf,
        /// The token that the file had when it was read first.
        token: Secret,
    },
}

impl ApiToken {
    /// Reads a file with a token.
    ///
    /// # Errors
    ///
    /// The reason as a fragment whose subject is the file, without the content of the file.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, String> {
        let path = path.into();
        let token = read(&path)?;
        Ok(Self::File { path, token })
    }

    /// The token, as far as it is known without reading a file.
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Fixed(token) | Self::File { token, .. } => token,
        }
    }
}

impl From<Secret> for ApiToken {
    fn from(token: Secret) -> Self {
        Self::Fixed(token)
    }
}

/// Reads the token of a file: one line, without the white space around it.
fn read(path: &Path) -> Result<Secret, String> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "does not exist".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err("is a directory".to_owned());
    }
    // Reading a pipe may wait for ever, and gives the token only once.
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut content = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut content)
        .map_err(unreadable)?;
    if u64::try_from(content.len()).is_ok_and(|length| length > MAX_FILE_BYTES) {
        return Err(format!(
            "is larger than {} KiB, so it has more than a token",
            MAX_FILE_BYTES / 1024
        ));
    }
    let text = std::str::from_utf8(&content).map_err(|_| "is not UTF-8".to_owned())?;
    let token = text.trim_start_matches('\u{feff}').trim();
    if token.is_empty() {
        return Err("is empty".to_owned());
    }
    if !token.chars().all(|character| character.is_ascii_graphic()) {
        return Err("must have one line with the token, without spaces or other characters in it".to_owned());
    }
    if is_quoted(token) {
        return Err("must have the token without quotation marks".to_owned());
    }
    Ok(Secret::new(token))
}

/// Whether a token begins or ends with a quotation mark, which a shell or the author of a file added.
pub fn is_quoted(token: &str) -> bool {
    const MARKS: [char; 2] = ['"', '\''];
    token.starts_with(MARKS) || token.ends_with(MARKS)
}

/// The tokens that this process has used, of which the last one is used now.
pub(super) struct Tokens {
    file: Option<PathBuf>,
    used: RwLock<Vec<Arc<Secret>>>,
    /// The number of times that the file was read again.
    reads: AtomicU64,
    /// Locked while the file is read. The result of the last time.
    last_read: Mutex<Result<(), String>>,
}

/// What follows from the rejection of a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    /// There is another token now.
    Renewed,
    /// There is no other token.
    Unchanged,
    /// The file has no usable token. Has the reason as a clause.
    Failed(String),
}

impl Tokens {
    pub fn new(token: ApiToken) -> Self {
        let (file, token) = match token {
            ApiToken::Fixed(token) => (None, token),
            ApiToken::File { path, token } => (Some(path), token),
        };
        Self {
            file,
            used: RwLock::new(vec![Arc::new(token)]),
            reads: AtomicU64::new(0),
            last_read: Mutex::new(Ok(())),
        }
    }

    /// The token that requests have now.
    pub fn current(&self) -> Arc<Secret> {
        // There always is a token.
        self.used().pop().unwrap_or_else(|| Arc::new(Secret::new("")))
    }

    /// The tokens that must not be shown.
    pub fn used(&self) -> Vec<Arc<Secret>> {
        self.used.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again after the API rejected this token. Concurrent callers share what one of them has read.
    pub async fn renew(&self, rejected: &Secret) -> Renewal {
        let Some(path) = &self.file else {
            return Renewal::Unchanged;
        };
        let reads = self.reads.load(Ordering::SeqCst);
        let mut last_read = self.last_read.lock().await;
        // Another caller has read the file after this one began to wait.
        let is_read = self.reads.load(Ordering::SeqCst) != reads;
        if *self.current() == *rejected && !is_read {
            self.reads.fetch_add(1, Ordering::SeqCst);
            let file = path.clone();
            let token = tokio::task::spawn_blocking(move || read(&file)).await;
            let token = token.unwrap_or_else(|error| Err(format!("cannot be read: {error}")));
            *last_read = token.map(|token| self.replace(token));
        }
        match &*last_read {
            _ if *self.current() != *rejected => Renewal::Renewed,
            Ok(()) => Renewal::Unchanged,
            Err(reason) => Renewal::Failed(format!("the file `{}` of the token {reason}", path.display())),
        }
    }

    fn replace(&self, token: Secret) {
        let mut used = self.used.write().unwrap_or_else(PoisonError::into_inner);
        used.retain(|other| **other != token);
        used.push(Arc::new(token));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_has_one_line_with_the_token() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let read = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            read(&path).map(|token| token.expose().to_owned())
        };
        for content in ["dur_x", "dur_x\n", " dur_x\r\n\n", "\u{feff}dur_x\n", "\t\ndur_x"] {
            assert_eq!(read(content.as_bytes()).as_deref(), Ok("dur_x"), "{content:?}");
        }
        let spaces = "must have one line with the token, without spaces or other characters in it";
        let large = "is larger than 64 KiB, so it has more than a token";
        let large_content = vec![b'x'; 65 * 1024];
        let quotes = "must have the token without quotation marks";
        let table: [(&[u8], &str); 10] = [
            (b"\"dur_a\"\n", quotes),
            (b"'dur_a'", quotes),
            (b"", "is empty"),
            (b" \r\n", "is empty"),
            (b"dur_a dur_b", spaces),
            (b"dur_a\ndur_b\n", spaces),
            (b"dur_\0", spaces),
            ("dur_ü".as_bytes(), spaces),
            (b"dur_\xff", "is not UTF-8"),
            (&large_content, large),
        ];
        for (content, expected) in table {
            assert_eq!(read(content).unwrap_err(), expected);
        }
        assert_eq!(super::read(directory.path()).err().unwrap(), "is a directory");
        let missing = directory.path().join("missing");
        assert_eq!(super::read(&missing).err().unwrap(), "does not exist");
        #[cfg(unix)]
        assert_eq!(
            super::read(Path::new("/dev/null")).err().unwrap(),
            "is not a regular file"
        );
    }

    #[tokio::test]
    async fn renew_reads_the_file_once_for_concurrent_callers() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        fs::write(&path, "dur_a").unwrap();
        let tokens = Arc::new(Tokens::new(ApiToken::from_file(&path).unwrap()));
        let renew_all = async || {
            let rejected = tokens.current();
            // All callers wait before the first one reads the file.
            let reading = tokens.last_read.lock().await;
            let callers: Vec<_> = (0..10)
                .map(|_| {
                    let (tokens, rejected) = (Arc::clone(&tokens), Arc::clone(&rejected));
                    tokio::spawn(async move { tokens.renew(&rejected).await })
                })
                .collect();
            tokio::task::yield_now().await;
            drop(reading);
            let mut results = Vec::new();
            for caller in callers {
                results.push(caller.await.unwrap());
            }
            results.dedup();
            (results, tokens.reads.swap(0, Ordering::SeqCst))
        };
        assert_eq!(renew_all().await, (vec![Renewal::Unchanged], 1));
        fs::write(&path, "dur_b").unwrap();
        assert_eq!(renew_all().await, (vec![Renewal::Renewed], 1));
        assert_eq!(tokens.current().expose(), "dur_b");
        fs::remove_file(&path).unwrap();
        let reason = format!("the file `{}` of the token does not exist", path.display());
        assert_eq!(renew_all().await, (vec![Renewal::Failed(reason)], 1));
        assert_eq!(tokens.renew(&Secret::new("dur_a")).await, Renewal::Renewed);
        let used = tokens.used();
        assert_eq!(
            used.iter().map(|token| token.expose()).collect::<Vec<_>>(),
            ["dur_a", "dur_b"]
        );
    }

    #[tokio::test]
    async fn fixed_token_is_not_renewed() {
        let tokens = Tokens::new(Secret::new("dur_a").into());
        assert_eq!(tokens.renew(&Secret::new("dur_a")).await, Renewal::Unchanged);
    }
}
