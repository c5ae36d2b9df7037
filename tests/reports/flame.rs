//! What a flame graph means: its frames are the folded stacks, its colours the kinds of tools, and the same trace gives the
//! same bytes.
//!
//! `svg::Flame::read` checks of every graph here that it is well-formed, that each frame stands within the one below it, and
//! that no name stands twice on the same frame.

use std::collections::BTreeSet;

use gotrace::render::palette::{self, Group};
use gotrace::tool_kind::ToolKind;

use crate::desk::Desk;
use crate::draft;
use crate::svg::{Flame, total_of_folded, weights_of_folded};

/// Compiles and links that told what they spent their time on, as Go 1.21 and 1.27 do it, and some that did not.
pub(crate) const PHASES: &str = "
    $ 0 go build ./...
    probe compile 40-45 user=3
    compile std:errors 50-60 fe:init=1 fe:parse=3 fe:inlining=1 fe:escapes=1 be:compilefuncs=2 be:dumpobj=1
    asm std:runtime 50-52 user=1
    compile std:runtime 52-152 fe:parse=20 fe:devirtualize-and-inline=12 fe:escapes=3 be:compilefuncs=58 be:dumpobj=5
    compile example.com/shop:example.com/shop/cart 152-162 !2
    compile example.com/shop:example.com/shop 162-172 fe:parse=2 fe:invented=1 be:compilefuncs=6
    link example.com/shop:example.com/shop 172-212 Loadlib=10 Dwarfcompress=4 Pclntab=3 Asmb=5 Asmb2=6 Hostlink=8 Invented=1";

/// Two commands, all kinds of tools, modules of all kinds, folders within folders, something that failed.
pub(crate) const SHOP: &str = "
    $ 0 go build ./...
    probe compile 40-45 user=3 rss=10
    probe asm 45-48 user=2 rss=10
    probe gcc 48-50 user=1 rss=30
    compile std:errors 50-60 user=8 sys=2 rss=40
    asm std:runtime 50-52 user=1 rss=12
    compile std:runtime 52-152 user=150 sys=20 rss=240
    compile std:net 60-90 user=28 sys=2 rss=125
    cgo std:net 90-110 user=15 sys=5 rss=22
    gcc std:net 92-108 user=14 sys=2 rss=60
    compile std:net/http 110-190 user=110 sys=6 rss=138
    compile std:net/http/internal 100-104 user=3 rss=30
    compile golang.org/x/text@v0.31.0:golang.org/x/text/unicode/norm 112-152 user=38 sys=1 rss=86
    compile example.com/shop:example.com/shop/cart 190-200 user=9 rss=44
    compile example.com/shop:example.com/shop 200-212 user=10 rss=48
    link example.com/shop:example.com/shop 212-260 user=70 sys=9 rss=128
    $ 300 go test ./...
    probe compile 330-333 user=3 rss=10
    vet example.com/shop:example.com/shop/cart 340-349 user=8 rss=30
    cover example.com/shop:example.com/shop/cart 340-343 user=2 rss=14
    compile example.com/shop:example.com/shop/cart 343-360 user=15 rss=50
    compile example.com/shop:example.com/shop/cart[example.com/shop/cart.test] 343-366 user=20 rss=52
    compile example.com/shop/cart.test 366-371 user=4 rss=40
    link example.com/shop/cart.test 371-401 user=40 sys=6 rss=120
    pack example.com/shop:example.com/shop/cart 401-402 user=1 rss=8";

fn desk() -> Desk {
    Desk::with(draft::trace(SHOP))
}

/// The graph that these options give, with nothing left out.
#[track_caller]
fn graph(desk: &Desk, options: &str) -> Flame {
    Flame::read(&desk.gotrace(&format!("flame --min 0 {options}")).run().plain())
}

#[track_caller]
fn folded(desk: &Desk, options: &str) -> String {
    desk.gotrace(&format!("flame --folded {options}")).run().plain()
}

