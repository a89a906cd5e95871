use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use samebox_core::{Endpoint, Result};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The names under which processes find the pipe of a `net.pipe` service.
///
/// The URI names no pipe. On Windows a server publishes the pipe's name in memory that has one of
/// these names; between samebox processes on Unix a socket file stands for both. The host takes no
/// part in what a server publishes, so one service serves all names of its machine, and a client
/// finds a service at a shorter path too, which may be one of several behind one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipeName {
    /// In upper case, without a port.
    host: String,
    /// In upper case, from the first slash to one behind it all.
    path: String,
}

/// Who on a Windows machine can see a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every session; only services and elevated programs may publish there.
    Global,
    /// Programs of the same session.
    Local,
}

/// The host that stands for all: what servers publish unless told otherwise.
const ANY: &str = "+";

/// The host of a server that takes what no other does.
const WEAK: &str = "*";

/// From so many bytes on a name is hashed.
const LONG: usize = 128;

/// Bytes of a hash that the name of a socket file shows: a path has little room.
const SHOWN: usize = 20;

impl PipeName {
    /// Reads an endpoint whose name is `HOST/PATH`.
    ///
    /// # Errors
    /// `InvalidEndpoint` without a host.
    pub fn of(endpoint: &Endpoint) -> Result<Self> {
        let name = endpoint.name();
        let (host, path) = name.split_at(name.find('/').unwrap_or(name.len()));
        let host = without_port(host);
        if host.is_empty() {
            let advice = format!("write {}://localhost/NAME", endpoint.scheme());
            return Err(endpoint.invalid("it names no host").with_advice(advice));
        }
        Ok(Self { host: upper(host), path: upper(&settled(path)) })
    }

    /// The name of the memory that the service's server publishes.
    pub fn published(&self, scope: Scope) -> String {
        encoded(scope, &listen(ANY, &self.path), sha256)
    }

    /// The names of memory that a client looks for, in this order.
    ///
    /// Where a name is hashed, what servers before .NET Framework 4.7.1 publish comes next.
    pub fn probed(&self) -> impl Iterator<Item = String> {
        let scopes = [Scope::Global, Scope::Local];
        let groups = [ANY, &self.host, WEAK].into_iter().flat_map(move |host| {
            scopes.into_iter().flat_map(move |scope| self.paths().map(move |p| (scope, host, p)))
        });
        groups.flat_map(|(scope, host, path)| {
            let name = listen(host, path);
            let old = is_long(&name).then(|| encoded(scope, &name, sha1));
            [Some(encoded(scope, &name, sha256)), old].into_iter().flatten()
        })
    }

    /// The name of the socket file that stands for the service on Unix: at most 49 bytes.
    pub fn published_file(&self) -> String {
        file(&self.path)
    }

    /// The names of socket files that a client looks for, in this order.
    pub fn probed_files(&self) -> impl Iterator<Item = String> {
        self.paths().map(file)
    }

    /// The path, and all that it is below, the longest first.
    fn paths(&self) -> impl Iterator<Item = &str> {
        self.path.rmatch_indices('/').map(|(at, _)| &self.path[..=at])
    }
}

/// What is published, before it is encoded.
fn listen(host: &str, path: &str) -> String {
    format!("net.pipe://{host}{path}")
}

const fn is_long(name: &str) -> bool {
    name.len() >= LONG
}

fn encoded(scope: Scope, name: &str, hash: fn(&str) -> Vec<u8>) -> String {
    let scope = match scope {
        Scope::Global => "Global",
        Scope::Local => "Local",
    };
    let (mark, text) = if is_long(name) {
        ('H', STANDARD.encode(hash(name)))
    } else {
        ('E', STANDARD.encode(name))
    };
    format!(r"{scope}\net.pipe:{mark}{text}")
}

fn sha256(name: &str) -> Vec<u8> {
    Sha256::digest(name).to_vec()
}

fn sha1(name: &str) -> Vec<u8> {
    Sha1::digest(name).to_vec()
}

fn file(path: &str) -> String {
    let hash = sha256(&listen(ANY, path));
    let shown: String = hash[..SHOWN].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("net.pipe-{shown}")
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) && !name.ends_with(':') => {
            name
        }
        _ => host,
    }
}

/// The path as .NET's `Uri.LocalPath` gives it, but with a slash at its end.
fn settled(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    let mut settled = String::from("/");
    for part in parts {
        settled.push_str(part);
        settled.push('/');
    }
    settled
}

/// Upper case as .NET's invariant culture has it: one character for one, whose letters beyond ASCII
/// never become ASCII, and whose characters beyond the first 65,536 stay as they are.
fn upper(text: &str) -> String {
    text.chars().map(upper_of).collect()
}

