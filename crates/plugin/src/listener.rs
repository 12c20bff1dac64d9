//! The socket on which the server listens.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use environment::Environment;
use tokio::net::TcpListener;

use super::Error;

/// The kind of socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Network {
    /// A Unix domain socket that only its owner can connect to.
    #[cfg(unix)]
    Unix,
    /// A port of the loopback interface, for systems without Unix domain sockets.
    Tcp,
}

impl Default for Network {
    fn default() -> Self {
        #[cfg(unix)]
        return Self::Unix;
        #[cfg(not(unix))]
        return Self::Tcp;
    }
}

/// The address of the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Address {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

impl Address {
    /// The address in the handshake of a server that does not serve.
    pub(super) fn empty() -> Self {
        Self::Unix(PathBuf::new())
    }

    /// The name of the network, as `Network()` of [Go's `net.Addr`](https://pkg.go.dev/net#Addr) returns it.
    pub(super) fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }

    /// The address within the network, as `String()` of Go's `net.Addr` returns it.
    pub(super) fn string(&self) -> String {
        match self {
            Self::Unix(path) => path.display().to_string(),
            Self::Tcp(address) => address.to_string(),
        }
    }
}

/// A listening socket. Dropping it removes its file.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) socket: Socket,
    address: Address,
}

/// The socket of either kind.
#[derive(Debug)]
pub(super) enum Socket {
    #[cfg(unix)]
    Unix(unix::Socket),
    Tcp(TcpListener),
}

impl Listener {
    /// Opens a socket of the kind. The environment may name its directory and group, or the range of its port.
    ///
    /// # Errors
    ///
    /// [`Error`] if a variable is invalid, or if the system does not open the socket.
    pub(super) fn bind(network: Network, environment: &Environment) -> Result<Self, Error> {
        match network {
            #[cfg(unix)]
            Network::Unix => {
                let socket = unix::bind(environment)?;
                let address = Address::Unix(socket.path());
                Ok(Self {
                    socket: Socket::Unix(socket),
                    address,
                })
            }
            Network::Tcp => {
                let (socket, address) = bind_tcp(environment)?;
                Ok(Self {
                    socket: Socket::Tcp(socket),
                    address: Address::Tcp(address),
                })
            }
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }
}

/// Opens the first free port of the range that Terraform passes in the environment.
fn bind_tcp(environment: &Environment) -> Result<(TcpListener, SocketAddr), Error> {
    let first = port(environment, "PLUGIN_MIN_PORT", 10_000)?;
    let last = port(environment, "PLUGIN_MAX_PORT", 25_000)?;
    let mut source = None;
    for port in first..=last {
        match listen(port) {
            Ok(bound) => return Ok(bound),
            Err(error) => source = Some(error),
        }
    }
    Err(Error::Ports { first, last, source })
}

fn port(environment: &Environment, variable: &'static str, default: u16) -> Result<u16, Error> {
    let Some(value) = environment.get(variable) else {
        return Ok(default);
    };
    value.parse().map_err(|_| Error::Port {
        variable,
        value: value.to_owned(),
    })
}

fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((TcpListener::from_std(listener)?, address))
}

#[cfg(unix)]
mod unix {
    //! A Unix domain socket, in a directory of its own unless the environment names one.

    use std::fs::{Permissions, set_permissions};
    use std::io;
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::path::{Path, PathBuf};

    use environment::Environment;
    use nix::unistd::Group;
    use tempfile::{Builder, NamedTempFile, TempDir};
    use tokio::net::UnixListener;

    use super::Error;

    /// The listener, its file and its directory. The file is removed before the directory.
    #[derive(Debug)]
    pub(in super::super) struct Socket {
        file: NamedTempFile<UnixListener>,
        _directory: Option<TempDir>,
    }

    impl Socket {
        pub(in super::super) fn listener(&self) -> &UnixListener {
            self.file.as_file()
        }

        pub(super) fn path(&self) -> PathBuf {
            self.file.path().to_path_buf()
        }
    }

