//! Fills the lines of a trace: what is written of a tool run, and under which key.
//!
//! Knows the keys of the format (docs/format.md lists them); asks the other files of this folder for the values. Reads
//! small files and stats sources, and runs while the tool runs.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::bytes;
use super::child::Ended;
use super::clock::{self, Moment};
use super::cpus;
use super::embedded::Embedded;
use super::files::Reader;
use super::fingerprint::{Fingerprints, LENGTH};
use super::imports::{self, Import, Imports};
use super::mask::{self, Masker};
use super::module::{Module, Sources};
use super::native;
use super::parent::Parent;
use super::phases::Phases;
use super::settings;
use super::tool::{Description, Purpose, Tool, WorkDir, base_name};
use super::vet;
use crate::trace::{FORMAT_VERSION, Line};

/// A list in a line ends where it would grow beyond this: a package may have 10,000 files.
const LIST_LIMIT: usize = 16 * 1024;

/// A link names the packages that this command built up to so many, beside its main package. An incremental build has fewer.
const MOST_OF_A_LINK: usize = 64;

/// A single text is cut at the length of the longest path that Linux knows; an argument can have 128 KiB.
const TEXT_LIMIT: usize = 4096;

/// Keys that a start event and its end event share: with them the two find each other, and the go command.
pub(crate) fn identity(line: &mut Line, tool: &Tool, parent: &Parent, start: Moment) {
    line.number("v", FORMAT_VERSION);
    line.text("tool", cut(tool.name));
    if let Some(description) = std::env::var_os("TOOLEXEC_IMPORTPATH") {
        let described = Description::parse(description.as_bytes());
        line.text("package", cut(described.package));
        line.text_if("variant", described.variant.map(cut));
    }
    if tool.purpose != Purpose::Work {
        line.flag("probe");
    }
    line.number("pid", u64::from(std::process::id()));
    line.number("go_pid", u64::from(parent.pid));
    line.number_if("go_start_ticks", parent.start_ticks);
    if let Some(inside) = &parent.inside {
        line.number("inside_pid", u64::from(inside.pid));
        line.text("inside", cut(&inside.tool));
    }
    if let Some(work) = tool.work_dir() {
        line.text("work", work.name);
        line.text("objdir", work.action);
    }
    line.number("time_ns", start.realtime_ns);
    line.number("start_ns", start.monotonic_ns);
}

/// Keys that need a look around: files, modules, imports, the go command.
pub(crate) fn surroundings(line: &mut Line, tool: &Tool, parent: &Parent, version: &[u8], reader: &mut Reader) {
    let directory = std::env::current_dir().ok();
    if directory != parent.directory() {
        line.text_if("dir", directory.as_deref().map(|directory| directory.as_os_str().as_bytes()));
    }
    if tool.purpose == Purpose::VersionProbe {
        line.text("tool_version", cut(version.trim_ascii()));
    }
    if std::env::var_os("TOOLEXEC_IMPORTPATH").is_none() {
        go_command(line, tool, parent);
    }
    let work = tool.work_dir();
    line.text_if("action_id", tool.action_id().map(cut));
    line.number_if("granted_c", tool.granted_c());
    if let Some(settings) = vet::Settings::of(tool, reader) {
        checked(line, tool, work.as_ref(), &settings, reader);
    } else {
        let place = Place::of(tool, reader);
        imports(line, tool, place.as_ref(), reader);
        sources(line, tool, place.as_ref(), reader);
    }
    reader.close();
    arguments(line, tool, work.as_ref());
}

/// Where most of the sources are.
struct Place {
    /// The directory as the arguments have it.
    written: &'static [u8],
    directory: Vec<u8>,
    module: Option<Module>,
}

impl Place {
    fn of(tool: &Tool, reader: &mut Reader) -> Option<Self> {
        let written = directory_as_written(tool)?;
        let directory = absolute(written);
        let module = Module::of(&directory, &goroot(tool), reader);
        Some(Self { written, directory, module })
    }

    fn is_of_released_go(&self) -> bool {
        self.module.as_ref().is_some_and(Module::is_released_go)
    }

