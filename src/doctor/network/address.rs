//! Addresses of servers, as they stand in GOPROXY, GOSUMDB and `HTTPS_PROXY`.
//!
//! Knows what may be shown of an address; does not know what is there. Whoever's name and password stand in one, they are
//! neither printed nor passed to a program, whose arguments everybody on the machine can read.

/// An address without what is in it between `://` and `@`, and without a query, either of which may be a secret.
pub(super) fn masked(address: &str) -> String {
    let (before, rest) = split(address);
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let authority = match authority.rsplit_once('@') {
        Some((_, host)) => format!("***@{host}"),
        None => authority.to_owned(),
    };
    let (path, more) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
    format!("{before}{authority}{path}{}", if more.is_empty() { "" } else { "?***" })
}

/// The same as it may be asked: without either.
pub(super) fn bare(address: &str) -> String {
    masked(address).replacen("***@", "", 1).trim_end_matches("?***").to_owned()
}

/// The host and the port that is connected to; none where it is no such address.
pub(super) fn host_and_port(address: &str) -> Option<(String, u16)> {
    let address = bare(address);
    let (before, rest) = split(&address);
    let usual = match before {
        "https://" => 443,
        "http://" => 80,
        _ => return None,
    };
    let authority = rest.split('/').next()?;
    let named_port = authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = named_port.unwrap_or((authority, usual));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

/// An address below it.
pub(super) fn below(address: &str, path: &str) -> String {
    format!("{}/{path}", address.trim_end_matches('/'))
}

/// `https://`, and what comes behind it.
fn split(address: &str) -> (&str, &str) {
    address.find("://").map_or(("", address), |at| address.split_at(at + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_never_shown() {
        assert_eq!(masked("https://me:secret@a.example/go?key=secret"), "https://***@a.example/go?***");
        assert_eq!(masked("https://me:p@ss@a.example:8/go"), "https://***@a.example:8/go");
        assert_eq!(masked("me:secret@a.example:3128"), "***@a.example:3128");
        assert_eq!(masked("https://a.example/m/@v/list"), "https://a.example/m/@v/list");
        assert_eq!(bare("https://me:secret@a.example/go?key=secret"), "https://a.example/go");
    }

    #[test]
    fn ports_are_those_of_the_scheme_unless_named() {
        let of = |address| host_and_port(address).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(of("https://a.example/go").as_deref(), Some("a.example 443"));
        assert_eq!(of("http://me:x@a.example:81").as_deref(), Some("a.example 81"));
        assert_eq!(of("http://[::1]:81/").as_deref(), Some("::1 81"));
        assert_eq!(of("file:///tmp"), None);
    }
}
