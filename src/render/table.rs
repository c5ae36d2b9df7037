//! Lays out sections of text with aligned columns.
//!
//! Knows widths; does not know what stands in a cell. Import paths are ASCII and file names nearly so, so a character is
//! taken to be one column wide.

use std::io::{self, Write};

use anstyle::Style;

use super::escape;
use crate::units::{Count, Nanos};

/// How heads stand out.
pub(super) const HEAD: Style = Style::new().bold();

/// The widest bar that shows a share.
const BAR_COLUMNS: u64 = 20;

/// How a column stands under its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text of ours.
    Left,
    /// Text from a trace.
    Name,
    /// Numbers.
    Right,
}

/// A table that is filled row by row and then written.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table; the heads of its columns.
    #[must_use]
    pub fn new(columns: &[(&str, Align)]) -> Self {
        Self { columns: columns.iter().map(|(head, align)| ((*head).to_owned(), *align)).collect(), rows: Vec::new() }
    }

    /// Adds a row of as many cells as there are columns.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes the table, each line indented by two columns, without blanks at line ends.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let heads: Vec<String> = self.columns.iter().map(|(head, _)| head.clone()).collect();
        let widths: Vec<usize> = (0..heads.len())
            .map(|column| {
                let cells = self.rows.iter().chain([&heads]).filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        for row in [&heads].into_iter().chain(&self.rows) {
            let mut line = String::new();
            for ((cell, width), (_, align)) in row.iter().zip(&widths).zip(&self.columns) {
                let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
                line.push_str("  ");
                match align {
                    Align::Left | Align::Name => line.extend([cell.as_str(), padding.as_str()]),
                    Align::Right => line.extend([padding.as_str(), cell.as_str()]),
                }
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Table {
    /// Writes it, with a blank line before and after. Names are code, so that nobody is mentioned and nothing linked.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let rule = |align: &Align| String::from(if *align == Align::Right { "---:" } else { "---" });
        writeln!(out, "\n{}", line(self.columns.iter().map(|(head, _)| markdown_head(head)).collect()))?;
        writeln!(out, "{}", line(self.columns.iter().map(|(_, align)| rule(align)).collect()))?;
        for row in &self.rows {
            let cell = |(cell, (_, align)): (&String, &(String, Align))| match align {
                Align::Name => escape::markdown_name(cell),
                Align::Left | Align::Right => escape::markdown(cell),
            };
            writeln!(out, "{}", line(row.iter().zip(&self.columns).map(cell).collect()))?;
        }
        writeln!(out)
    }
}

/// Most heads are ours; the phases of a tool are called as the trace calls them.
fn markdown_head(head: &str) -> String {
    let is_plain = head.chars().all(|c| c.is_alphanumeric() || " +".contains(c));
    if is_plain { escape::markdown(head) } else { escape::markdown_name(head) }
}

/// Begins a section.
pub(super) fn section(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{HEAD}{title}{HEAD:#}")
}

/// A share as a bar.
pub(super) fn bar(part: Nanos, total: Nanos) -> String {
    let columns = u128::from(part.0) * u128::from(BAR_COLUMNS) / u128::from(total.0.max(1));
    "█".repeat(usize::try_from(columns).unwrap_or(0))
}

/// A name in so many columns: of a longer one the end, which says more than the beginning.
pub(super) fn end_of(columns: usize, name: &str) -> String {
    let surplus = name.chars().count().saturating_sub(columns);
    if surplus == 0 { name.to_owned() } else { format!("…{}", name.chars().skip(surplus + 1).collect::<String>()) }
}

/// `1 probe`, `2 probes`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    plural(count, noun, &format!("{noun}s"))
}

/// `1 binary`, `2 binaries`.
pub(super) fn plural(count: u64, one: &str, several: &str) -> String {
    format!("{} {}", Count(count), if count == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::{Align, Table, end_of};

    #[test]
    fn of_a_long_name_the_end_is_shown() {
        assert_eq!(end_of(40, "net/http"), "net/http");
        let long = "github.com/aws/aws-sdk-go-v2/service/internal/größe/presigned-url";
        let end = end_of(40, long);
        assert!(long.ends_with(end.trim_start_matches('…')) && end.starts_with('…'), "{end}");
        assert_eq!(end.chars().count(), 40);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_blanks_at_their_ends() {
        let mut table = Table::new(&[("name", Align::Left), ("größe", Align::Right), ("", Align::Left)]);
        for (name, size, bar) in [("net/http", "1", "██"), ("größer", "1,234,567", ""), ("", "2", "")] {
            table.row([name, size, bar].map(str::to_owned));
        }
        let mut text = Vec::new();
        table.write(&mut text).expect("memory takes it");
        let lines = String::from_utf8(text).expect("text");
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(
            lines,
            ["  name          größe", "  net/http          1  ██", "  größer    1,234,567", "                    2",]
        );
    }

    #[test]
    fn a_table_without_rows_is_its_head() {
        let mut text = Vec::new();
        Table::new(&[("name", Align::Left)]).write(&mut text).expect("memory takes it");
        assert_eq!(text, b"  name\n");
    }
}