    fn is_editable(&self) -> bool {
        self.module.as_ref().is_none_or(|module| module.sources == Sources::Editable)
    }
}

/// Keys that only the tool knows: where its time went, and what it counted.
pub(crate) fn phases(line: &mut Line, phases: &Phases) {
    line.numbers("phases", phases.times.iter().map(|(name, time)| (name.as_slice(), *time)));
    line.number_if("lines", phases.lines);
    line.number_if("funcs", phases.funcs);
}

/// Keys that only the kernel knows, after the tool has ended.
pub(crate) fn ending(line: &mut Line, tool: &Tool, ended: &Ended, end_ns: u64) {
    line.number_if("output_bytes", tool.output().and_then(size));
    line.number("end_ns", end_ns);
    usage(line, ended);
    line.number("shim_cpu_ns", clock::own_cpu_ns());
}

/// What the kernel counted for a process that has ended, and how it ended.
pub(crate) fn usage(line: &mut Line, ended: &Ended) {
    let usage = &ended.usage;
    line.number("user_ns", usage.user_ns);
    line.number("sys_ns", usage.sys_ns);
    line.number("max_rss_bytes", usage.max_rss_bytes);
    line.number("minor_faults", usage.minor_faults);
    line.number("major_faults", usage.major_faults);
    line.number("voluntary_switches", usage.voluntary_switches);
    line.number("involuntary_switches", usage.involuntary_switches);
    line.number("block_in", usage.block_in);
    line.number("block_out", usage.block_out);
    line.number_if("exit_code", ended.exit_code());
    line.number_if("signal", ended.signal());
}

/// The go command's own line, directory and settings. They stand in the events without a package: cmd/go begins with
/// probes, so each command is told once or a few times rather than with each of its thousand actions.
fn go_command(line: &mut Line, tool: &Tool, parent: &Parent) {
    line.text("tool_path", cut(tool.path));
    let command_line = parent.command_line();
    // Each argument is ended by a NUL; an empty one in the middle is an argument too.
    let words = command_line.strip_suffix(b"\0").unwrap_or_default().split(|byte| *byte == 0);
    masked_list(line, "go_args", words);
    line.text_if("go_dir", parent.directory().as_deref().map(|directory| directory.as_os_str().as_bytes()));
    line.number_if("go_parent_pid", parent.started_by);
    line.number_if("go_age_ns", parent.age_ns());
    line.number_if("cpus", cpus::usable_by(parent.pid));
    for (key, name) in [
        ("go_version", "GOVERSION"),
        ("goos", "GOOS"),
        ("goarch", "GOARCH"),
        ("cgo_enabled", "CGO_ENABLED"),
        ("gomaxprocs", "GOMAXPROCS"),
    ] {
        if let Some(value) = std::env::var_os(name) {
            line.text(key, cut(value.as_bytes()));
        }
    }
    if let Some(flags) = std::env::var_os("GOFLAGS").filter(|flags| !flags.is_empty()) {
        line.text("goflags", cut(&mask::line(flags.as_bytes())));
    }
    masked_list(line, "env", settings::set().into_iter());
}

/// Of what a vet run is told, in its file of settings.
fn checked(line: &mut Line, tool: &Tool, work: Option<&WorkDir>, settings: &vet::Settings, reader: &mut Reader) {
    if let Some(work) = work {
        line.list("needs", settings.needs(work));
    }
    if let Some(directory) = settings.directory() {
        whereabouts(line, directory, Module::of(directory, &goroot(tool), reader).as_ref());
    }
}

/// A link is given every package of the program. Where all of them were built they are the closure of its main package, and
/// only counted; where a few were, some lie behind packages from the cache, and the link alone knows of them.
fn imports(line: &mut Line, tool: &Tool, place: Option<&Place>, reader: &mut Reader) {
    let Some(work) = tool.work_dir() else { return };
    let text = Imports::of(tool, reader);
    let (built, cached): (Vec<Import>, Vec<Import>) = text.iter(&work).partition(|import| import.built().is_some());
    if tool.name == b"link" {
        let (main, others): (Vec<Import>, Vec<Import>) =
            built.iter().partition(|import| import.built() == Some(work.action));
        let listed = if others.len() > MOST_OF_A_LINK { 0 } else { others.len() };
        let named = || main.iter().chain(others.iter().take(listed));
        line.list("needs", named().filter_map(Import::built));
        contents(line, named(), reader);
        line.number("packages_built", count(built.iter()));
        line.number("packages_cached", count(cached.iter()));
        build_info(line, &text);
    } else {
        line.list("needs", built.iter().filter_map(Import::built));
        line.list("cached", cached.iter().filter_map(Import::cached));
        // What a released Go imports is of the same Go.
        if !place.is_some_and(Place::is_of_released_go) {
            contents(line, built.iter().chain(&cached), reader);
        }
    }
}

