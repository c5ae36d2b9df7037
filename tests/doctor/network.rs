//! The servers that go asks: real ones, on the loopback interface, slow, dead, or with a certificate that nobody signed.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::house::{Findings, House, skipped};

/// A server that answers each request with a status, after a while. It ends with the test's process.
#[derive(Debug)]
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(status: &'static str, delay: Duration) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").expect("a port"), status, delay)
    }

    fn at(listener: TcpListener, status: &'static str, delay: Duration) -> Self {
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(&stream, status, delay, &heard)));
        Self { address, asked }
    }

    /// All that was sent to it.
    fn asked(&self) -> String {
        self.asked.lock().expect("no panic").concat()
    }
}

/// The delay is the server's, and what is tested.
fn answer(mut stream: &TcpStream, status: &str, delay: Duration, heard: &Mutex<Vec<String>>) {
    let lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let request: Vec<String> = lines.map(|line| line + "\n").collect();
    heard.lock().expect("no panic").extend(request);
    thread::sleep(delay);
    // Whoever has hung up has heard enough.
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/// An address where nobody listens: its port was ours a moment ago.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

const SOON: Duration = Duration::ZERO;

fn ask(house: &House, id: &str) -> Findings {
    house.ask_with(&["--network", "--only", id])
}

#[track_caller]
fn expect(house: &House, id: &str, verdict: &str, words: &[&str]) -> String {
    let findings = ask(house, id);
    let (found, said) = findings.of(id);
    assert_eq!(found, verdict, "{said}");
    for word in words {
        assert!(said.contains(word), "{word} in {said}");
    }
    said
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn nobody_is_asked_unless_that_was_asked_for() {
    let server = Server::new("200 OK", SOON);
    let house =
        House::new().with("GOPROXY", &server.address).with("GOSUMDB", &format!("sums.example.com {}", server.address));
    let findings = house.ask("network");
    for id in ["module-proxies", "checksum-database", "proxy-variables"] {
        assert_eq!(findings.of(id), ("not_applicable", String::from("ask with --network")));
    }
    assert_eq!(server.asked(), "");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn any_status_is_an_answer_and_no_module_is_named() {
    let server = Server::new("404 Not Found", SOON);
    let house = House::new().with("GOPROXY", &format!("{},direct", server.address));
    expect(&house, "module-proxies", "ok", &["status 404", "first byte", "direct: go asks the hosts"]);
    assert!(server.asked().starts_with("GET / HTTP"), "{}", server.asked());
    assert!(!server.asked().contains("example.com"), "{}", server.asked());
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_slow_first_byte_is_told_with_what_it_delays() {
    let server = Server::new("200 OK", Duration::from_millis(1_200));
    let house = House::new().with("GOPROXY", &server.address);
    expect(&house, "module-proxies", "warn", &["first byte 12", "each request"]);
}

/// A folder that is a module proxy, with one module.
fn folder_of_modules(house: &House) -> String {
    let versions = "proxy/example.com/other/@v";
    house.file(&format!("{versions}/list"), "v1.0.0\n");
    house.file(&format!("{versions}/v1.0.0.info"), "{\"Version\":\"v1.0.0\"}");
    house.file(&format!("{versions}/v1.0.0.mod"), "module example.com/other\n");
    format!("file://{}", house.path("proxy").display())
}

fn go_finds_the_module(house: &House) -> bool {
    let words = ["list", "-m", "-versions", "example.com/other"];
    let output = house.program(house.path("bin/go")).args(words).output().expect("go starts");
    String::from_utf8_lossy(&output.stdout).contains("v1.0.0")
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_dead_server_before_a_comma_ends_the_build_and_before_a_bar_delays_it() {
    let house = House::new().with("GOSUMDB", "off");
    let (dead, modules) = (nobody(), folder_of_modules(&house));
    let house = house.with("GOPROXY", &format!("{dead},{modules}"));
    assert!(!go_finds_the_module(&house), "go does not go on");
    let words = ["no answer", "a comma follows", "asks no other", "the folder is there", "export GOPROXY=LIST"];
    expect(&house, "module-proxies", "error", &words);
    let house = house.with("GOPROXY", &format!("{dead}|{modules}"));
    assert!(go_finds_the_module(&house), "go goes on");
    expect(&house, "module-proxies", "warn", &["a | follows"]);
    let house = house.with("GOPROXY", &modules);
    assert!(go_finds_the_module(&house));
    expect(&house, "module-proxies", "ok", &["the folder is there"]);
    fs::remove_dir_all(house.path("proxy")).expect("removed");
    expect(&house, "module-proxies", "warn", &["no such folder"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn off_is_told() {
    expect(&House::new().with("GOPROXY", "off"), "module-proxies", "note", &["off: what is not in the module cache"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn names_and_passwords_are_neither_shown_nor_sent() {
    let server = Server::new("200 OK", SOON);
    let secret = server.address.replace("http://", "http://me:secret@");
    let house = House::new().with("GOPROXY", &secret).with("GOSUMDB", &format!("sums.example.com {secret}/x"));
    let house = house.with("http_proxy", &secret).with("HTTPS_PROXY", &secret).with("NO_PROXY", "127.0.0.1");
    let findings = ask(&house, "network");
    assert!(!findings.0.to_string().contains("secret"), "{}", findings.0);
    assert!(findings.of("proxy-variables").1.contains("HTTPS_PROXY=http://***@127.0.0.1"), "{}", findings.0);
    assert!(server.asked().contains("GET / HTTP") && !server.asked().contains("Authorization"), "{}", server.asked());
    let (verdict, said) = findings.of("module-proxies");
    assert!(verdict == "error" && said.contains("go refuses to send the name and the password"), "{said}");
    assert!(!go_finds_the_module(&house), "go refuses");
}

/// Go takes neither for an address with a password, and the second for a port and a path.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_password_with_a_slash_goes_to_no_program_and_onto_no_page() {
    let house = House::new();
    let asked = house.path("asked");
    fs::remove_file(house.path("bin/curl")).expect("curl of the house");
    house.script("bin/curl", &format!("#!/bin/sh\necho \"$*\" >>{}\nexit 7\n", asked.display()));
    for (secret, verdict, words) in [
        ("qwx:s3c/r3t", "error", "no port; in a password a slash is written %2F"),
        ("qwx:12/r3t", "unknown", "not asked, because there is an @ behind a slash"),
        ("qwx:/r3t", "unknown", "not asked"),
        ("qwx:s3c?r3t", "error", "no port"),
    ] {
        let address = format!("https://{secret}@modules.example.com/go");
        let house = House::new().with("PATH", &house.path("bin").display().to_string()).with("GOPROXY", &address);
        let house = house.with("GOSUMDB", &format!("sums.example.com {address}")).with("HTTP_PROXY", &address);
        let findings = ask(&house, "network");
        let (found, said) = findings.of("module-proxies");
        assert!(found == verdict && said.contains(words), "{secret}: {found}: {said}");
        assert_eq!(findings.of("checksum-database").0, "unknown");
        for shown in ["s3c", "r3t", "qwx"] {
            assert!(!findings.0.to_string().contains(shown), "{shown}: {:#}", findings.0);
        }
    }
    assert!(!asked.exists(), "{:?}", fs::read_to_string(&asked));
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn what_go_refuses_as_a_whole_is_an_error() {
    for (setting, words) in [
        (",", "has no entry"),
        ("modules", "does not begin with https://"),
        ("ftp://modules.example.com", "neither https://"),
        ("file://localhost/tmp", "the path of a folder"),
        ("https://modules.example.com:x", "no port"),
    ] {
        let house = House::new().with("GOSUMDB", "off").with("GOPROXY", setting);
        let output =
            house.program(house.path("bin/go")).args(["list", "-m", "-versions", "example.com/other"]).output();
        let said = String::from_utf8_lossy(&output.expect("go starts").stderr).into_owned();
        assert!(!said.contains("dial") && !said.is_empty(), "go asks nobody: {said}");
        expect(&house, "module-proxies", "error", &[words]);
    }
    expect(&House::new().with("GOPROXY", ",direct"), "module-proxies", "ok", &["GOPROXY: direct"]);
}

/// Whether go asks this server, and whether the doctor does.
fn is_asked(server: &Server, house: &House) -> (bool, bool) {
    let before = server.asked().len();
    go_finds_the_module(house);
    let by_go = server.asked().len();
    ask(house, "module-proxies");
    (by_go > before, server.asked().len() > by_go)
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_server_is_asked_through_the_proxy_that_go_takes_and_through_no_other() {
    let proxy = Server::new("404 Not Found", SOON);
    let bare = proxy.address.trim_start_matches("http://").to_owned();
    let with_user = proxy.address.replace("http://", "http://me:hunter2@");
    for (name, value, exceptions, is_taken) in [
        ("HTTP_PROXY", &proxy.address, "", true),
        ("http_proxy", &proxy.address, "", true),
        ("HTTP_PROXY", &bare, "", true),
        ("HTTP_PROXY", &with_user, "", true),
        ("ALL_PROXY", &proxy.address, "", false),
        ("all_proxy", &proxy.address, "", false),
        ("HTTPS_PROXY", &proxy.address, "", false),
        ("HTTP_PROXY", &proxy.address, "other.example.com,0.0.0.0/8", false),
        ("HTTP_PROXY", &proxy.address, "*", false),
        ("HTTP_PROXY", &proxy.address, "0.0.0.0:2", true),
    ] {
        // This machine, where nobody listens; but to go it is not the loopback, for which no proxy is ever taken.
        let house =
            House::new().with("GOPROXY", "http://0.0.0.0:1").with("GOSUMDB", "off").with("NO_PROXY", exceptions);
        let by_both = is_asked(&proxy, &house.with(name, value));
        assert_eq!(by_both, (is_taken, is_taken), "{name}={value} NO_PROXY={exceptions}");
    }
    assert!(proxy.asked().contains("Proxy-Authorization: Basic"), "as go sends it: {}", proxy.asked());
    let house = House::new().with("ALL_PROXY", &proxy.address);
    expect(&house, "proxy-variables", "note", &["git and curl heed, and go does not"]);
}

/// What is on this machine goes through no proxy.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_server_on_this_machine_is_asked_directly() {
    let (proxy, server) = (Server::new("200 OK", SOON), Server::new("404 Not Found", SOON));
    let house = House::new().with("GOPROXY", &server.address).with("GOSUMDB", "off").with("http_proxy", &proxy.address);
    assert_eq!(is_asked(&server, &house), (true, true));
    assert_eq!(proxy.asked(), "");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn an_address_of_ipv6_is_asked() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return skipped("there is no IPv6 here").unwrap_or_default();
    };
    let server = Server::at(listener, "404 Not Found", SOON);
    let house = House::new().with("GOPROXY", &server.address).with("GOSUMDB", "off");
    assert_eq!(is_asked(&server, &house), (true, true));
    expect(&house, "module-proxies", "ok", &["http://[::1]:", "status 404"]);
    fs::remove_file(house.path("bin/curl")).expect("curl was in PATH");
    expect(&house, "module-proxies", "ok", &["TLS was not tried"]);
}

/// A server that takes connections and does something with them, for as long as the test runs.
fn server_that(does: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(thread::spawn(move || does(stream)))));
    address
}

/// One byte, for as long as anybody listens. The pace is the server's, and what is tested.
fn drop_by_drop(mut stream: TcpStream, said: &str) {
    let bytes = said.bytes().chain(std::iter::repeat(b'x'));
    for byte in bytes {
        if stream.write_all(&[byte]).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_server_that_does_not_come_to_an_end_is_waited_for_a_few_seconds() {
    let silent = server_that(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let slow = server_that(|stream| drop_by_drop(stream, "HTTP/1.1 200 OK\r\nX-Long: "));
    let endless = server_that(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        drop_by_drop(stream, "");
    });
    let garbage = server_that(|mut stream| drop(stream.write_all(b"no HTTP at all\n")));
    let all = format!("{silent}|{slow}|{endless}|{garbage}");
    let house = House::new().with("GOPROXY", &all);
    let began = std::time::Instant::now();
    let said = expect(&house, "module-proxies", "error", &["a | follows", &format!("{endless}: status 200")]);
    for (address, words) in [(silent, "no answer: curl: (28)"), (garbage, "no answer after")] {
        assert!(said.contains(&format!("{address}: {words}")), "{address}: {words} in {said}");
    }
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn the_database_is_asked_where_go_would_ask_it() {
    let proxy = Server::new("200 OK", SOON);
    let house = House::new().with("GOPROXY", &proxy.address).with("GOSUMDB", "sums.example.com");
    expect(&house, "checksum-database", "ok", &["sums.example.com through http://127.0.0.1"]);
    assert!(proxy.asked().starts_with("GET /sumdb/sums.example.com/supported "), "{}", proxy.asked());

    let own = Server::new("200 OK", SOON);
    let house = house.with("GOSUMDB", &format!("sums.example.com {}/db", own.address));
    expect(&house, "checksum-database", "ok", &["/db: status 200"]);
    assert!(own.asked().starts_with("GET /db/latest "), "{}", own.asked());

    let failing = Server::new("503 Service Unavailable", SOON);
    let house = house.with("GOSUMDB", "sums.example.com").with("GOPROXY", &format!("{},direct", failing.address));
    expect(&house, "checksum-database", "error", &["status 503", "a | and direct follow", "export GOPROXY=LIST"]);
    expect(&house, "module-proxies", "warn", &["status 503"]);

    let house = house.with("GOSUMDB", &format!("sums.example.com {}", nobody()));
    expect(&house, "checksum-database", "error", &["no answer", "go env -w GOPRIVATE=PATTERNS"]);
    let house = house.with("GOPRIVATE", "git.corp");
    expect(&house, "checksum-database", "error", &["export GOPRIVATE=PATTERNS"]);
    let house = house.with("GOSUMDB", "off");
    expect(&house, "checksum-database", "ok", &["GOSUMDB is off"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_proxy_that_is_down_keeps_go_from_the_database_too() {
    // One whose key go knows.
    let house = House::new();
    let database = house.run_go(&["env", "GOSUMDB"]);
    let (dead, modules) = (nobody(), folder_of_modules(&house));
    let house = house.with("GOPROXY", &format!("{dead}|{modules}"));
    let words = ["mod", "download", "example.com/other@v1.0.0"];
    let output = house.program(house.path("bin/go")).args(words).output().expect("go starts");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        complaint.contains(&format!("/sumdb/{}/supported", database.trim())) && complaint.contains("refused"),
        "{complaint}"
    );
    expect(&house, "checksum-database", "error", &["no answer", "only where a | and direct follow"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn without_curl_the_connection_is_tried_and_a_word_says_so() {
    let server = Server::new("200 OK", SOON);
    let house = House::new().with("GOPROXY", &server.address);
    fs::remove_file(house.path("bin/curl")).expect("curl was in PATH");
    expect(&house, "module-proxies", "ok", &["TLS was not tried", "connection"]);
    let house = house.with("GOPROXY", &nobody());
    expect(&house, "module-proxies", "error", &["refused"]);
    let house = house.with("GOPROXY", "https://modules.example.com").with("HTTPS_PROXY", &server.address);
    expect(&house, "module-proxies", "unknown", &["a proxy is set"]);
}

/// A server with a certificate that nobody signed; ended with this.
#[derive(Debug)]
struct SelfSigned {
    server: Child,
    address: String,
    /// Held open, or the server dies of what it prints.
    _printed: BufReader<ChildStdout>,
}

impl SelfSigned {
    fn new(house: &House) -> Option<Self> {
        let (key, certificate) = (house.path("key.pem"), house.path("certificate.pem"));
        let made = Command::new("/usr/bin/openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
            .args([Path::new("-keyout"), &key, Path::new("-out"), &certificate])
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            return skipped("no openssl makes a certificate here");
        }
        let mut server = Command::new("/usr/bin/openssl")
            .args(["s_server", "-www", "-accept", "127.0.0.1:0"])
            .args([Path::new("-key"), &key, Path::new("-cert"), &certificate])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl starts");
        let mut printed = BufReader::new(server.stdout.take().expect("a pipe"));
        let mut words = printed.by_ref().lines().map_while(Result::ok);
        let address = words.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned));
        Some(Self { server, address: address.expect("it says where it listens"), _printed: printed })
    }
}

impl Drop for SelfSigned {
    fn drop(&mut self) {
        // Where it has ended already, that is what was wanted.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_certificate_that_nobody_signed_is_named() {
    let house = House::new();
    let Some(server) = SelfSigned::new(&house) else { return };
    let house = house.with("GOPROXY", &format!("https://{}", server.address));
    expect(&house, "module-proxies", "error", &["no answer", "certificate"]);
}
