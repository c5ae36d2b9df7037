//! Makes text from a trace safe for where it is printed: SVG and HTML, terminals, folded stacks.
//!
//! A trace is a file from somewhere else, so a package may be called anything. Every sink gets the same first step,
//! [`visible`]: what has no shape of its own is given one, so that no two names look alike and nothing hides. Knows
//! characters; knows nothing of what the texts mean.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// Text or attribute value of XML and HTML.
#[must_use]
pub fn xml(text: &str) -> Cow<'_, str> {
    replaced(visible(text), |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        // Also in text, where only "]]>" would need it.
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    })
}

/// A terminal: no escape sequence of it arrives there.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    visible(text)
}

/// Text in GitHub's Markdown, also in a cell of a table: what means something to it is written as an entity.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in visible(text).chars() {
        if c.is_ascii_punctuation() && !".,%-+()/=".contains(c) {
            result.push_str(&format!("&#{};", u32::from(c)));
        } else {
            result.push(c);
        }
    }
    result
}

/// A name in GitHub's Markdown. GitHub looks for `@somebody`, `#1` and addresses in the text that entities have become, but
/// not in code. Of a name without end the end is shown.
#[must_use]
pub fn markdown_name(name: &str) -> String {
    const COLUMNS: usize = 400;
    let surplus = name.chars().count().saturating_sub(COLUMNS);
    let cut: String = name.chars().skip(surplus).collect();
    match (cut.as_str(), surplus) {
        ("", _) => String::new(),
        (cut, 0) => format!("<code>{}</code>", markdown(cut)),
        (cut, _) => format!("<code>…{}</code>", markdown(cut)),
    }
}

/// One frame of a folded stack, as inferno and its relatives read it. The frame comes back as it went in, but for:
///
/// - `;`, which would end the frame, is `:`;
/// - the space before a number at the end, which would be read as a weight, does not break (U+00A0);
/// - the same for the space of a leading `# `, which would make the line a comment; `#` alone is `(#)`;
/// - spaces at its ends, which would be trimmed, are visible;
/// - an empty frame has a name.
#[must_use]
pub fn frame(text: &str) -> Cow<'_, str> {
    if text.is_empty() {
        return Cow::Borrowed("unnamed");
    }
    let frame = visible_ends(replaced(visible(text), |c| (c == ';').then_some(":")));
    let frame = match frame.rfind(' ') {
        Some(space) if is_number(frame.get(space.saturating_add(1)..).unwrap_or_default()) => unbroken(&frame, space),
        _ => frame,
    };
    match frame.as_ref() {
        // Alone in a stack it would be followed by the space before the weight.
        "#" => Cow::Borrowed("(#)"),
        comment if comment.starts_with("# ") => unbroken(&frame, 1),
        _ => frame,
    }
}

/// Gives control characters the pictures that Unicode has for them (U+2400 …), and U+FFFD to all that has no picture:
/// what XML does not allow, and what changes the direction of the text around it.
fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_invisible(c) { picture(c) } else { c }).collect())
}

fn is_invisible(c: char) -> bool {
    const RANGES: [RangeInclusive<char>; 8] = [
        '\u{ad}'..='\u{ad}',
        '\u{61c}'..='\u{61c}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{feff}'..='\u{feff}',
        '\u{fff9}'..='\u{fffb}',
        '\u{e0000}'..='\u{e0fff}',
    ];
    // U+FFFE, U+FFFF and their like in the other planes are no characters, and not allowed in XML.
    c.is_control() || u32::from(c) & 0xfffe == 0xfffe || RANGES.iter().any(|range| range.contains(&c))
}

fn picture(c: char) -> char {
    match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// inferno trims what Unicode calls white space, not only U+0020.
fn visible_ends(text: Cow<'_, str>) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.len() == text.len() {
        return text;
    }
    let leading = text.chars().take_while(|c| c.is_whitespace()).count();
    let trailing = text.trim_start().chars().rev().take_while(|c| c.is_whitespace()).count();
    Cow::Owned(format!("{}{trimmed}{}", "\u{2420}".repeat(leading), "\u{2420}".repeat(trailing)))
}

/// Digits with at most one dot.
fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit())
}

fn unbroken(text: &str, space: usize) -> Cow<'static, str> {
    let mut owned = text.to_owned();
    owned.replace_range(space..=space, "\u{a0}");
    Cow::Owned(owned)
}

