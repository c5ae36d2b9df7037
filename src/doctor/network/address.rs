//! Addresses of servers, as they stand in GOPROXY, GOSUMDB and `HTTPS_PROXY`.
//!
//! Knows how go reads an address, and what may be shown of it; does not know what is there. Whoever's name and password stand
//! in one, they are neither printed nor passed to a program, whose arguments everybody on the machine can read.

use std::net::Ipv6Addr;

/// An address in its parts. Not to be printed: see `bare`.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) scheme: String,
    /// A name and a password, as they stand there.
    pub(super) user: Option<String>,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// Empty, or from the first slash on.
    path: String,
}

/// Why a text is no address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// Go does not take it for one either, and why.
    Refused(&'static str),
    /// Go does, but it may hold a password in a place where none belongs.
    Doubtful(&'static str),
}

impl Address {
    /// As go reads it.
    ///
    /// # Errors
    /// It is none, or it should not be used.
    pub(super) fn parse(text: &str) -> Result<Self, Bad> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Bad::Refused("there is a blank in it"));
        }
        let text = &text[..text.find(['?', '#']).unwrap_or(text.len())];
        let (scheme, rest) =
            text.split_once("://").ok_or(Bad::Refused("it does not begin with https:// or the like"))?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, place) = authority.rsplit_once('@').map_or((None, authority), |(user, place)| (Some(user), place));
        let (host, port) = host_and_port(place)?;
        if path.contains('@') {
            return Err(Bad::Doubtful("there is an @ behind a slash; in a password a slash is written %2F"));
        }
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        })
    }

    /// An address below it.
    pub(super) fn below(mut self, path: &str) -> Self {
        self.path = format!("{}/{path}", self.path.trim_end_matches('/'));
        self
    }

    /// As it may be shown and asked: without a name and a password, and without a query, which may be one.
    pub(super) fn bare(&self) -> String {
        format!("{}://{}{}", self.scheme, self.place(), self.path)
    }

    /// The host and the port, as they stand in an address.
    pub(super) fn place(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        self.port.map_or(host.clone(), |port| format!("{host}:{port}"))
    }

    /// The port that is connected to.
    pub(super) fn port_in_use(&self) -> u16 {
        self.port.unwrap_or(match self.scheme.as_str() {
            "https" => 443,
            "socks5" | "socks5h" => 1080,
            _ => 80,
        })
    }
}

/// `a.example`, `a.example:81`, `[::1]`, `[::1]:81`. A port that is no number is often what stood before a slash in a password.
fn host_and_port(place: &str) -> Result<(&str, Option<u16>), Bad> {
    let (host, behind) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, behind)) => {
            let plain = host.split('%').next().unwrap_or_default();
            plain.parse::<Ipv6Addr>().map_err(|_| Bad::Refused("what is in brackets is no IPv6 address"))?;
            (host, behind)
        }
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let is_of_names = |c: char| c.is_alphanumeric() || "-._~%:".contains(c);
    if host.is_empty() || !host.chars().all(is_of_names) {
        return Err(Bad::Refused("there is no host in it"));
    }
    match behind.strip_prefix(':') {
        _ if behind.is_empty() => Ok((host, None)),
        Some("") => Ok((host, None)),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let port = digits.parse().map_err(|_| Bad::Refused("there is no such port"))?;
            Ok((host, Some(port)))
        }
        _ => Err(Bad::Refused("what stands behind the host is no port; in a password a slash is written %2F")),
    }
}

/// Any text without what is in it up to the last `@`, and without a query, either of which may be a secret, whether go can
/// read the rest or not.
pub(super) fn masked(address: &str) -> String {
    let (before, rest) = address.find("://").map_or(("", address), |at| address.split_at(at + 3));
    let rest = rest.rsplit_once('@').map_or_else(|| rest.to_owned(), |(_, behind)| format!("***@{behind}"));
    let (shown, more) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    format!("{before}{shown}{}", if more.is_empty() { "" } else { "?***" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_never_shown() {
        assert_eq!(masked("https://me:secret@a.example/go?key=secret"), "https://***@a.example/go?***");
        assert_eq!(masked("https://me:p@ss@a.example:8/go"), "https://***@a.example:8/go");
        assert_eq!(masked("https://me:se/cr?e#t@a.example/go"), "https://***@a.example/go");
        assert_eq!(masked("me:secret@a.example:3128"), "***@a.example:3128");
        assert_eq!(masked("https://a.example/m/list"), "https://a.example/m/list");
    }

    #[test]
    fn what_is_asked_has_neither_a_name_nor_a_query() {
        let bare = |text| Address::parse(text).map(|address| address.bare());
        assert_eq!(bare("HTTPS://me:secret@a.example/go?key=secret").as_deref(), Ok("https://a.example/go"));
        assert_eq!(bare("https://me:p@ss@a.example:8/go#x").as_deref(), Ok("https://a.example:8/go"));
        assert_eq!(bare("http://me:x@[::1]:81").as_deref(), Ok("http://[::1]:81"));
        let below = Address::parse("https://a.example/go/").map(|address| address.below("x").bare());
        assert_eq!(below.as_deref(), Ok("https://a.example/go/x"));
    }

    #[test]
    fn a_password_with_a_slash_is_not_taken_for_a_host_or_a_path() {
        let bad = |text| Address::parse(text).map(|address| address.bare());
        assert!(matches!(bad("https://me:se/cret@a.example/go"), Err(Bad::Refused(_))));
        assert!(matches!(bad("https://me:12/cret@a.example/go"), Err(Bad::Doubtful(_))));
        assert!(matches!(bad("https://me:/cret@a.example/go"), Err(Bad::Doubtful(_))));
        assert!(matches!(bad("https://me:se?cret@a.example/go"), Err(Bad::Refused(_))));
        assert!(matches!(bad("https://me:se cret@a.example/go"), Err(Bad::Refused(_))));
        assert!(matches!(bad("https:///go"), Err(Bad::Refused(_))));
        assert!(matches!(bad("https://[me]:81/go"), Err(Bad::Refused(_))));
        assert!(matches!(bad("https://a.example:99999/go"), Err(Bad::Refused(_))));
        assert!(matches!(bad("modules"), Err(Bad::Refused(_))));
    }

    #[test]
    fn ports_are_those_of_the_scheme_unless_named() {
        let of = |text| Address::parse(text).map(|address| (address.host.clone(), address.port_in_use()));
        assert_eq!(of("https://a.example/go"), Ok((String::from("a.example"), 443)));
        assert_eq!(of("http://me:x@a.example:81"), Ok((String::from("a.example"), 81)));
        assert_eq!(of("http://[::1]/"), Ok((String::from("::1"), 80)));
        assert_eq!(of("socks5://a.example"), Ok((String::from("a.example"), 1080)));
    }
}
