//! Flame graphs read back: frames with their names, widths and colours, and who stands on whom.
//!
//! Whatever a graph shows, some things must hold; `Flame::read` checks them each time: the document is well-formed, every
//! frame is titled with a figure and a percentage, stands within the one below it, beside no other of its name, and within
//! the picture. Knows inferno's marks, which its own script reads too; does not know gotrace.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node, ParsingOptions};

/// A flame graph.
#[derive(Debug)]
pub(crate) struct Flame {
    pub(crate) title: String,
    /// All text outside the frames: title, legend, what can be clicked.
    pub(crate) words: String,
    /// Pixels; none where it takes those of the window.
    pub(crate) width: Option<u32>,
    /// The weight of everything.
    pub(crate) total: u64,
    pub(crate) frames: Vec<Frame>,
}

/// A frame that was drawn.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The names of all frames from the bottom up to this one, without the root.
    pub(crate) path: Vec<String>,
    /// The figure in the title, for people.
    pub(crate) figure: String,
    /// Where it begins, in weight.
    pub(crate) from: u64,
    /// Its weight.
    pub(crate) weight: u64,
    /// `#64bdee`.
    pub(crate) fill: String,
    /// How many frames it stands on.
    depth: usize,
}

/// Parses any SVG of ours.
pub(crate) fn parsed(svg: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(svg, options).unwrap_or_else(|error| panic!("well-formed: {error}\n{svg}"))
}

/// The texts of all elements with this name.
pub(crate) fn texts<'a>(document: &'a Document<'_>, element: &str) -> Vec<&'a str> {
    document.descendants().filter(|node| node.has_tag_name(element)).filter_map(|node| node.text()).collect()
}

impl Flame {
    #[track_caller]
    pub(crate) fn read(svg: &str) -> Self {
        let document = parsed(svg);
        let root = document.root_element();
        let canvas = with_id(&document, "frames");
        let total = number(canvas, "total_samples");
        let width = number(root, "width");
        let is_fixed = !svg.contains("var fluiddrawing = true;");
        let frames = frames(canvas);
        let words =
            document.descendants().filter(|node| node.is_text() && node.ancestors().all(|above| above != canvas));
        let flame = Self {
            title: with_id(&document, "title").text().unwrap_or_default().to_owned(),
            words: words.filter_map(|node| node.text()).collect::<Vec<_>>().join(" "),
            width: is_fixed.then(|| u32::try_from(width).expect("a width")),
            total,
            frames,
        };
        flame.check();
        flame
    }

    #[track_caller]
    fn check(&self) {
        let root: Vec<_> = self.frames.iter().filter(|frame| frame.depth == 0).collect();
        assert_eq!(root.len(), 1, "one frame at the bottom");
        assert_eq!((root[0].from, root[0].weight), (0, self.total), "which is all there is");
        let mut rows: BTreeMap<usize, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for frame in &self.frames {
            assert!(frame.weight > 0, "{:?} has a width", frame.path);
            assert!(seen.insert(&frame.path), "{:?} is drawn twice", frame.path);
            *rows.entry(frame.depth).or_default() += frame.weight;
        }
        assert!(rows.values().all(|row| *row <= self.total), "no row is wider than the picture: {rows:?}");
    }

    /// The frame with these names from the bottom.
    #[track_caller]
    pub(crate) fn frame(&self, path: &str) -> &Frame {
        let names: Vec<&str> = path.split(';').collect();
        let found = self.frames.iter().find(|frame| frame.path == names);
        found.unwrap_or_else(|| panic!("{path} is drawn; there are {:?}", self.paths()))
    }

    /// Every frame but the root as `name;name`, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.weights().into_keys().map(|path| path.join(";")).collect();
        paths.sort();
        paths
    }

    /// What each frame but the root weighs.
    pub(crate) fn weights(&self) -> BTreeMap<Vec<String>, u64> {
        let above = self.frames.iter().filter(|frame| frame.depth > 0);
        above.map(|frame| (frame.path.clone(), frame.weight)).collect()
    }
}

