//! The page of `gotrace report`: one file, the same each time, of whatever trace. What it looks like and what its script does is
//! for a browser (tests/browser/report.mjs).

use crate::desk::Desk;
use crate::draft;

const TRACE: &str = include_str!("../../samples/traces/go1.26.jsonl");

/// What the script of a page reads.
#[track_caller]
fn data(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").expect("the data begin");
    let (data, _) = rest.split_once("</script>").expect("the data end");
    serde_json::from_str(data).expect("JSON")
}

#[test]
fn a_real_build_is_a_page_with_a_section_for_each_question() {
    let page = Desk::with(TRACE).gotrace("report").run().plain();
    for id in
        ["timeline", "workers", "path", "memory", "flame", "packages", "tools", "modules", "phases", "links", "limits"]
    {
        assert!(page.contains(&format!("<section id=\"{id}\"")) && page.contains(&format!("href=\"#{id}\"")), "{id}");
    }
    let runs = TRACE.lines().filter(|line| line.contains("\"type\":\"start\"")).count();
    assert_eq!(data(&page)["runs"], runs);
}

#[test]
fn the_same_trace_gives_the_same_bytes_on_standard_output_and_in_a_file() {
    let desk = Desk::with(TRACE);
    let page = desk.gotrace("report").run().plain();
    assert_eq!(desk.gotrace("report trace.jsonl -o build.html").run().plain(), "");
    assert_eq!(desk.read("build.html"), page);
}

#[test]
fn a_command_can_be_told_of_alone_and_a_title_given() {
    let desk = Desk::with(draft::trace("$ 0 go build ./a\ncompile a 1-2\n$ 5 go vet ./b\nvet b 6-9\nvet c 9-10"));
    let page = desk.gotrace_with(["report", "--command", "2", "--title", "only <vet>"]).run().plain();
    assert!(page.contains("<h1>only &lt;vet&gt;</h1>"));
    let data = data(&page);
    assert_eq!((&data["runs"], data["commands"].as_array().map(Vec::len)), (&2.into(), Some(1)));
    assert_eq!(data["packages"], serde_json::json!(["b", "c"]));
    assert!(!page.contains("./a"), "nothing of the other command");
}

#[test]
fn what_was_measured_of_a_job_is_beside_what_its_tools_told() {
    const JOB: &str = include_str!("../../samples/traces/record-go1.27.jsonl");
    let ids = |trace, command: &str| -> Vec<String> {
        let data = data(&Desk::with(trace).gotrace(command).run().plain());
        let curves = data["curves"].as_array().expect("curves");
        curves.iter().filter_map(|curve| Some(curve[0].as_str()?.to_owned())).collect()
    };
    assert_eq!(ids(JOB, "report"), ["running", "waiting", "memory", "resident", "busy"]);
    assert_eq!(ids(JOB, "report --command 1"), ["running", "waiting", "memory"], "nobody measured a command alone");
    assert_eq!(ids(TRACE, "report"), ["running", "waiting", "memory"]);
}

#[test]
fn a_profile_is_no_trace() {
    let refusal = Desk::new().gotrace("report compiler.pb.gz").run().refusal();
    assert!(refusal.contains("compiler.pb.gz is a profile: a page is made of a trace"), "{refusal}");
}

#[test]
fn no_argument_of_a_tool_is_in_the_page_but_as_the_trace_has_it() {
    let page = Desk::with(TRACE).gotrace("report").run().plain();
    assert!(page.contains("-X=runtime.godebugDefault=***"), "what the trace has masked is masked");
    assert!(!page.contains("-X=runtime.godebugDefault=m"));
}
