//! What is drawn of a CPU profile of compilers and linkers. Stacks as text in, facts of the SVG out.

use std::collections::{BTreeMap, BTreeSet};

use gotrace::pprof::{Function, Label, Line, Location, Profile, Sample, ValueType};

use crate::desk::Desk;
use crate::svg::{Flame, parsed};

/// A function of each part of the work, as it stands in a stack of a compile or a link of Go 1.27.
const WORK: &str = "
    compile main.main;cmd/compile/internal/syntax.Parse 10
    compile main.main;cmd/compile/internal/types2.(*Checker).checkFiles 20
    compile main.main;cmd/compile/internal/noder.unified 30
    compile main.main;cmd/compile/internal/inline.CanInline 40
    compile main.main;cmd/compile/internal/escape.Batch 50
    compile main.main;cmd/compile/internal/walk.Walk 60
    compile main.main;cmd/compile/internal/ssagen.buildssa;cmd/compile/internal/ssa.Compile;runtime.mallocgc 70
    compile main.main;cmd/compile/internal/ssagen.genssa 80
    compile main.main;cmd/compile/internal/reflectdata.WriteRuntimeTypes;sort.Slice 90
    compile runtime.gcBgMarkWorker 100
    link main.main;cmd/link/internal/ld.Main 110";

/// A profile of these stacks in milliseconds, the root first, each with its tool as a label.
fn profile(stacks: &str) -> Vec<u8> {
    let mut profile = Profile { value_types: vec![ValueType { kind: 1, unit: 2 }], ..Profile::default() };
    profile.strings = ["", "cpu", "nanoseconds", "tool"].map(String::from).to_vec();
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    for stack in stacks.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (tool, rest) = stack.split_once(' ').unwrap();
        let (names, millis) = rest.rsplit_once(' ').unwrap();
        let mut locations: Vec<u64> = names.split(';').map(|name| function(&mut profile, &mut numbers, name)).collect();
        locations.reverse();
        let text = string(&mut profile, tool);
        let value = millis.parse::<i64>().unwrap() * 1_000_000;
        profile.samples.push(Sample { locations, values: vec![value], labels: vec![Label { key: 3, text }] });
    }
    let mut bytes = Vec::new();
    profile.write(&mut bytes).unwrap();
    bytes
}

fn function(profile: &mut Profile, numbers: &mut BTreeMap<String, u64>, name: &str) -> u64 {
    if let Some(known) = numbers.get(name) {
        return *known;
    }
    let id = numbers.len() as u64 + 1;
    numbers.insert(name.to_owned(), id);
    let text = string(profile, name);
    profile.functions.push(Function { id, name: text, ..Function::default() });
    profile.locations.push(Location { id, lines: vec![Line { function: id, line: 1 }] });
    id
}

fn string(profile: &mut Profile, text: &str) -> i64 {
    profile.strings.push(text.to_owned());
    i64::try_from(profile.strings.len() - 1).unwrap()
}

fn svg_of(stacks: &str, options: &str) -> String {
    let desk = Desk::new();
    desk.file("compiler.pb.gz", profile(stacks));
    desk.gotrace(&format!("flame compiler.pb.gz --min 0 {options}")).run().plain()
}

/// The colour of each function.
fn fills(svg: &str) -> BTreeMap<String, String> {
    let name = |path: &[String]| path.last().cloned().unwrap_or_default();
    Flame::read(svg).frames.iter().map(|frame| (name(&frame.path), frame.fill.clone())).collect()
}

#[test]
fn each_part_of_the_work_has_a_colour_of_its_own() {
    let fills = fills(&svg_of(WORK, ""));
    let of = |function: &str| fills.get(function).unwrap_or_else(|| panic!("{function} in {fills:?}")).clone();
    let work = [
        "cmd/compile/internal/syntax.Parse",
        "cmd/compile/internal/types2.(*Checker).checkFiles",
        "cmd/compile/internal/noder.unified",
        "cmd/compile/internal/inline.CanInline",
        "cmd/compile/internal/escape.Batch",
        "cmd/compile/internal/walk.Walk",
        "cmd/compile/internal/ssagen.buildssa",
        "cmd/compile/internal/ssa.Compile",
        "cmd/compile/internal/ssagen.genssa",
        "cmd/compile/internal/reflectdata.WriteRuntimeTypes",
        "cmd/link/internal/ld.Main",
        "runtime.gcBgMarkWorker",
        "runtime.mallocgc",
        "main.main",
    ];
    let colours: BTreeSet<String> = work.iter().map(|function| of(function)).collect();
    assert_eq!(colours.len(), work.len(), "{fills:?}");
    assert_eq!(of("sort.Slice"), of("main.main"), "what is nobody's own has one colour");
}

#[test]
fn a_function_has_the_same_colour_in_every_profile() {
    let whole = fills(&svg_of(WORK, ""));
    for stack in WORK.lines().map(str::trim).filter(|line| !line.is_empty()) {
        for (function, fill) in fills(&svg_of(stack, "")) {
            assert_eq!(whole.get(&function), Some(&fill), "{function} alone in {stack}");
        }
    }
    assert_eq!(whole, fills(&svg_of(WORK, "--reverse")).into_iter().collect());
}

#[test]
fn the_legend_names_the_parts_that_occur_each_beside_its_colour() {
    let svg = svg_of("compile main.main;cmd/compile/internal/walk.Walk 60\nlink runtime.main 1", "");
    let (legend, fills) = (legend(&svg), fills(&svg));
    let named: Vec<&str> = legend.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(named, ["compile", "link", "walk", "other", "runtime"]);
    let colour = |name: &str| legend.iter().find(|(_, named)| named == name).map(|(colour, _)| colour.clone());
    for (name, function) in [
        ("walk", "cmd/compile/internal/walk.Walk"),
        ("runtime", "runtime.main"),
        ("other", "main.main"),
        ("link", "link"),
    ] {
        assert_eq!(colour(name).as_ref(), fills.get(function), "{name}");
    }
}

#[test]
fn a_long_legend_takes_two_lines_above_the_frames() {
    let svg = svg_of(WORK, "");
    assert_eq!(legend(&svg).len(), 16, "two tools, twelve parts, other, and the runtime");
    let lines = |svg: &str| {
        let document = parsed(svg);
        let legend = document.descendants().find(|node| node.attribute("id") == Some("subtitle")).unwrap();
        let lines = legend.children().filter(|node| node.attribute("dy").is_some());
        lines.map(|line| line.attribute("x").unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lines(&svg), ["50%", "50%"]);
    assert_eq!(lines(&svg_of("compile main.main 1", "")), [""; 0], "a short one stays where it was");
}

/// The colours of the legend and what they stand for.
fn legend(svg: &str) -> Vec<(String, String)> {
    let document = parsed(svg);
    let legend = document.descendants().find(|node| node.attribute("id") == Some("subtitle")).unwrap();
    let squares = legend.descendants().filter(|node| node.attribute("fill").is_some_and(|fill| fill.starts_with('#')));
    let name = |text: &str| text.split('·').next().unwrap_or_default().trim().to_owned();
    squares
        .map(|square| {
            let behind = square.next_sibling().and_then(|text| text.text()).unwrap_or_default();
            (square.attribute("fill").unwrap().to_owned(), name(behind))
        })
        .collect()
}
