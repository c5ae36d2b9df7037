//! What a section of the page is made of, whatever question it answers.
//!
//! Knows tables, bars and sentences; knows neither builds nor HTML. Figures stay figures, so that a renderer can sort them
//! and print them as it prints all others.

use crate::analyze::course::account::Load;
use crate::build::Outcome;
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos, Percent};

use super::flame::Flame;

/// The answer to a question.
#[derive(Debug)]
pub struct Section {
    /// By which the address of the page can point at it.
    pub id: &'static str,
    /// What it is about.
    pub title: String,
    /// What it says, before it says it in figures; a sentence each.
    pub lead: Vec<String>,
    /// The figures.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Debug)]
pub enum Block {
    /// Rows and columns.
    Table(Table),
    /// A whole and its parts.
    Bars(Bars),
    /// A paragraph.
    Text(String),
    /// What its reader must know; a sentence each.
    Notes(Vec<String>),
    /// Stacks.
    Flame(Flame),
}

/// Rows and columns. A row has as many cells as there are columns.
#[derive(Debug)]
pub struct Table {
    /// What it is of.
    pub caption: String,
    /// The heads.
    pub columns: Vec<Column>,
    /// The rows, in the order in which they are told.
    pub rows: Vec<Vec<Cell>>,
    /// How many more there are.
    pub more: usize,
}

/// The head of a column.
#[derive(Debug)]
pub struct Column {
    /// What its cells are.
    pub head: String,
    /// More words, where the head alone could be misread.
    pub what: &'static str,
}

/// What stands in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// The name of a package, a module, a program.
    Name(String),
    /// A tool, which has a colour everywhere.
    Tool(String, ToolKind),
    /// A duration.
    Time(Nanos),
    /// A size.
    Size(Bytes),
    /// How many.
    Count(u64),
    /// How a tool run ended.
    Outcome(Outcome),
    /// A moment: nanoseconds since 1970.
    Date(Nanos),
    /// A part of a whole.
    Share(Percent),
    /// So much of something that it is no part of.
    Rate(Percent),
    /// Not known, or of no meaning here.
    Nothing,
}

/// A whole and its parts, as one bar.
#[derive(Debug)]
pub struct Bars {
    /// What the whole is.
    pub caption: String,
    /// The parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a bar.
#[derive(Debug)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it means.
    pub what: String,
    /// How much it is.
    pub time: Nanos,
    /// How it looks.
    pub tone: Tone,
}

/// How a part of a bar looks. Never all that tells it from the others: it has a name, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As the tool does.
    Tool(ToolKind),
    /// As in the strip above the timeline.
    Window(Load),
    /// As a part that nobody has to look at.
    Quiet,
}

impl Table {
    /// The largest rows that a page shows: more are not read, and would make it heavy.
    pub const MOST_ROWS: usize = 500;

    /// A table of the first rows.
    #[must_use]
    pub fn new(caption: impl Into<String>, heads: &[&str], mut rows: Vec<Vec<Cell>>) -> Self {
        let more = rows.len().saturating_sub(Self::MOST_ROWS);
        rows.truncate(Self::MOST_ROWS);
        let columns = heads.iter().map(|head| Column { head: (*head).to_owned(), what: "" }).collect();
        Self { caption: caption.into(), columns, rows, more }
    }

    /// With words that say what the column of this head is.
    #[must_use]
    pub fn explain(mut self, head: &str, what: &'static str) -> Self {
        self.columns.iter_mut().filter(|column| column.head == head).for_each(|column| column.what = what);
        self
    }
}

impl Bars {
    /// The whole.
    #[must_use]
    pub fn total(&self) -> Nanos {
        self.parts.iter().map(|part| part.time).sum()
    }
}

impl Section {
    /// A section of a table.
    #[must_use]
    pub fn of_table(id: &'static str, title: &str, lead: &[&str], table: Table) -> Self {
        let lead = lead.iter().map(|sentence| (*sentence).to_owned()).collect();
        Self { id, title: title.to_owned(), lead, blocks: vec![Block::Table(table)] }
    }
}
