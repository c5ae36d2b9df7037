//! A server, asked once: how long each step takes, and what it answers.
//!
//! Knows curl, and how to connect where there is none; does not know who is asked, or why. Whatever its status, an answer is an
//! answer. Curl is told to go the way that go goes.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::address::Address;
use super::route::{Route, route};
use crate::doctor::answer::Unknown;
use crate::doctor::ask;
use crate::doctor::world::World;

/// As long as anybody is waited for: a check asks up to three, one after the other, and has fifteen seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// What became of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It answered.
    Answered(Answered),
    /// It was reached; more than connecting could not be tried.
    Connected { name: Duration, connect: Duration },
    /// It was not, and why.
    Failed { after: Duration, why: String },
}

/// Each step is timed from the beginning.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) name: Duration,
    pub(super) connect: Duration,
    /// None without TLS.
    pub(super) tls: Option<Duration>,
    pub(super) first_byte: Duration,
}

/// Asks. Nothing is sent that the address does not say, and of that no credentials; those of an HTTP proxy go to that proxy.
///
/// # Errors
/// It could not be tried.
pub(super) fn probe(world: &World, address: &Address) -> Result<Outcome, Unknown> {
    let route = route(world, address)?;
    match (world.in_path("curl").first(), route) {
        (Some(curl), route) => with_curl(world, curl, &route, address),
        (None, Route::Direct) => connecting(address),
        (None, Route::Through(_)) => {
            Err(Unknown(String::from("a proxy is set, and without curl in PATH only direct connections can be tried")))
        }
    }
}

/// What curl heeds and go does not, or in another way; the last would have it write a file.
const NOT_OF_GO: [&str; 10] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "CURL_CA_BUNDLE",
    "SSLKEYLOGFILE",
];

fn with_curl(world: &World, curl: &Path, route: &Route, address: &Address) -> Result<Outcome, Unknown> {
    const STEPS: &str =
        "%{http_code} %{time_namelookup} %{time_connect} %{time_appconnect} %{time_starttransfer} %{time_total}\n";
    let patience = PATIENCE.as_secs().to_string();
    let mut command = Command::new(curl);
    // -q: what the user has set for curl does not hold for go.
    command.args(["-q", "-sSg", "--proto", "=http,https", "-o", "/dev/null", "-m", &patience, "-w", STEPS, "--"]);
    command.arg(address.bare()).current_dir(world.directory());
    for name in NOT_OF_GO {
        command.env_remove(name);
    }
    if let Route::Through(proxy) = route {
        // Arguments are for everybody to read, variables are not.
        command.envs(["http_proxy", "https_proxy"].map(|name| (name, in_words_of_curl(proxy))));
    }
    let said = ask::ask(&mut command, ask::PATIENCE)?;
    let steps: Vec<&str> = said.stdout.split_whitespace().collect();
    let seconds = |step: usize| steps.get(step).and_then(|text| text.parse().ok());
    let time = |step| seconds(step).and_then(|time| Duration::try_from_secs_f64(time).ok()).unwrap_or_default();
    let status = steps.first().and_then(|text| text.parse().ok()).unwrap_or(0);
    if status == 0 {
        let why = said.stderr.lines().find(|line| !line.is_empty()).unwrap_or("curl does not say why").to_owned();
        return Ok(Outcome::Failed { after: time(5), why });
    }
    let tls = Some(time(3)).filter(|time| !time.is_zero());
    Ok(Outcome::Answered(Answered { status, name: time(1), connect: time(2), tls, first_byte: time(4) }))
}

/// To curl every proxy has the port of SOCKS unless one is named, and `socks5` looks names up here, which go leaves to the proxy.
fn in_words_of_curl(proxy: &Address) -> String {
    let scheme = if proxy.scheme == "socks5" { "socks5h" } else { &proxy.scheme };
    let user = proxy.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let mut named = proxy.clone();
    named.port = Some(proxy.port_in_use());
    format!("{scheme}://{user}{}", named.place())
}

/// Without curl: the name, and the first of its addresses that takes a connection.
fn connecting(address: &Address) -> Result<Outcome, Unknown> {
    let began = Instant::now();
    let failed = |error: std::io::Error| Outcome::Failed { after: began.elapsed(), why: error.to_string() };
    let addresses = match found(address)? {
        Ok(addresses) => addresses,
        Err(error) => return Ok(failed(error)),
    };
    let name = began.elapsed();
    let mut outcome = Outcome::Failed { after: name, why: String::from("the name has no address") };
    for address in addresses.iter().take(2) {
        outcome = match TcpStream::connect_timeout(address, PATIENCE / 2) {
            Ok(_) => return Ok(Outcome::Connected { name, connect: began.elapsed() }),
            Err(error) => failed(error),
        };
    }
    Ok(outcome)
}

/// What a name stands for. The system may look for it for minutes, and cannot be stopped: it is left to itself then.
fn found(address: &Address) -> Result<std::io::Result<Vec<SocketAddr>>, Unknown> {
    let (sender, receiver) = mpsc::channel();
    let place = (address.host.clone(), address.port_in_use());
    let look = move || {
        // Where nobody waits any more, nobody is told.
        let _ = sender.send(place.to_socket_addrs().map(Iterator::collect));
    };
    thread::Builder::new().spawn(look).map_err(|error| Unknown(format!("the system gives no thread: {error}")))?;
    let late = || std::io::Error::other("the name was not found in time");
    Ok(receiver.recv_timeout(PATIENCE / 2).unwrap_or_else(|_| Err(late())))
}