fn upper_of(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) if c.len_utf16() == 1 && one.is_ascii() == c.is_ascii() => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PipeName {
        PipeName::of(&text.parse().unwrap()).unwrap()
    }

    fn path(text: &str) -> String {
        name(text).path
    }

    #[test]
    fn names_are_those_that_dotnet_publishes() {
        let vectors = include_str!("../tests/pipe-names.tsv");
        for line in vectors.lines() {
            let [uri, way, wanted] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let name = name(uri);
            let made = match way {
                "sha1" => encoded(Scope::Global, &listen(ANY, &name.path), sha1),
                _ => name.published(Scope::Global),
            };
            assert_eq!(made, wanted, "{uri} {way}");
            assert!(name.probed().take(2).any(|probed| probed == wanted), "{uri} {way}");
        }
        assert_eq!(vectors.lines().count(), 9);
    }

    #[test]
    fn a_name_is_hashed_from_128_bytes_on() {
        let of = |length: usize| {
            let path =
                format!("net.pipe://localhost/{}", "x".repeat(length - "net.pipe://+//".len()));
            name(&path).published(Scope::Local)
        };
        assert!(of(127).starts_with(r"Local\net.pipe:E"));
        assert!(of(128).starts_with(r"Local\net.pipe:H"));
    }

    #[test]
    fn a_client_looks_for_all_hosts_then_its_own_then_the_weakest_and_for_shorter_paths() {
        let decoded = |probed: String| {
            let (scope, text) = probed.split_once(r"\net.pipe:E").unwrap();
            let text = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
            format!("{scope} {}", text.strip_prefix("net.pipe://").unwrap())
        };
        let probed: Vec<_> = name("net.pipe://localhost/a/b").probed().map(decoded).collect();
        let mut wanted = Vec::new();
        for host in ["+", "LOCALHOST", "*"] {
            for scope in ["Global", "Local"] {
                wanted.extend(["/A/B/", "/A/", "/"].map(|path| format!("{scope} {host}{path}")));
            }
        }
        assert_eq!(probed, wanted);
    }

    #[test]
    fn the_older_hash_of_a_long_name_comes_before_a_shorter_path() {
        let name = name(&format!("net.pipe://localhost/{}", "x".repeat(200)));
        let probed: Vec<_> = name.probed().take(3).collect();
        assert_eq!(probed[1], encoded(Scope::Global, &listen(ANY, &name.path), sha1));
        assert_eq!(probed[2], r"Global\net.pipe:EbmV0LnBpcGU6Ly8rLw==");
    }

    #[test]
    fn paths_are_those_of_dotnets_uri() {
        for (uri, wanted) in [
            ("net.pipe://localhost", "/"),
            ("net.pipe://localhost/", "/"),
            ("net.pipe://localhost/x/", "/X/"),
            ("net.pipe://localhost/a//b", "/A//B/"),
            (r"net.pipe://localhost/a\b", "/A/B/"),
            ("net.pipe://localhost/a/./b/../../c", "/C/"),
            ("net.pipe://localhost/../..", "/"),
            ("net.pipe://localhost/a?contract=x", "/A/"),
            ("net.pipe:localhost/straße-ıſ-é", "/STRAßE-ıſ-É/"),
        ] {
            assert_eq!(path(uri), wanted, "{uri}");
        }
    }

    #[test]
    fn a_port_is_no_part_of_the_host() {
        for (uri, host) in [
            ("net.pipe://localhost:80/x", "LOCALHOST"),
            ("net.pipe://[::1]:80/x", "[::1]"),
            ("net.pipe://[::1]/x", "[::1]"),
            ("net.pipe://Some.Machine/x", "SOME.MACHINE"),
        ] {
            assert_eq!(name(uri).host, host, "{uri}");
        }
    }

    #[test]
    fn a_uri_without_a_host_is_refused_with_what_to_write() {
        let refused = PipeName::of(&"net.pipe:///x".parse().unwrap()).unwrap_err().to_string();
        assert!(refused.contains("net.pipe://localhost/NAME"), "{refused}");
    }

    #[test]
    fn files_have_short_names_that_differ_by_path_alone() {
        let of = |uri: &str| name(uri).published_file();
        assert_eq!(of("net.pipe://localhost/a"), of("net.pipe://127.0.0.1:9/A/"));
        assert_ne!(of("net.pipe://localhost/a"), of("net.pipe://localhost/b"));
        let long = of(&format!("net.pipe://localhost/{}", "x".repeat(4000)));
        assert_eq!(long.len(), 49);
        assert!(long.bytes().all(|c| c.is_ascii_alphanumeric() || b".-".contains(&c)), "{long}");
    }

    #[test]
    fn a_client_looks_for_files_of_shorter_paths_too() {
        let probed: Vec<_> = name("net.pipe://localhost/a/b").probed_files().collect();
        let wanted =
            ["/a/b", "/a", "/"].map(|p| name(&format!("net.pipe://x{p}")).published_file());
        assert_eq!(probed, wanted);
    }
}