/// What the imports held: those of `needs`, then those of `cached`.
fn contents<'a>(line: &mut Line, imports: impl Iterator<Item = &'a Import<'a>>, reader: &mut Reader) {
    let mut contents = Fingerprints::new();
    for import in imports {
        contents.add_id(import.content_id(reader));
    }
    prints(line, "import_hashes", &contents);
}

/// What the link is told to write into the program about the build.
#[cold]
fn build_info(line: &mut Line, imports: &Imports) {
    let Some(build_info) = imports.build_info() else { return };
    let mut held = Fingerprints::new();
    held.add_text(build_info);
    prints(line, "build_info_hash", &held);
    line.text_if("vcs_revision", imports::revision(build_info).map(cut));
}

fn sources(line: &mut Line, tool: &Tool, place: Option<&Place>, reader: &mut Reader) {
    if tool.sources().next().is_none() {
        return;
    }
    line.number("source_files", count(tool.sources()));
    // To open a file and to read it is a good part of what a shim costs; most packages are of released modules.
    let is_editable = place.is_none_or(Place::is_editable);
    let mut held = Fingerprints::new();
    if is_editable {
        tool.sources().for_each(|source| held.add_file(source, reader));
        line.number("source_bytes", held.bytes);
    } else {
        line.number("source_bytes", tool.sources().filter_map(size).sum());
    }
    let work = tool.work_dir();
    list(
        line,
        "files",
        tool.sources().map(|source| match place.and_then(|place| name_in(source, place.written)) {
            Some(name) => Cow::Borrowed(name),
            None => abbreviated(Cow::Borrowed(source), work.as_ref()),
        }),
    );
    prints(line, "file_hashes", &held);
    if let Some(place) = place {
        whereabouts(line, &place.directory, place.module.as_ref());
        let names = if is_editable { native::files(tool, &place.directory) } else { Vec::new() };
        if !names.is_empty() {
            beside(line, &names, &place.directory, reader);
        }
    }
    if is_editable && tool.option(b"-embedcfg").is_some() {
        embedded(line, tool, reader);
    }
    if let Some(profile) = tool.option(b"-pgoprofile") {
        let mut held = Fingerprints::new();
        held.add_file(profile, reader);
        prints(line, "pgo_hash", &held);
    }
}

/// The files of a package that no tool is told of.
#[cold]
fn beside(line: &mut Line, names: &[Vec<u8>], directory: &[u8], reader: &mut Reader) {
    let mut held = Fingerprints::new();
    names.iter().for_each(|name| held.add_file(&[directory, b"/", name].concat(), reader));
    list(line, "native_files", names.iter().map(|name| Cow::Borrowed(name.as_slice())));
    prints(line, "native_hashes", &held);
}

#[cold]
fn embedded(line: &mut Line, tool: &Tool, reader: &mut Reader) {
    let embedded = Embedded::of(tool, reader);
    let mut held = Fingerprints::new();
    embedded.iter().for_each(|(_, path)| held.add_file(path, reader));
    list(line, "embed_files", embedded.iter().map(|(name, _)| Cow::Borrowed(name)));
    prints(line, "embed_hashes", &held);
}

/// As many as a list has room for, and as there can be names beside them.
fn prints(line: &mut Line, key: &str, held: &Fingerprints) {
    let text = held.text();
    line.text_if(key, text.get(..LIST_LIMIT / LENGTH * LENGTH).or(Some(text)).filter(|text| !text.is_empty()));
}

