//! Whether go asks a server itself or through an HTTP proxy, and which.
//!
//! Knows `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` as Go's net/http reads them, which is not as curl does: both spellings of
//! each, no `ALL_PROXY`, and what is on this machine is asked directly.

use std::net::IpAddr;

use super::address::{Address, Bad};
use crate::doctor::answer::Unknown;
use crate::doctor::world::World;

/// How go gets to a server.
pub(super) enum Route {
    /// By itself.
    Direct,
    /// Through this proxy.
    Through(Address),
}

/// How go gets to this one.
///
/// # Errors
/// The proxy's address cannot be read.
pub(super) fn route(world: &World, to: &Address) -> Result<Route, Unknown> {
    let name = if to.scheme == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let Some(proxy) = variable(world, name) else { return Ok(Route::Direct) };
    let exceptions = variable(world, "NO_PROXY").unwrap_or_default();
    if is_excepted(&exceptions, &to.host, to.port_in_use()) {
        return Ok(Route::Direct);
    }
    let proxy = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
    let why = |(Bad::Refused(why) | Bad::Doubtful(why))| Unknown(format!("{name} cannot be read as an address: {why}"));
    Address::parse(&proxy).map(Route::Through).map_err(why)
}

/// In capitals first, as go does.
pub(super) fn variable(world: &World, name: &str) -> Option<String> {
    world.variable_text(name).or_else(|| world.variable_text(&name.to_lowercase()))
}

/// Whether no proxy is used for a host: what is on this machine never needs one.
fn is_excepted(exceptions: &str, host: &str, port: u16) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    let host = host.to_lowercase();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    let mut exceptions = exceptions.split(',').map(|one| one.trim().to_lowercase()).filter(|one| !one.is_empty());
    exceptions.any(|one| match (one.split_once('/'), address) {
        _ if one == "*" => true,
        (Some((network, bits)), Some(address)) => is_within(network, bits, address),
        (Some(_), None) => false,
        (None, address) => is_named(&one, &host, address, port),
    })
}

/// `10.0.0.0/8`.
fn is_within(network: &str, bits: &str, address: IpAddr) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse(), bits.parse::<u32>()) else { return false };
    let same = |one: u128, other: u128, width: u32| match width.checked_sub(bits) {
        Some(rest) => (one ^ other).checked_shr(rest).unwrap_or(0) == 0,
        None => false,
    };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => same(network.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(network), IpAddr::V6(address)) => same(network.to_bits(), address.to_bits(), 128),
        _ => false,
    }
}

/// `a.example` and all below it, `.a.example` or `*.a.example` for these alone, an address; each with a port or without.
fn is_named(exception: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    let is_whole = exception.parse::<IpAddr>().is_ok();
    let (named, its_port) = match exception.rsplit_once(':').filter(|_| !is_whole) {
        Some((named, its_port)) => (named.trim_start_matches('[').trim_end_matches(']'), Some(its_port)),
        None => (exception, None),
    };
    let is_host = match (named.parse::<IpAddr>(), address) {
        (Ok(named), Some(address)) => named == address,
        (Ok(_), None) | (Err(_), Some(_)) => false,
        (Err(_), None) => {
            let named = named.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(named);
            let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|above| above.ends_with('.'));
            match named.strip_prefix('.') {
                Some(domain) => is_below(domain),
                None => !named.is_empty() && (host == named || is_below(named)),
            }
        }
    };
    is_host && its_port.is_none_or(|its_port| its_port.is_empty() || its_port == port.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_read_as_go_reads_them() {
        for (exceptions, host, expected) in [
            ("", "a.example", false),
            ("", "localhost", true),
            ("", "127.0.0.2", true),
            ("", "::1", true),
            ("*", "a.example", true),
            ("b.example, A.example", "a.example", true),
            ("a.example", "x.a.example", true),
            ("a.example", "xa.example", false),
            (".a.example", "a.example", false),
            (".a.example", "x.a.example", true),
            ("*.a.example", "x.a.example", true),
            ("*.a.example", "a.example", false),
            ("a.example:443", "a.example", true),
            ("a.example:8443", "a.example", false),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3:80", "10.1.2.3", false),
            ("fd00::/8", "fd00::1", true),
            ("fd00::1", "fd00::1", true),
            ("[fd00::1]:443", "fd00::1", true),
            ("10.0.0.0/8", "ten.example", false),
        ] {
            assert_eq!(is_excepted(exceptions, host, 443), expected, "{host} in {exceptions:?}");
        }
    }
}
