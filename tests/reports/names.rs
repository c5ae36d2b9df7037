//! A package may be called anything: a trace is a file from somewhere else. Its name arrives as text in every sink, as one
//! frame, and what is a trap for flame graph tools is none.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::draft;
use crate::svg::{Flame, parsed, texts, weights_of_folded};

/// A name, and as what it stands in a graph and a folded stack. All but the last three are a terminal's, too.
const NAMES: [(&str, &str); 20] = [
    ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ("\"><script>alert(1)<script>", "\"><script>alert(1)<script>"),
    ("a\"b'c&ampd", "a\"b'c&ampd"),
    ("]]>", "]]>"),
    ("nul\0inside", "nul␀inside"),
    ("red\u{1b}[31m", "red␛[31m"),
    ("bell\u{7}\u{9b}", "bell␇\u{fffd}"),
    ("left\u{202e}right", "left\u{fffd}right"),
    ("line\nend", "line␊end"),
    ("carriage\rreturn", "carriage␍return"),
    ("not\u{fffe}\u{ffff}characters", "not\u{fffd}\u{fffd}characters"),
    ("größe 日本 🦀", "größe 日本 🦀"),
    ("%s%n{}", "%s%n{}"),
    ("(12 ms, 99.99%)", "(12 ms, 99.99%)"),
    ("--", "--"),
    ("-", "-"),
    ("perf_[k]", "perf_[k]"),
    ("semi;colon", "semi:colon"),
    ("twelve 12", "twelve\u{a0}12"),
    ("# comment", "#\u{a0}comment"),
];

#[test]
fn a_hostile_name_is_one_frame_of_text() {
    for (name, shown) in NAMES {
        let desk = Desk::with(draft::compiles_of(&[name]));
        let folded = desk.gotrace("flame --folded --by package,tool").run().plain();
        assert_eq!(folded, format!("{shown};compile 1000000000\n"), "{name:?}");
        let flame = Flame::read(&desk.gotrace("flame --by package,tool").run().plain());
        // inferno itself drops perf's notes; a space that does not break keeps this one.
        let drawn = shown.replace("_[k]", "_\u{a0}[k]");
        assert_eq!(flame.weights(), weights_of_folded(&folded.replace(shown, &drawn)), "{name:?}");
    }
}

#[test]
fn hostile_names_stand_beside_each_other() {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let desk = Desk::with(draft::compiles_of(&names));
    for options in ["--by package", "--by package,tool", "--by tool,package --reverse", "--by module,package"] {
        let flame = Flame::read(&desk.gotrace(&format!("flame --min 0 {options}")).run().plain());
        assert_eq!(flame.total, 1_000_000_000 * 20, "{options}");
    }
}

#[test]
fn a_hostile_name_is_text_on_a_terminal_and_in_the_chart() {
    let shown: Vec<String> = NAMES[..17].iter().map(|(_, shown)| (*shown).to_owned()).collect();
    let names: Vec<&str> = NAMES[..17].iter().map(|(name, _)| *name).collect();
    let desk = Desk::with(draft::compiles_of(&names));
    let text = desk.gotrace("summary --rows 99").run().plain();
    for name in &shown {
        assert!(text.lines().any(|line| line.contains(name)), "{name} in {text}");
    }
    assert_no_control(&text);
    let svg = desk.gotrace("flame --chart --min 0").run().plain();
    let document = parsed(&svg);
    let titles: BTreeSet<&str> =
        texts(&document, "title").into_iter().map(|title| title.lines().next().unwrap_or_default()).collect();
    for name in &shown {
        assert!(titles.contains(name.as_str()), "{name} in {titles:?}");
    }
    let scripts = document.descendants().filter(|node| node.has_tag_name("script")).count();
    assert_eq!(scripts, 1, "ours");
}

#[test]
fn whatever_a_trace_says_reaches_no_terminal_as_a_command() {
    const EVIL: &str = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let mut trace = String::new();
    let draft = "$ 0 go build\nprobe compile 1-2\ncompile m@v1:p[p.test] 2-3\nlink m@v1:p 3-4 !1\nvet p 4-5 signal=9";
    for mut event in draft::events(draft) {
        for key in ["tool", "package", "variant", "module", "module_version", "go_dir", "go_version", "goos", "goarch"]
        {
            if event[key].is_string() {
                event[key] = format!("{key}{EVIL}").into();
            }
        }
        if event["go_args"].is_array() {
            event["go_args"] = serde_json::json!([EVIL, "build", EVIL]);
        }
        trace += &draft::line(&event);
    }
    let desk = Desk::with(trace + "{\"type\":\"start\",\"v\":\"\\u001b]0;owned\\u0007\"}\n");
    let questions = ["summary", "flame --folded", "flame", "flame --chart", "flame --by command,target,go --folded"];
    let compared = ["diff trace.jsonl trace.jsonl", "flame --diff trace.jsonl --folded", "flame --diff trace.jsonl"];
    for question in questions.into_iter().chain(compared) {
        let (answer, remark) = desk.gotrace(question).run().with_remarks();
        assert_no_control(&answer);
        assert_no_control(&remark);
        assert!(
            question == "flame" || question == compared[2] || question.contains("chart") || answer.contains("owned"),
            "{question}: {answer}"
        );
    }
    let (_, remark) = desk.gotrace("flame --chart --package p{9}").run().with_remarks();
    assert_no_control(&remark);
}

