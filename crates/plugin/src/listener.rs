//! The socket, and where it is kept.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use environment::Environment;
use tokio::net::TcpListener;

use super::Error;

/// The kind of socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Network {
    /// A file that only its owner can reach.
    #[cfg(unix)]
    Unix,
    /// A port of the loopback interface, where there are no such files.
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

/// Where a client connects to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Address {
    Unix(PathBuf),
    Tcp(SocketAddr),
}

impl Address {
    /// What stands in for the address of a server that refuses to serve.
    pub(super) fn nowhere() -> Self {
        Self::Unix(PathBuf::new())
    }

    /// The network, by its name in Go.
    pub(super) fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }

    /// The address within the network.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Unix(path) => path.display().to_string(),
            Self::Tcp(address) => address.to_string(),
        }
    }
}

/// A socket that listens; dropping it removes its file.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) socket: Socket,
    address: Address,
}

/// The socket by its kind.
#[derive(Debug)]
pub(super) enum Socket {
    #[cfg(unix)]
    Unix(unix::Socket),
    Tcp(TcpListener),
}

impl Listener {
    /// Opens a socket of the kind.
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

/// Takes the first free port of the range that Terraform allows.
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
    //! A socket file, in a directory of its own unless Terraform names one.

    use std::fs::{Permissions, set_permissions};
    use std::io;
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::path::{Path, PathBuf};

    use environment::Environment;
    use nix::unistd::Group;
    use tempfile::{Builder, NamedTempFile, TempDir};
    use tokio::net::UnixListener;

    use super::Error;

    /// The listener with what is to be removed after it. The file goes before its directory.
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
        let given = environment.get("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from);
        let place = given.clone().unwrap_or_else(std::env::temp_dir);
        let bound = match given {
            Some(directory) => socket(&directory, group).map(|file| Socket {
                file,
                _directory: None,
            }),
            None => directory(&place, group).and_then(|private| {
                Ok(Socket {
                    file: socket(private.path(), group)?,
                    _directory: Some(private),
                })
            }),
        };
        bound.map_err(|source| Error::Socket {
            directory: place,
            source,
        })
    }

    /// Makes a directory that others cannot enter.
    ///
    /// The whole path of a socket may have no more than 103 bytes on some systems, and some directories
    /// for temporary files take half of that: hence the short names, here and below.
    fn directory(place: &Path, group: Option<u32>) -> io::Result<TempDir> {
        let closed = Permissions::from_mode(0o700);
        let directory = Builder::new()
            .prefix("tf")
            .permissions(closed)
            .tempdir_in(place)?;
        share(directory.path(), group, 0o700, 0o710)?;
        Ok(directory)
    }

    fn socket(place: &Path, group: Option<u32>) -> io::Result<NamedTempFile<UnixListener>> {
        let file = Builder::new()
            .prefix("plugin")
            .make_in(place, |path| UnixListener::bind(path))?;
        share(file.path(), group, 0o600, 0o660)?;
        Ok(file)
    }

    /// Gives a file the mode for its owner alone, or the group and the mode for both.
    fn share(path: &Path, group: Option<u32>, alone: u32, shared: u32) -> io::Result<()> {
        if group.is_some() {
            chown(path, None, group)?;
        }
        set_permissions(
            path,
            Permissions::from_mode(if group.is_some() { shared } else { alone }),
        )
    }

    /// The number of a group, which may be given by number or by name.
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
                Address::Tcp(address) => panic!("{address} is no file"),
            }
        }

        #[tokio::test]
        async fn the_socket_lies_in_a_directory_of_its_own_that_goes_with_it() {
            let listener = Listener::bind(Network::Unix, &Environment::default()).unwrap();
            let path = path(&listener);
            let directory = path.parent().unwrap().to_owned();
            assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
            drop(listener);
            assert!(!directory.exists());
        }

        #[tokio::test]
        async fn a_given_directory_is_used_and_left_empty() {
            let directory = tempfile::tempdir().unwrap();
            let name = directory.path().to_str().unwrap();
            let environment = Environment::from_iter([("PLUGIN_UNIX_SOCKET_DIR", name)]);
            let listener = Listener::bind(Network::Unix, &environment).unwrap();
            assert_eq!(path(&listener).parent(), Some(directory.path()));
            drop(listener);
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        }

        #[tokio::test]
        async fn a_group_is_let_in_by_number_and_by_name() {
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
        async fn an_unknown_group_and_a_missing_directory_are_named() {
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
    async fn the_port_is_of_the_range_and_of_the_loopback_interface() {
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
    async fn a_range_that_is_none_is_an_error() {
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