/// Where the package is, and in which module.
fn whereabouts(line: &mut Line, directory: &[u8], module: Option<&Module>) {
    line.text("source_dir", cut(directory));
    if let Some(module) = module {
        line.text("module", cut(&module.path));
        line.text_if("module_version", module.version.as_deref().map(cut));
    }
}

/// The arguments without the sources. Go's tools get hundreds of characters of `$WORK` paths, so that is abbreviated, as
/// cmd/go does when it prints them.
fn arguments(line: &mut Line, tool: &Tool, work: Option<&WorkDir>) {
    let mut masker = Masker::new();
    list(line, "args", tool.options().map(|option| abbreviated(masker.mask(option), work)));
}

/// The words of a command line, masked.
pub(crate) fn masked_list<'a>(line: &mut Line, key: &str, words: impl Iterator<Item = &'a [u8]>) {
    let mut masker = Masker::new();
    list(line, key, words.map(|word| masker.mask(word)));
}

/// A list of texts, each of them and all together of a bounded size.
fn list<'a>(line: &mut Line, key: &str, texts: impl Iterator<Item = Cow<'a, [u8]>>) {
    let mut room = LIST_LIMIT;
    let mut kept = Vec::new();
    for text in texts {
        room = room.saturating_sub(cut(&text).len().saturating_add(3));
        if room == 0 {
            break;
        }
        kept.push(text);
    }
    line.list(key, kept.iter().map(|text| cut(text)));
}

fn cut(text: &[u8]) -> &[u8] {
    text.get(..TEXT_LIMIT).unwrap_or(text)
}

/// With `$WORK` in the place of the work directory: it has another name in each go command.
fn abbreviated<'a>(text: Cow<'a, [u8]>, work: Option<&WorkDir>) -> Cow<'a, [u8]> {
    let Some(root) = work.map(|work| work.root) else { return text };
    let find = |rest: &[u8]| bytes::find(rest, root);
    if find(&text).is_none() {
        return text;
    }
    let mut short = Vec::with_capacity(text.len());
    let mut rest: &[u8] = &text;
    while let Some(at) = find(rest) {
        short.extend_from_slice(rest.get(..at).unwrap_or_default());
        short.extend_from_slice(b"$WORK");
        rest = rest.get(at.saturating_add(root.len())..).unwrap_or_default();
    }
    short.extend_from_slice(rest);
    Cow::Owned(short)
}

/// The directory of the first source that is not generated into `$WORK`; the empty one is the current directory.
fn directory_as_written(tool: &Tool) -> Option<&'static [u8]> {
    let root = tool.work_dir().map(|work| work.root);
    let source = tool.sources().find(|source| root.is_none_or(|root| !source.starts_with(root)))?;
    match source.len().checked_sub(base_name(source).len())? {
        1 => Some(b"/"),
        length => source.get(..length.saturating_sub(1)),
    }
}

/// cmd/go names sources by absolute paths, but for `go fix` before 1.26.
fn absolute(directory: &[u8]) -> Vec<u8> {
    let directory = Path::new(OsStr::from_bytes(directory));
    let here = if directory.is_absolute() { PathBuf::new() } else { std::env::current_dir().unwrap_or_default() };
    let joined = if directory.as_os_str().is_empty() { here } else { here.join(directory) };
    joined.into_os_string().into_vec()
}

fn name_in<'a>(source: &'a [u8], directory: &[u8]) -> Option<&'a [u8]> {
    let name = source.strip_prefix(directory)?;
    if directory.is_empty() { Some(name) } else { name.strip_prefix(b"/") }
}

/// `…/pkg/tool/linux_amd64/compile` is in the GOROOT that the tool belongs to, whatever the environment says.
fn goroot(tool: &Tool) -> Vec<u8> {
    let from_path = bytes::find(tool.path, b"/pkg/tool/");
    match from_path.and_then(|at| tool.path.get(..at)) {
        Some(root) => root.to_vec(),
        None => std::env::var_os("GOROOT").unwrap_or_default().as_bytes().to_vec(),
    }
}

fn size(path: &[u8]) -> Option<u64> {
    std::fs::metadata(PathBuf::from(OsStr::from_bytes(path))).ok().map(|meta| meta.size())
}

fn count(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