    pub(super) fn bind(environment: &Environment) -> Result<Socket, Error> {
        let group = environment
            .get("PLUGIN_UNIX_SOCKET_GROUP")
            .map(group)
            .transpose()?;
        let configured = environment.get("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from);
        let parent = configured.clone().unwrap_or_else(std::env::temp_dir);
        let bound = match configured {
            Some(directory) => socket(&directory, group).map(|file| Socket {
                file,
                _directory: None,
            }),
            None => directory(&parent, group).and_then(|private| {
                Ok(Socket {
                    file: socket(private.path(), group)?,
                    _directory: Some(private),
                })
            }),
        };
        bound.map_err(|source| Error::Socket {
            directory: parent,
            source,
        })
    }

    /// Creates a directory that other users cannot enter.
    ///
    /// The path of a socket is limited to 103 bytes on some systems, and the directory for temporary files may take half of
    /// that. Therefore the names here and in [`socket`] are short.
    fn directory(parent: &Path, group: Option<u32>) -> io::Result<TempDir> {
        let owner_only = Permissions::from_mode(0o700);
        let directory = Builder::new()
            .prefix("tf")
            .permissions(owner_only)
            .tempdir_in(parent)?;
        set_access(directory.path(), group, 0o700, 0o710)?;
        Ok(directory)
    }

    fn socket(parent: &Path, group: Option<u32>) -> io::Result<NamedTempFile<UnixListener>> {
        let file = Builder::new()
            .prefix("plugin")
            .make_in(parent, |path| UnixListener::bind(path))?;
        set_access(file.path(), group, 0o600, 0o660)?;
        Ok(file)
    }

    /// Sets the mode of a file: one mode without a group, another with the group, which then becomes the file's.
    fn set_access(path: &Path, group: Option<u32>, owner_mode: u32, group_mode: u32) -> io::Result<()> {
        if group.is_some() {
            chown(path, None, group)?;
        }
        set_permissions(
            path,
            Permissions::from_mode(if group.is_some() { group_mode } else { owner_mode }),
        )
    }

    /// The id of a group, from its id or its name.
    fn group(text: &str) -> Result<u32, Error> {
        if let Ok(number) = text.parse() {
            return Ok(number);
        }
        let found = Group::from_name(text).ok().flatten();
        found
            .map(|group| group.gid.as_raw())
            .ok_or_else(|| Error::Group(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    mod unix {
        use std::fs;
        use std::os::unix::fs::MetadataExt as _;

        use super::*;

        fn path(listener: &Listener) -> PathBuf {
            match listener.address() {
                Address::Unix(path) => path.clone(),
                Address::Tcp(address) => panic!("{address} is not a file"),
            }
        }

        #[tokio::test]
        async fn bind_creates_a_private_directory_and_removes_it() {
            let listener = Listener::bind(Network::Unix, &Environment::default()).unwrap();
            let path = path(&listener);
            let directory = path.parent().unwrap().to_owned();
            assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
            drop(listener);
            assert!(!directory.exists());
        }

        #[tokio::test]
        async fn bind_uses_the_configured_directory_and_cleans_up() {
            let directory = tempfile::tempdir().unwrap();
            let name = directory.path().to_str().unwrap();
            let environment = Environment::from_iter([("PLUGIN_UNIX_SOCKET_DIR", name)]);
            let listener = Listener::bind(Network::Unix, &environment).unwrap();
            assert_eq!(path(&listener).parent(), Some(directory.path()));
            drop(listener);
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        }

        #[tokio::test]
        async fn bind_gives_access_to_a_group_by_id_or_name() {
            let own = nix::unistd::getgid();
            // A container may run in a group without a name.
            let named = nix::unistd::Group::from_gid(own).unwrap().map(|group| group.name);
            for group in named.into_iter().chain([own.to_string()]) {
                let environment = Environment::from_iter([("PLUGIN_UNIX_SOCKET_GROUP", group)]);
                let listener = Listener::bind(Network::Unix, &environment).unwrap();
                let path = path(&listener);
                let socket = fs::metadata(&path).unwrap();
                assert_eq!((socket.mode() & 0o777, socket.gid()), (0o660, own.as_raw()));
                let directory = fs::metadata(path.parent().unwrap()).unwrap();
                assert_eq!((directory.mode() & 0o777, directory.gid()), (0o710, own.as_raw()));
            }
        }

        #[tokio::test]
        async fn bind_error_names_the_unknown_group_or_directory() {
            let environment = Environment::from_iter([("PLUGIN_UNIX_SOCKET_GROUP", "no such group")]);
            let error = Listener::bind(Network::Unix, &environment).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the group `no such group` in `PLUGIN_UNIX_SOCKET_GROUP` does not exist"
            );
            let environment = Environment::from_iter([("PLUGIN_UNIX_SOCKET_DIR", "/no/such/directory")]);
            let error = Listener::bind(Network::Unix, &environment).unwrap_err();
            assert_eq!(
                error.to_string(),
                "failed to listen on a socket in `/no/such/directory`"
            );
        }
    }

    fn range(first: &str, last: &str) -> Environment {
        Environment::from_iter([("PLUGIN_MIN_PORT", first), ("PLUGIN_MAX_PORT", last)])
    }

    #[tokio::test]
    async fn bind_tcp_uses_a_loopback_port_of_the_range() {
        let listener = Listener::bind(Network::Tcp, &range("20000", "25000")).unwrap();
        let Address::Tcp(address) = listener.address() else {
            panic!("no port")
        };
        assert!(
            address.ip().is_loopback() && (20_000..=25_000).contains(&address.port()),
            "{address}"
        );

        let port = address.port().to_string();
        let next = Listener::bind(Network::Tcp, &range(&port, "25000")).unwrap();
        assert_ne!(next.address(), listener.address());

        let taken = Listener::bind(Network::Tcp, &range(&port, &port)).unwrap_err();
        assert!(matches!(taken, Error::Ports { source: Some(_), .. }), "{taken}");
    }

    #[tokio::test]
    async fn bind_tcp_rejects_an_invalid_range() {
        let empty = Listener::bind(Network::Tcp, &range("2", "1")).unwrap_err();
        assert_eq!(empty.to_string(), "no port from `2` to `1` is free");
        let word = Listener::bind(Network::Tcp, &range("many", "1")).unwrap_err();
        assert_eq!(
            word.to_string(),
            "`PLUGIN_MIN_PORT` is `many`, which is not a valid port"
        );
        let large = Listener::bind(Network::Tcp, &range("1", "65536")).unwrap_err();
        assert_eq!(
            large.to_string(),
            "`PLUGIN_MAX_PORT` is `65536`, which is not a valid port"
        );
    }
}