#[track_caller]
fn assert_no_control(text: &str) {
    let found = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(found, None, "{text:?}");
}

#[test]
fn a_name_of_4_kilobytes_is_a_name() {
    let name = "long/".repeat(800) + "end";
    let desk = Desk::with(draft::compiles_of(&[&name, "short"]));
    let flame = Flame::read(&desk.gotrace("flame --by package,tool").run().plain());
    assert_eq!(flame.frames.iter().map(|frame| frame.path.len()).max(), Some(802), "a frame for each folder");
    for question in ["summary", "flame --chart", "flame --folded"] {
        assert!(desk.gotrace(question).run().plain().contains(&name), "{question}");
    }
}

#[test]
fn a_name_that_is_no_text_is_refused_with_its_line() {
    let trace = draft::compiles_of(&["fine"]);
    let lone_surrogate = trace.replace("fine", r"\udfff").replace("\"pid\":2000", "\"pid\":2001");
    let desk = Desk::with(trace + &lone_surrogate);
    let (folded, remark) = desk.gotrace("flame --folded --by package").run().with_remarks();
    assert_eq!(folded, "fine 1000000000\n");
    assert!(remark.contains("line 3: it is not JSON (lone leading surrogate in hex escape"), "{remark}");
    // A pair of them is a character.
    let pair = Desk::with(draft::compiles_of(&["crab"]).replace("crab", r"\ud83e\udd80"));
    assert_eq!(pair.gotrace("flame --folded --by package").run().plain(), "🦀 1000000000\n");
}

// The traps of flame graph tools.

/// Sorted bytewise, `net/http;…` stands between `net 10` and `net;…`, and a tool that takes lines as they come draws `net` twice.
#[test]
fn a_package_that_others_lie_below_is_drawn_once() {
    let desk = Desk::with(draft::compiles_of(&["net", "net-x", "net.x", "net/http", "net0"]));
    let folded = desk.gotrace("flame --folded --by package").run().plain();
    assert_eq!(
        folded,
        "net;(self) 1000000000\nnet;net/http 1000000000\nnet-x 1000000000\nnet.x 1000000000\nnet0 1000000000\n"
    );
    let flame = Flame::read(&desk.gotrace("flame --by package").run().plain());
    assert_eq!(flame.frame("net").weight, 2_000_000_000);
}

/// Two names that the syntax cannot tell apart are one frame, and their weights one weight.
#[test]
fn names_that_become_one_are_drawn_once() {
    let desk = Desk::with(draft::compiles_of(&["a;b", "a:b", "a:b/c", "a;b-c", "x\0", "x␀"]));
    let folded = desk.gotrace("flame --folded --by package").run().plain();
    assert_eq!(folded, "a:b;(self) 2000000000\na:b;a:b/c 1000000000\na:b-c 1000000000\nx␀ 2000000000\n");
    Flame::read(&desk.gotrace("flame --by package").run().plain());
}

/// A number at the end of a name is not a weight, nor is a second one a difference.
#[test]
fn a_number_at_the_end_of_a_name_is_a_part_of_it() {
    let desk = Desk::with(draft::compiles_of(&["p 1", "p 2 3", "p 1.5", "p ", " p", "p  7"]));
    let flame = Flame::read(&desk.gotrace("flame --by package").run().plain());
    assert_eq!(flame.total, 6_000_000_000);
    assert_eq!(
        flame.paths(),
        ["p\u{a0}1", "p\u{a0}1.5", "p  7".replace("  7", " \u{a0}7").as_str(), "p 2\u{a0}3", "p␠", "␠p"]
            .map(str::to_owned)
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
}

/// inferno writes a picture that says ERROR where nothing weighs anything; gotrace says what is the matter.
#[test]
fn no_weight_at_all_is_no_error() {
    let desk = Desk::with(draft::compiles_of(&["p"]));
    let (svg, _) = desk.gotrace("flame --weight cpu").run().with_remarks();
    assert!(!svg.contains("ERROR"), "{svg}");
}