/// What each frame weighs that folded stacks describe: the stacks that go through it.
pub(crate) fn weights_of_folded(folded: &str) -> BTreeMap<Vec<String>, u64> {
    let mut weights = BTreeMap::new();
    for line in folded.lines() {
        let (stack, weight) = line.rsplit_once(' ').expect("a weight at the end");
        let weight: u64 = weight.parse().unwrap_or_else(|_| panic!("a weight: {line}"));
        let names: Vec<String> = stack.split(';').map(str::to_owned).collect();
        for depth in 1..=names.len() {
            *weights.entry(names[..depth].to_vec()).or_insert(0) += weight;
        }
    }
    weights
}

/// The weight of all folded stacks.
pub(crate) fn total_of_folded(folded: &str) -> u64 {
    weights_of_folded(folded).iter().filter(|(path, _)| path.len() == 1).map(|(_, weight)| weight).sum()
}

#[track_caller]
fn frames(canvas: Node) -> Vec<Frame> {
    let mut drawn: Vec<Drawn> = canvas.children().filter(|node| node.has_tag_name("g")).map(Drawn::read).collect();
    // From the bottom, whose y is the greatest, and from left to right.
    drawn.sort_by_key(|frame| (std::cmp::Reverse(frame.y), frame.from));
    let bottom = drawn.first().map_or(0, |root| root.y);
    let mut frames: Vec<Frame> = Vec::new();
    for Drawn { name, figure, from, weight, y, fill } in drawn {
        let depth = usize::try_from((bottom - y) / 16).expect("a row");
        let below = depth.checked_sub(1).map(|depth| {
            let below = frames
                .iter()
                .find(|below| below.depth == depth && below.from <= from && from + weight <= below.from + below.weight);
            below.unwrap_or_else(|| panic!("{name} stands on a frame that is as wide"))
        });
        let mut path = below.map_or_else(Vec::new, |below| below.path.clone());
        if depth > 0 {
            path.push(name);
        }
        frames.push(Frame { path, figure, from, weight, fill, depth });
    }
    frames
}

struct Drawn {
    name: String,
    figure: String,
    from: u64,
    weight: u64,
    y: u64,
    fill: String,
}

impl Drawn {
    #[track_caller]
    fn read(group: Node) -> Self {
        let child = |name| group.children().find(|node| node.has_tag_name(name)).expect("title and rect");
        let title = child("title").text().expect("a title");
        let (name, rest) = title.rsplit_once(" (").unwrap_or_else(|| panic!("a figure in {title}"));
        let (figure, percent) = rest.rsplit_once(", ").unwrap_or_else(|| panic!("a percentage in {title}"));
        let percent = percent.strip_suffix("%)").unwrap_or_else(|| panic!("a percentage at the end of {title}"));
        assert!((0.0..=100.0).contains(&percent.parse::<f64>().expect("a number")), "{title}");
        let rect = child("rect");
        let share = |name| attribute(rect, name).strip_suffix('%').expect("a share").parse::<f64>().expect("a number");
        assert!(share("x") + share("width") < 100.0005, "{name} ends within the picture");
        Self {
            name: name.to_owned(),
            figure: figure.to_owned(),
            from: number(rect, "x_of"),
            weight: number(rect, "w_of"),
            y: number(rect, "y"),
            fill: hexadecimal(attribute(rect, "fill")),
        }
    }
}

/// `rgb(1,43,255)` as `#012bff`.
fn hexadecimal(rgb: &str) -> String {
    let numbers = rgb.strip_prefix("rgb(").and_then(|rgb| rgb.strip_suffix(')')).expect("rgb(…)");
    let digits = numbers.split(',').map(|number| format!("{:02x}", number.parse::<u8>().expect("a byte")));
    format!("#{}", digits.collect::<Vec<_>>().concat())
}

fn with_id<'a, 'input>(document: &'a Document<'input>, id: &str) -> Node<'a, 'input> {
    document.descendants().find(|node| node.attribute("id") == Some(id)).unwrap_or_else(|| panic!("#{id}"))
}

/// An attribute; `x_of` and `w_of` are those of inferno's own name space.
fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    const SPACE: &str = "http://github.com/jonhoo/inferno";
    let value = match name.strip_suffix("_of") {
        Some(name) => node.attribute((SPACE, name)),
        None => node.attribute(name),
    };
    value.unwrap_or_else(|| panic!("{name} of {node:?}"))
}

fn number(node: Node, name: &str) -> u64 {
    attribute(node, name).parse().unwrap_or_else(|_| panic!("{name} is a number: {}", attribute(node, name)))
}
