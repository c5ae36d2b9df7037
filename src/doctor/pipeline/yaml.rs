//! YAML as a tree that knows its lines.
//!
//! Knows aliases, merge keys and GitLab's `!reference`; does not know what any key means. An alias is the same tree again,
//! not a copy of it, so that a small file cannot become a large tree.

use std::collections::BTreeMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

/// Deeper than any file that somebody wrote.
const DEEPEST: usize = 64;

/// More bytes than any file has, with what its aliases stand for in their place.
const HEAVIEST: usize = 16 << 20;

/// Something in a file.
#[derive(Debug)]
pub(super) struct Node {
    /// Where it begins, counted from one; a map or a list with its key.
    pub(super) line: usize,
    value: Value,
    /// It is a list of the keys to what it stands for.
    pub(super) is_reference: bool,
    /// How deep it is, through aliases: as much as it may take of the stack to follow it.
    depth: usize,
    /// How many bytes it is, with what aliases stand for in their place: as long as it may take to go through it.
    weight: usize,
}

#[derive(Debug)]
enum Value {
    /// Text, and whether it stands there without quotes, so that it may be meant as a number.
    Text(String, ScalarStyle),
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
}

/// Why there is no tree.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is no YAML: the line, and why.
    NoYaml(usize, String),
    /// It is more than is read here.
    TooMuch(String),
}

/// The last document of a file; none where it is empty.
///
/// # Errors
/// It is not YAML, or more than anybody writes.
pub(super) fn read(text: &str) -> Result<Option<Rc<Node>>, Fault> {
    let mut root = None;
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: BTreeMap<usize, Rc<Node>> = BTreeMap::new();
    for event in Parser::new_from_str(text) {
        let no_yaml = |error: ScanError| Fault::NoYaml(error.marker().line(), error.info().to_owned());
        let (event, span) = event.map_err(no_yaml)?;
        let line = span.start.line();
        let key_line = open.last().and_then(|parent| parent.key.as_ref()).map_or(line, |(_, line)| *line);
        let (node, anchor) = match event {
            Event::MappingStart(anchor, _) => {
                open.push(Open::new(key_line, anchor, Value::Map(Vec::new())));
                (None, 0)
            }
            Event::SequenceStart(anchor, tag) => {
                let is_reference = tag.as_deref().is_some_and(is_reference);
                open.push(Open { is_reference, ..Open::new(key_line, anchor, Value::List(Vec::new())) });
                (None, 0)
            }
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some(Open { line, anchor, value, is_reference, .. }) => {
                    (Some(Node { is_reference, ..Node::new(line, value) }), anchor)
                }
                None => (None, 0),
            },
            Event::Scalar(text, style, anchor, _) => {
                (Some(Node::new(line, Value::Text(text.into_owned(), style))), anchor)
            }
            // One that stands in what it is a name of has no end.
            Event::Alias(id) => {
                let known = anchors.get(&id).cloned();
                let node = known.ok_or_else(|| Fault::NoYaml(line, String::from("an alias of what it stands in")))?;
                take(&mut open, &mut root, node);
                (None, 0)
            }
            _ => (None, 0),
        };
        if open.len() > DEEPEST {
            return Err(Fault::TooMuch(format!("line {line} is nested more than {DEEPEST} deep")));
        }
        if let Some(node) = node.map(Rc::new) {
            if node.depth > DEEPEST {
                return Err(Fault::TooMuch(format!("line {line} is nested more than {DEEPEST} deep by its aliases")));
            }
            if node.weight > HEAVIEST {
                let mebibytes = HEAVIEST >> 20;
                return Err(Fault::TooMuch(format!("line {line} is more than {mebibytes} MiB by its aliases")));
            }
            if anchor > 0 {
                anchors.insert(anchor, Rc::clone(&node));
            }
            take(&mut open, &mut root, node);
        }
    }
    Ok(root)
}

/// A list or a map that has not ended yet, with a key that waits for its value.
struct Open {
    line: usize,
    anchor: usize,
    key: Option<(String, usize)>,
    value: Value,
    is_reference: bool,
}

impl Open {
    fn new(line: usize, anchor: usize, value: Value) -> Self {
        Self { line, anchor, key: None, value, is_reference: false }
    }
}

fn is_reference(tag: &Tag) -> bool {
    tag.handle == "!" && tag.suffix == "reference"
}

/// Puts a node where it belongs.
fn take(open: &mut [Open], root: &mut Option<Rc<Node>>, node: Rc<Node>) {
    let Some(parent) = open.last_mut() else {
        *root = Some(node);
        return;
    };
    match (&mut parent.value, parent.key.take()) {
        (Value::List(items), _) => items.push(node),
        (Value::Map(entries), Some((key, _))) => entries.push((key, node)),
        (Value::Map(_), None) => parent.key = Some((node.text().unwrap_or_default().to_owned(), node.line)),
        (Value::Text(..), _) => {}
    }
}