fn replaced(text: Cow<'_, str>, by: impl Fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    if text.chars().all(|c| by(c).is_none()) {
        return text;
    }
    let mut result = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match by(c) {
            Some(replacement) => result.push_str(replacement),
            None => result.push(c),
        }
    }
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::{frame, is_invisible, terminal, xml};
    use proptest::prelude::*;

    /// One name as it arrives at each sink.
    const TABLE: &[[&str; 4]] = &[
        // from a trace                  xml                                    terminal                  frame
        ["net/http", "net/http", "net/http", "net/http"],
        ["größe/日本", "größe/日本", "größe/日本", "größe/日本"],
        ["", "", "", "unnamed"],
        ["a&b", "a&amp;b", "a&b", "a&b"],
        ["<img onerror=\"x\">", "&lt;img onerror=&quot;x&quot;&gt;", "<img onerror=\"x\">", "<img onerror=\"x\">"],
        ["x' onload='y", "x&#39; onload=&#39;y", "x' onload='y", "x' onload='y"],
        ["]]>", "]]&gt;", "]]>", "]]>"],
        ["a;b", "a;b", "a;b", "a:b"],
        ["a\nb\tc\r", "a␊b␉c␍", "a␊b␉c␍", "a␊b␉c␍"],
        ["\u{1b}[31mred\u{7}", "␛[31mred␇", "␛[31mred␇", "␛[31mred␇"],
        ["\0\u{7f}\u{9b}", "␀␡\u{fffd}", "␀␡\u{fffd}", "␀␡\u{fffd}"],
        [
            "\u{fffe}\u{ffff}\u{1fffe}",
            "\u{fffd}\u{fffd}\u{fffd}",
            "\u{fffd}\u{fffd}\u{fffd}",
            "\u{fffd}\u{fffd}\u{fffd}",
        ],
        ["exe\u{202e}txt\u{200f}", "exe\u{fffd}txt\u{fffd}", "exe\u{fffd}txt\u{fffd}", "exe\u{fffd}txt\u{fffd}"],
        ["compile v 2", "compile v 2", "compile v 2", "compile v\u{a0}2"],
        ["go 1.21", "go 1.21", "go 1.21", "go\u{a0}1.21"],
        ["go 1.21.3", "go 1.21.3", "go 1.21.3", "go 1.21.3"],
        ["p [p.test]", "p [p.test]", "p [p.test]", "p [p.test]"],
        ["# p", "# p", "# p", "#\u{a0}p"],
        ["#", "#", "#", "(#)"],
        [" p  ", " p  ", " p  ", "␠p␠␠"],
        ["\u{a0}", "\u{a0}", "\u{a0}", "␠"],
    ];

    #[test]
    fn every_name_arrives_at_every_sink_as_a_name() {
        for [name, in_xml, on_terminal, as_frame] in TABLE {
            assert_eq!(
                [xml(name), terminal(name), frame(name)],
                [*in_xml, *on_terminal, *as_frame],
                "the name is {name:?}"
            );
        }
    }

    /// Any characters, the awkward ones often.
    fn any_text() -> impl Strategy<Value = String> {
        let awkward =
            prop::sample::select(vec!['\0', ' ', '#', ';', '1', '.', '\n', '<', '&', ']', '>', '\u{202e}', '\u{ffff}']);
        prop::collection::vec(prop_oneof![any::<char>(), awkward], 0..30).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn xml_reads_back_as_the_visible_text(text in any_text()) {
            let document = format!("<a b=\"{0}\">{0}</a>", xml(&text));
            let document = roxmltree::Document::parse(&document).unwrap();
            let expected = terminal(&text);
            prop_assert_eq!(document.root_element().text().unwrap_or_default(), expected.as_ref());
            prop_assert_eq!(document.root_element().attribute("b"), Some(expected.as_ref()));
        }

        #[test]
        fn nothing_invisible_is_printed(text in any_text()) {
            for printed in [xml(&text), terminal(&text), frame(&text)] {
                prop_assert!(!printed.contains(is_invisible), "{printed:?}");
            }
        }

        #[test]
        fn inferno_reads_a_frame_as_one_frame(outer in any_text(), inner in any_text()) {
            let line = format!("{};{} 7", frame(&outer), frame(&inner));
            let mut options = inferno::flamegraph::Options::default();
            options.min_width = 0.0;
            let mut svg = Vec::new();
            inferno::flamegraph::from_lines(&mut options, [line.as_str()], &mut svg).unwrap();
            let svg = String::from_utf8(svg).unwrap();
            let document = roxmltree::Document::parse_with_options(
                &svg,
                roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() },
            ).unwrap();
            let titles: Vec<&str> =
                document.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text()).collect();
            let expected = [
                "all (7 samples, 100%)".to_owned(),
                format!("{} (7 samples, 100.00%)", frame(&outer)),
                format!("{} (7 samples, 100.00%)", frame(&inner)),
            ];
            prop_assert_eq!(sorted(titles.into_iter().map(str::to_owned)), sorted(expected));
        }
    }

    fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort();
        names
    }
}
