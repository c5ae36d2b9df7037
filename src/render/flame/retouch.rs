//! What inferno's picture lacks: weights in units that people read, and the ends of names that are too long for their frames.
//!
//! Knows how inferno writes a frame: a title, a rectangle, a text. Looks at nothing else of the picture, and leaves what it
//! does not know as it is.

use std::borrow::Cow;

use crate::render::escape;

/// The unit that inferno is told, so that its figures can be found again.
pub(super) const MARK_OF_COUNT: &str = "\u{2}";

/// `name (12,345,678 ?, 1.23%)` becomes `name (12.3 ms, 1.23%)`. The page's script reads these titles too.
pub(super) fn with_readable_weights(svg: &str, readable: impl Fn(u64) -> String) -> String {
    let mut result = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once(&format!(" {MARK_OF_COUNT}")) {
        let digits_at = before.rfind('(').map_or(before.len(), |at| at + 1);
        let (text, digits) = before.split_at(digits_at);
        let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
        result.push_str(text);
        result.push_str(&digits.parse().map_or(digits, &readable));
        rest = after;
    }
    result.push_str(rest);
    result
}

/// Where scripts run, inferno's cuts the beginning off a name that is too long, because import paths differ at their ends.
/// Where they do not (a README, a mail), the picture as it is written counts, and there the ends are cut.
pub(super) fn with_ends_of_names(svg: &str) -> String {
    let mut result = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some((before, frame)) = rest.split_once("<title>") {
        let Some((title, after_title)) = frame.split_once("</title>") else { break };
        let Some((between, text, after)) = text_of_frame(after_title) else { break };
        result.extend([before, "<title>", title, "</title>", between, &fitted(text, name_in(title)), "</text>"]);
        rest = after;
    }
    result.push_str(rest);
    result
}

/// What is written up to the frame's text, the text, and what follows; `None` where another frame begins before.
fn text_of_frame(after_title: &str) -> Option<(&str, &str, &str)> {
    let text_at = after_title.find("<text ")?;
    let begin = text_at + after_title.get(text_at..)?.find('>')? + 1;
    let end = begin + after_title.get(begin..)?.find("</text>")?;
    let is_same_frame = !after_title.get(..end)?.contains("<title>");
    is_same_frame.then_some((after_title.get(..begin)?, after_title.get(begin..end)?, after_title.get(end + 7..)?))
}

/// A title is a name, a blank, and figures in parentheses.
fn name_in(title: &str) -> &str {
    title.rfind(" (").and_then(|at| title.get(..at)).unwrap_or(title)
}

fn fitted<'a>(text: &'a str, name: &str) -> Cow<'a, str> {
    let name = unescaped(name);
    let Some(kept) = text.strip_suffix("..") else {
        // The root has no name in folded text, and so none in the picture.
        return if text.is_empty() && name == "all" { Cow::Borrowed("all") } else { Cow::Borrowed(text) };
    };
    let room = unescaped(kept).chars().count();
    let from = name.chars().count().saturating_sub(room);
    let end: String = name.chars().skip(from).collect();
    Cow::Owned(format!("..{}", escape::xml(&end)))
}

fn unescaped(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(title: &str, text: &str) -> String {
        format!("<g><title>{title}</title><rect x=\"1\"/><text x=\"2\" y=\"3\">{text}</text></g>")
    }

    #[track_caller]
    fn check(title: &str, text: &str, expected: &str) {
        let others = frame("before (1 ns, 1%)", "before") + "<text>Search</text>";
        let svg = others.clone() + &frame(title, text) + &others;
        assert_eq!(with_ends_of_names(&svg), others.clone() + &frame(title, expected) + &others);
    }

    #[test]
    fn a_name_that_is_too_long_shows_its_end() {
        check("net/http/httptrace (3 ms, 1%)", "net/h..", "..trace");
        check("net/http (3 ms, 1%)", "net/http", "net/http");
        check("p (x) (3 ms, 1%)", "", "");
    }

    #[test]
    fn characters_of_xml_are_cut_whole() {
        check("a&lt;b&gt;cd (1 ns, 1%)", "a&lt;..", "..cd");
        check("a&amp;b&lt;c (1 ns, 1%)", "a&amp;..", "..&lt;c");
    }

    #[test]
    fn the_root_has_its_name() {
        check("all (3 ms, 100%)", "", "all");
    }

    #[test]
    fn weights_are_printed_as_people_read_them() {
        let svg = format!("<title>a (12,345 {MARK_OF_COUNT}, 1%)</title> (7 {MARK_OF_COUNT})");
        assert_eq!(with_readable_weights(&svg, |weight| format!("{weight} B")), "<title>a (12345 B, 1%)</title> (7 B)");
    }

    #[test]
    fn a_picture_without_frames_stays_as_it_is() {
        for svg in ["", "<svg><title>x", "<svg><title>x</title></svg>", "<text >a..</text>"] {
            assert_eq!(with_ends_of_names(svg), svg);
        }
    }
}