#[test]
fn the_graph_shows_the_folded_stacks_and_nothing_else() {
    let desk = desk();
    for options in [
        "",
        "--weight cpu",
        "--weight user",
        "--weight sys",
        "--weight rss",
        "--weight count",
        "--by tool,package",
        "--by package",
        "--by command,target,go,tool",
        "--reverse",
        "--package ^net",
        "--command 2",
    ] {
        let (flame, folded) = (graph(&desk, options), folded(&desk, options));
        assert_eq!(flame.weights(), weights_of_folded(&folded), "{options}");
        assert_eq!(flame.total, total_of_folded(&folded), "{options}");
    }
}

#[test]
fn figures_are_in_units_that_people_read() {
    let desk = desk();
    let figure = |options: &str, path: &str| graph(&desk, options).frame(path).figure.clone();
    assert_eq!(figure("", "std;net;net/http;(self);compile"), "80.0 ms");
    assert_eq!(figure("--weight rss", "std;runtime;compile"), "240 MiB");
    assert_eq!(figure("--weight count", "std;net"), "5 runs");
    let root = graph(&desk, "--weight count").frames[0].figure.clone();
    assert_eq!(root, "23 runs");
}

#[test]
fn the_title_says_what_was_built_and_what_widths_mean() {
    let desk = desk();
    let title = |options: &str| graph(&desk, options).title;
    assert_eq!(title(""), "2 go commands · wall time of tools: 473 ms");
    assert_eq!(title("--command 1"), "go build ./... · wall time of tools: 382 ms");
    assert_eq!(title("--command 2 --weight cpu"), "go test ./... · CPU time: 99.0 ms");
    assert_eq!(title("--weight count"), "2 go commands · tool runs: 23 runs");
    assert_eq!(title("--weight rss"), "2 go commands · peak memory (peaks, which do not add up)");
}

#[test]
fn the_legend_names_the_tools_that_ran() {
    let desk = desk();
    let words = graph(&desk, "").words;
    for kind in ToolKind::ALL.iter().filter(|kind| **kind != ToolKind::Probe) {
        assert!(words.contains(&format!(" {}  ", kind.name())), "{} is in the legend: {words}", kind.name());
    }
    let words = graph(&desk, "--package ^runtime$").words;
    assert!(words.contains(" compile  ") && words.contains(" asm  ") && !words.contains(" link  "), "{words}");
}

#[test]
fn a_kind_of_tool_has_the_colour_of_the_palette_in_every_graph() {
    let desk = desk();
    let mut coloured = BTreeSet::new();
    for options in ["", "--by tool,package", "--by tool", "--reverse", "--weight count", "--package cart"] {
        for frame in graph(&desk, options).frames {
            let Some(name) = frame.path.last() else { continue };
            if let Some(tool) = name.strip_suffix(" -V") {
                assert_eq!(frame.fill, palette::tool(ToolKind::Probe).to_string(), "a probe of {tool}");
            } else if ["compile", "link", "asm", "cgo", "cover", "vet", "gcc", "pack"].contains(&name.as_str()) {
                assert_eq!(frame.fill, palette::tool(ToolKind::of(name)).to_string(), "{name} with {options}");
                coloured.insert(name.clone());
            }
        }
    }
    assert_eq!(coloured.len(), 8, "all tools were seen: {coloured:?}");
}

#[test]
fn what_is_no_tool_is_tinted_by_whose_code_it_is() {
    let flame = graph(&desk(), "");
    let tint = |path: &str| flame.frame(path).fill.clone();
    assert_eq!(tint("std;net"), palette::group(Group::Std).to_string());
    assert_eq!(tint("golang.org/x/text@v0.31.0"), palette::group(Group::Dependency).to_string());
    assert_eq!(tint("example.com/shop;example.com/shop/cart"), palette::group(Group::MainModule).to_string());
    assert_eq!(flame.frames[0].fill, palette::group(Group::Neutral).to_string());
}

