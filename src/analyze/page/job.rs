//! What `gotrace record` knows of a job, as sections: its wall time, its tests, its downloads.
//!
//! Knows the report of a job; asks nobody else.

use super::section::{Bars, Block, Cell, Part, Section, Table, Tone};
use crate::analyze::job::{Download, Job, Share, Test};
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// What there is to tell of a job.
pub(super) fn sections(job: &Job) -> Vec<Section> {
    let mut sections = vec![account(job)];
    sections.extend((!job.tests.is_empty()).then(|| tests(&job.tests)));
    sections.extend((!job.downloads.is_empty()).then(|| downloads(job)));
    sections
}

fn account(job: &Job) -> Section {
    let parts = job.account.iter().filter(|(_, time)| *time > Nanos::ZERO).map(|(share, time)| Part {
        name: name(*share).to_owned(),
        what: what(*share).to_owned(),
        time: *time,
        tone: tone(*share),
    });
    let bars = Bars { caption: format!("Wall time of {}", job.line), parts: parts.collect() };
    Section {
        id: "job",
        title: String::from("What the wall time went to"),
        lead: vec![String::from("Where several things went on at once, the first of the list counts.")],
        blocks: vec![Block::Bars(bars)],
    }
}

const fn name(share: Share) -> &'static str {
    match share {
        Share::Tools => "Go's tools",
        Share::CCompilers => "C compilers",
        Share::Tests => "tests",
        Share::Program => "the program of go run",
        Share::Downloads => "downloads",
        Share::Loading => "loading packages",
        Share::Cache => "around the tools",
        Share::Recording => "gotrace itself",
        Share::Unexplained => "go, unexplained",
        Share::Outside => "outside of go",
    }
}

const fn what(share: Share) -> &'static str {
    match share {
        Share::Tools => "compile, link, asm …",
        Share::CCompilers => "gcc, clang",
        Share::Tests => "test binaries, run or found in the cache",
        Share::Program => "",
        Share::Downloads => "modules downloaded, unpacked, asked for",
        Share::Loading => "which packages there are, and what they import",
        Share::Cache => "cache look-ups, hashing, copying",
        Share::Recording => "it stood between a go command and whoever waited for it",
        Share::Unexplained => "a go command ran, and did not tell what it did",
        Share::Outside => "no go command ran",
    }
}

const fn tone(share: Share) -> Tone {
    match share {
        Share::Tools => Tone::Tool(ToolKind::Compile),
        Share::CCompilers => Tone::Tool(ToolKind::CCompiler),
        Share::Tests => Tone::Tool(ToolKind::Vet),
        Share::Program => Tone::Tool(ToolKind::Cgo),
        Share::Downloads => Tone::Tool(ToolKind::Link),
        Share::Loading => Tone::Tool(ToolKind::Cover),
        Share::Cache => Tone::Tool(ToolKind::Asm),
        Share::Recording => Tone::Tool(ToolKind::Probe),
        Share::Unexplained => Tone::Tool(ToolKind::Other),
        Share::Outside => Tone::Quiet,
    }
}

fn tests(tests: &[Test]) -> Section {
    let row = |test: &Test| {
        let result = if test.cached { "cached" } else { "run" };
        vec![Cell::Name(test.package.clone()), Cell::Time(test.wall), Cell::Text(result.to_owned())]
    };
    let table =
        Table::new("Test binaries, the slowest first", &["package", "wall", "result"], tests.iter().map(row).collect());
    Section::of_table("tests", "Tests", &[], table)
}

fn downloads(job: &Job) -> Section {
    let row = |module: &Download| {
        let times = [module.download, module.fetch, module.unzip];
        [Cell::Name(module.module.clone())].into_iter().chain(times.map(Cell::Time)).collect()
    };
    let heads = ["module", "download", "other files", "unpacking"];
    let table = Table::new("Modules that were downloaded", &heads, job.downloads.iter().map(row).collect());
    let lead = format!("go waited {} for modules and {} for checksums.", job.waits.proxy, job.waits.checksums);
    Section::of_table("downloads", "Downloads", &[&lead], table)
}