impl Node {
    fn new(line: usize, value: Value) -> Self {
        let depth_of = |node: &Rc<Self>| node.depth;
        let (depth, weight) = match &value {
            Value::Text(text, _) => (None, text.len()),
            Value::List(items) => (items.iter().map(depth_of).max(), items.iter().map(|item| item.weight).sum()),
            Value::Map(entries) => (
                entries.iter().map(|(_, node)| depth_of(node)).max(),
                entries.iter().map(|(key, node)| key.len() + node.weight).sum(),
            ),
        };
        Self { line, value, is_reference: false, depth: depth.unwrap_or_default() + 1, weight: weight + 1 }
    }

    /// The value of a key, its own before those that it merges in.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else { return None };
        let own = entries.iter().find(|(name, _)| name == key).map(|(_, node)| node.as_ref());
        let merged = entries.iter().filter(|(name, _)| name == "<<").flat_map(|(_, node)| node.items());
        own.or_else(|| merged.into_iter().find_map(|node| node.get(key)))
    }

    /// Keys and values, its own before those that it merges in; nothing where it is no map.
    pub(super) fn entries(&self) -> Vec<(&str, &Node)> {
        let mut all = Vec::new();
        self.gather(&mut all);
        all
    }

    fn gather<'a>(&'a self, all: &mut Vec<(&'a str, &'a Node)>) {
        let Value::Map(entries) = &self.value else { return };
        all.extend(entries.iter().filter(|(key, _)| key != "<<").map(|(key, node)| (key.as_str(), node.as_ref())));
        for (_, merged) in entries.iter().filter(|(key, _)| key == "<<") {
            merged.items().into_iter().for_each(|merged| merged.gather(all));
        }
    }

    /// The items of a list; anything else is the only one of its own.
    pub(super) fn items(&self) -> Vec<&Node> {
        match &self.value {
            Value::List(items) => items.iter().map(Rc::as_ref).collect(),
            _ => vec![self],
        }
    }

    /// The text, where it is some.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list, and of lists in it, or the only one.
    pub(super) fn texts(&self) -> Vec<&str> {
        let items = self.items().into_iter();
        items.flat_map(Node::items).filter_map(Node::text).collect()
    }

    /// A number that loses a zero at its end where it is read as one: `1.20` without quotes is `1.2`.
    pub(super) fn loses_a_zero(&self) -> bool {
        let Value::Text(text, ScalarStyle::Plain) = &self.value else { return false };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        text.split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part) && part.ends_with('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, read};

    #[test]
    fn aliases_and_merges_are_followed_and_lines_are_known() {
        let text = "base: &b\n  image: go\n  env: {A: 1}\njob:\n  <<: *b\n  env: {A: 2}\n  list: [x, [y, z]]\n";
        let root = read(text).expect("YAML").expect("a document");
        let job = root.get("job").expect("a job");
        assert_eq!(job.get("image").and_then(|node| node.text()), Some("go"));
        assert_eq!(job.get("env").and_then(|env| env.get("A")?.text()), Some("2"));
        assert_eq!(job.get("list").map(|list| (list.line, list.texts())), Some((7, vec!["x", "y", "z"])));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        assert!(matches!(read("a: [1\nb: 2\n").expect_err("no YAML"), Fault::NoYaml(2, _)));
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(matches!(read(&deep), Err(Fault::TooMuch(_))));
        assert!(read("").expect("nothing").is_none());
        let laughs: String =
            (1..40).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1)).collect::<Vec<_>>().concat();
        let laughs = format!("a0: &a0 [x, x]\n{laughs}");
        assert!(matches!(read(&laughs), Err(Fault::TooMuch(why)) if why.contains("aliases")));
        assert!(matches!(read("a: &a [*a]\n"), Err(Fault::NoYaml(1, _))));
    }

    /// Each of them takes room on the stack.
    #[test]
    fn a_long_chain_of_merges_is_followed_or_refused() {
        for length in [50, 500, 5_000] {
            let chain: String = (1..length).map(|n| format!("a{n}: &a{n} {{<<: *a{}}}\n", n - 1)).collect();
            match read(&format!("a0: &a0 {{x: y}}\n{chain}")) {
                Ok(root) => {
                    let root = root.expect("a document");
                    let last = root.get(&format!("a{}", length - 1)).expect("the last");
                    assert_eq!((last.get("x").and_then(super::Node::text), last.entries().len()), (Some("y"), 1));
                }
                Err(fault) => assert!(matches!(fault, Fault::TooMuch(_)) && length > 50),
            }
        }
    }

    #[test]
    fn references_are_marked() {
        let root = read("a: !reference [b, c]\nb: [x]\n").expect("YAML").expect("a document");
        let marked = |key| root.get(key).map(|node| (node.is_reference, node.texts()));
        assert_eq!((marked("a"), marked("b")), (Some((true, vec!["b", "c"])), Some((false, vec!["x"]))));
    }

    #[test]
    fn a_version_without_quotes_loses_its_zero() {
        let root = read("a: 1.20\nb: '1.20'\nc: 1.21\nd: 1.20.0\n").expect("YAML").expect("a document");
        let loses = |key| root.get(key).is_some_and(super::Node::loses_a_zero);
        assert_eq!(["a", "b", "c", "d"].map(loses), [true, false, false, false]);
    }
}