#[test]
fn std_and_each_module_and_each_folder_have_a_width_of_their_own() {
    let flame = graph(&desk(), "");
    let weight = |path: &str| flame.frame(path).weight / 1_000_000;
    assert_eq!(weight("std"), 10 + 2 + 100 + 30 + 20 + 16 + 80 + 4);
    assert_eq!(weight("std;net"), 30 + 20 + 16 + 80 + 4, "with all that lies below it");
    assert_eq!(weight("std;net;(self)"), 30 + 20 + 16);
    assert_eq!(weight("std;net;net/http;net/http/internal"), 4);
    assert_eq!(weight("example.com/shop"), 10 + 12 + 48 + 9 + 3 + 17 + 23 + 5 + 30 + 1);
    assert_eq!(weight("example.com/shop;example.com/shop/cart;example.com/shop/cart [example.com/shop/cart.test]"), 23);
    assert_eq!(weight("example.com/shop;example.com/shop/cart.test"), 5 + 30, "a test's program belongs to its module");
}

/// Of each report that is held by bytes: twice the same, and the same when the lines of the trace stand in another order.
#[test]
fn the_same_events_give_the_same_bytes() {
    const FAILURES: &str = "
        compile example.com/shop:example.com/shop/a 500-520 !2 rss=9
        compile example.com/shop:example.com/shop/b 500-530 signal=9 rss=700
        vet example.com/shop:example.com/shop/b 505-506 !1
        compile example.com/shop:example.com/shop/c 510-";
    let lines = draft::lines(&(SHOP.to_owned() + FAILURES));
    let questions = [
        "flame",
        "flame --folded --by command,package,tool",
        "flame --weight rss --by target,tool",
        "flame --chart",
        "flame --chart --command 2",
        "summary",
        "summary --format json",
    ];
    let desk = Desk::with(lines.concat());
    let answers = |desk: &Desk| questions.map(|words| desk.gotrace(words).run().plain());
    let expected = answers(&desk);
    assert_eq!(answers(&desk), expected, "twice the same");
    for seed in 0..8 {
        desk.file("trace.jsonl", draft::shuffled(&lines, seed));
        for (question, (answer, expected)) in questions.iter().zip(answers(&desk).iter().zip(&expected)) {
            assert!(answer == expected, "{question} with the lines in order {seed}:\n{answer}\ninstead of\n{expected}");
        }
    }
}

/// Long enough that several threads read it.
#[test]
fn neither_the_number_of_threads_nor_their_pace_changes_a_byte() {
    let build = draft::trace(SHOP);
    let copies = (1 << 21) / build.len();
    let trace: String =
        (0..copies).map(|copy| build.replace("\"go_pid\":1", &format!("\"go_pid\":{}", copy + 1))).collect();
    let desk = Desk::with(trace);
    for question in ["flame --folded", "summary --format json"] {
        let expected = desk.gotrace(question).run().plain();
        for _ in 0..3 {
            assert!(desk.gotrace(question).run().plain() == expected, "{question}");
        }
    }
}

/// Sums that no build has, but a forged trace may: beyond what 64 bits hold.
#[test]
fn sums_beyond_all_bounds_are_drawn_as_far_as_they_go() {
    let mut trace = String::new();
    for name in ["a", "b", "c"] {
        for mut event in draft::events(&format!("compile {name} 0-1 user=1")) {
            if event["type"] == "end" {
                event["end_ns"] = u64::MAX.into();
                event["user_ns"] = u64::MAX.into();
                event["sys_ns"] = u64::MAX.into();
                event["max_rss_bytes"] = u64::MAX.into();
            }
            trace += &draft::line(&event);
        }
    }
    let desk = Desk::with(trace);
    for options in ["", "--weight cpu", "--weight rss"] {
        graph(&desk, options);
    }
    desk.gotrace("flame --chart").run().plain();
    desk.gotrace("summary").run().plain();
}

/// Two commands as far apart as numbers go: the ticks of the axis end where the numbers do.
#[test]
fn a_forged_calendar_gives_a_chart_with_an_end() {
    let mut trace = String::new();
    for (command, draft) in ["$ 0 go build\ncompile a 0-1000", "$ 0 go build\ncompile a 0-9000"].iter().enumerate() {
        for mut event in draft::events(draft) {
            event["time_ns"] = if command == 0 { 0_u64 } else { u64::MAX - 1_000_000_000 }.into();
            event["go_pid"] = command.into();
            event["pid"] = (command + 1).into();
            trace += &draft::line(&event);
        }
    }
    let chart = Desk::with(trace).gotrace("flame --chart").run().plain();
    assert!(chart.len() < 100_000, "{} bytes", chart.len());
}
