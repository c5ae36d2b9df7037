//! A server, asked once: how long each step takes, and what it answers.
//!
//! Knows curl, and how to connect where there is none; does not know who is asked, or why. Whatever its status, an answer is an
//! answer. Curl goes through the proxies of the environment, as go does.

use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::{Duration, Instant};

use super::address::{bare, host_and_port};
use crate::doctor::answer::Unknown;
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

/// Asks. Nothing is sent that the address does not say, and of that no credentials.
///
/// # Errors
/// It could not be tried.
pub(super) fn probe(world: &World, address: &str) -> Result<Outcome, Unknown> {
    let address = bare(address);
    match world.in_path("curl").first() {
        Some(curl) => with_curl(world, curl, &address),
        None => connecting(world, &address),
    }
}

fn with_curl(world: &World, curl: &Path, address: &str) -> Result<Outcome, Unknown> {
    const STEPS: &str =
        "%{http_code} %{time_namelookup} %{time_connect} %{time_appconnect} %{time_starttransfer} %{time_total}\n";
    let patience = PATIENCE.as_secs().to_string();
    // -q: what the user has set for curl does not hold for go.
    let words =
        ["-q", "-sSg", "--proto", "=http,https", "-o", "/dev/null", "-m", &patience, "-w", STEPS, "--", address];
    let said = world.ask(curl, &words)?;
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

/// Without curl: the name, and the first of its addresses that takes a connection.
fn connecting(world: &World, address: &str) -> Result<Outcome, Unknown> {
    let proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
    if proxies.into_iter().any(|name| world.variable(name).is_some()) {
        return Err(Unknown(String::from(
            "a proxy is set, and without curl in PATH only direct connections can be tried",
        )));
    }
    let (host, port) = host_and_port(address).ok_or_else(|| Unknown(format!("{address} has no host to connect to")))?;
    let began = Instant::now();
    let failed = |error: std::io::Error| Outcome::Failed { after: began.elapsed(), why: error.to_string() };
    let addresses = match (host.as_str(), port).to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(error) => return Ok(failed(error)),
    };
    let name = began.elapsed();
    let mut outcome = Outcome::Failed { after: name, why: String::from("the name has no address") };
    for address in addresses.take(2) {
        outcome = match TcpStream::connect_timeout(&address, PATIENCE / 2) {
            Ok(_) => return Ok(Outcome::Connected { name, connect: began.elapsed() }),
            Err(error) => failed(error),
        };
    }
    Ok(outcome)
}
