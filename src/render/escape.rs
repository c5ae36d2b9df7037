//! Makes text from a trace harmless where it is printed. (placeholder until the chart lands)

use std::borrow::Cow;

/// For a terminal: no control characters.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// For a frame of a folded stack.
#[must_use]
pub fn folded_frame(text: &str) -> Cow<'_, str> {
    Cow::Owned(text.replace(';', ":"))
}
