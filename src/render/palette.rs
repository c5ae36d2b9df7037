//! The colours of all pictures: one per kind of tool, the same in the flame graph and in the chart; pale ones for the frames
//! that only group and for what go does itself; and one per area of a compiler's work.
//!
//! The hues are those of Okabe and Ito, moved until the tests below held: dark text reads on every one of them, on a
//! light page and on a dark one, and no two look alike to a person who sees red, green or blue less than others do.
//! Colour still never stands alone: each kind has a sign ([`ToolKind::sign`], [`Chore::sign`]), and each function of a
//! compiler the name of its package.

use std::fmt;

use crate::analyze::area::Area;
use crate::analyze::timeline::Chore;
use crate::tool_kind::ToolKind;

/// A colour of sRGB. Prints as CSS and SVG write it: `#64bdee`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

/// Text on any of the colours of this file.
pub const INK: Colour = Colour::new(0x10, 0x14, 0x18);

/// What a frame that is no tool run groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Packages of the module that is built.
    MainModule,
    /// Packages of a module that it needs.
    Dependency,
    /// Packages of the standard library.
    Std,
    /// Anything else: the root, a command, a target.
    Neutral,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MainModule, Self::Dependency, Self::Std, Self::Neutral];
}

/// The colour of a kind of tool.
#[must_use]
pub const fn tool(kind: ToolKind) -> Colour {
    match kind {
        ToolKind::Compile => Colour::new(0x64, 0xbd, 0xee),
        ToolKind::Link => Colour::new(0xe0, 0x70, 0x3a),
        ToolKind::Asm => Colour::new(0x3a, 0x96, 0x6a),
        ToolKind::Cgo => Colour::new(0xb8, 0x7d, 0xb4),
        ToolKind::Cover => Colour::new(0xf5, 0xdc, 0x6a),
        ToolKind::Vet => Colour::new(0x82, 0x79, 0xee),
        ToolKind::CCompiler => Colour::new(0xf2, 0xa3, 0x1b),
        ToolKind::Other => Colour::new(0x9d, 0xb5, 0xab),
        ToolKind::Probe => Colour::new(0xde, 0xdb, 0xec),
    }
}

/// The colour of what go does itself. Pale, so that the tools keep the eye.
#[must_use]
pub const fn chore(chore: Chore) -> Colour {
    match chore {
        Chore::Load => Colour::new(0xa5, 0xc9, 0xfd),
        Chore::Download => Colour::new(0xc4, 0xec, 0xc4),
        Chore::Cache => Colour::new(0xc6, 0xcb, 0x93),
        Chore::Test => Colour::new(0xe8, 0xbb, 0xc8),
        Chore::Program => Colour::new(0xf6, 0xd7, 0xfc),
    }
}

/// The colour of a part of the compiler's or the linker's work. The frames stand between those of a compile and of Go's
/// runtime, so they are told apart from these, too.
#[must_use]
pub const fn area(area: Area) -> Colour {
    match area {
        Area::Parse => Colour::new(0xb6, 0x74, 0x1e),
        Area::TypeCheck => Colour::new(0xef, 0xcc, 0x5f),
        Area::UnifiedIr => Colour::new(0xa6, 0x75, 0x81),
        Area::Inline => Colour::new(0xcf, 0x61, 0x59),
        Area::Escape => Colour::new(0xcb, 0xa4, 0xc1),
        Area::Walk => Colour::new(0xa5, 0xb3, 0x94),
        Area::SsaBuild => Colour::new(0x84, 0xa5, 0xff),
        Area::SsaPasses => Colour::new(0x7d, 0x78, 0xce),
        Area::Codegen => Colour::new(0x65, 0xe6, 0xff),
        Area::Objects => Colour::new(0x8d, 0xca, 0x78),
        Area::Link => Colour::new(0xb4, 0xfb, 0xbe),
        Area::Gc => Colour::new(0x93, 0x7c, 0xad),
        Area::Other => Colour::new(0xee, 0xee, 0xee),
    }
}

/// The tint of a frame that groups. Pale, so that the tools keep the eye.
#[must_use]
pub const fn group(group: Group) -> Colour {
    match group {
        Group::MainModule => Colour::new(0xf3, 0xe3, 0xb3),
        Group::Dependency => Colour::new(0xb9, 0xc4, 0xe0),
        Group::Std => Colour::new(0xd6, 0xd9, 0xde),
        Group::Neutral => Colour::new(0xee, 0xee, 0xee),
    }
}

/// How much more or less something is than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pace {
    /// Less than five sevenths of it, or gone.
    MuchLess,
    /// Less.
    Less,
    /// A little less.
    LittleLess,
    /// Within a twentieth.
    Same,
    /// A little more.
    LittleMore,
    /// More.
    More,
    /// More than seven fifths of it, or new.
    MuchMore,
}

impl Pace {
    /// All of them, in order.
    pub const ALL: [Self; 7] =
        [Self::MuchLess, Self::Less, Self::LittleLess, Self::Same, Self::LittleMore, Self::More, Self::MuchMore];

    /// Of what was `old` and is `new`.
    #[must_use]
    pub fn of(old: u64, new: u64) -> Self {
        // In hundredths: more by so much, and less by as much the other way round.
        let is_beyond = |small: u64, large: u64, by: u128| u128::from(large) * 100 > u128::from(small) * by;
        let step = |small, large| [105, 115, 140].iter().filter(|by| is_beyond(small, large, **by)).count();
        if new >= old { Self::ALL[3 + step(old, new)] } else { Self::ALL[3 - step(new, old)] }
    }
}

/// The colour of a change: warm for more, cold for less, pale for little.
#[must_use]
pub const fn pace(pace: Pace) -> Colour {
    match pace {
        Pace::MuchLess => Colour::new(0x5b, 0x97, 0xd6),
        Pace::Less => Colour::new(0x97, 0xc0, 0xe8),
        Pace::LittleLess => Colour::new(0xcd, 0xe0, 0xf3),
        Pace::Same => Colour::new(0xf1, 0xf0, 0xec),
        Pace::LittleMore => Colour::new(0xfb, 0xdc, 0xc0),
        Pace::More => Colour::new(0xf5, 0xad, 0x7c),
        Pace::MuchMore => Colour::new(0xe0, 0x6c, 0x3b),
    }
}

impl Colour {
    const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::{Colour, Group, INK, Pace, area, chore, group, pace, tool};
    use crate::analyze::area::Area;
    use crate::analyze::timeline::Chore;
    use crate::tool_kind::ToolKind;

    const LIGHT_PAGE: Colour = Colour::new(0xff, 0xff, 0xff);
    const DARK_PAGE: Colour = Colour::new(0x15, 0x18, 0x1d);

    #[test]
    fn a_colour_prints_as_css_writes_it() {
        assert_eq!(Colour::new(1, 0x2b, 0xff).to_string(), "#012bff");
    }

    #[test]
    fn dark_text_reads_on_every_colour() {
        for colour in all() {
            assert!(contrast(colour, INK) >= 4.5, "text on {colour}: {:.2}", contrast(colour, INK));
        }
    }

    #[test]
    fn every_tool_stands_out_from_a_dark_page_and_from_a_light_one() {
        for kind in ToolKind::ALL {
            assert!(contrast(tool(kind), DARK_PAGE) >= 4.5, "{} on a dark page", kind.name());
            assert!(contrast(tool(kind), LIGHT_PAGE) >= 1.35, "{} on a light page", kind.name());
        }
    }

    #[test]
    fn no_two_tools_look_alike_whatever_eyes_one_has() {
        // 10 is a difference that is seen at a glance; the closest pair is at 18.
        for_all_eyes(&ToolKind::ALL.map(tool), 15.0);
    }

    #[test]
    fn no_two_groups_look_alike_whatever_eyes_one_has() {
        for_all_eyes(&Group::ALL.map(group), 7.0);
    }

    #[test]
    fn no_two_chores_look_alike_whatever_eyes_one_has() {
        for_all_eyes(&Chore::ALL.map(chore), 12.0);
    }

    #[test]
    fn chores_are_pale_and_still_seen_on_both_pages() {
        for it in Chore::ALL {
            let colour = chore(it);
            assert!(luminance(colour) >= 0.55, "{}: {:.2}", it.name(), luminance(colour));
            assert!(contrast(colour, DARK_PAGE) >= 4.5 && contrast(colour, LIGHT_PAGE) >= 1.25, "{}", it.name());
        }
    }

    #[test]
    fn no_two_areas_look_alike_whatever_eyes_one_has() {
        let work = Area::ALL.into_iter().filter(|it| *it != Area::Other).map(area);
        let beside = [group(Group::Std), tool(ToolKind::Compile)];
        for_all_eyes(&work.chain(beside).collect::<Vec<_>>(), 14.0);
    }

    #[test]
    fn more_and_less_look_alike_to_nobody() {
        let colours: Vec<Colour> = Pace::ALL.into_iter().map(pace).collect();
        for_all_eyes(&colours, 8.0);
        for colour in colours {
            assert!(contrast(colour, INK) >= 4.5, "{colour}");
        }
    }

    #[test]
    fn a_change_has_a_step_and_the_other_way_round_the_opposite_one() {
        let steps = [(100, 100), (100, 104), (100, 106), (100, 120), (100, 141), (0, 1)];
        let expected = [Pace::Same, Pace::Same, Pace::LittleMore, Pace::More, Pace::MuchMore, Pace::MuchMore];
        for ((old, new), expected) in steps.into_iter().zip(expected) {
            assert_eq!(Pace::of(old, new), expected, "{old} {new}");
            let at = |pace: Pace| Pace::ALL.iter().position(|it| *it == pace);
            assert_eq!(at(Pace::of(new, old)), at(expected).map(|at| 6 - at), "{new} {old}");
        }
    }

    fn all() -> impl Iterator<Item = Colour> {
        let frames = Group::ALL.into_iter().map(group).chain(Area::ALL.into_iter().map(area));
        ToolKind::ALL.into_iter().map(tool).chain(Chore::ALL.into_iter().map(chore)).chain(frames)
    }

    /// How protanopia, deuteranopia and tritanopia change linear RGB (Machado, Oliveira and Fernandes, 2009, severity 1).
    const EYES: [(&str, [[f64; 3]; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "no long cones",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "no medium cones",
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        ),
        (
            "no short cones",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    #[track_caller]
    fn for_all_eyes(colours: &[Colour], least: f64) {
        for (eyes, matrix) in EYES {
            for (index, one) in colours.iter().enumerate() {
                for other in &colours[..index] {
                    let difference = difference(seen(*one, matrix), seen(*other, matrix));
                    assert!(difference >= least, "{one} and {other} differ by {difference:.1} to eyes with {eyes}");
                }
            }
        }
    }

    fn seen(colour: Colour, matrix: [[f64; 3]; 3]) -> [f64; 3] {
        let light = linear(colour);
        matrix.map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0))
    }

    /// CIE76: the distance in the space L*a*b*.
    fn difference(one: [f64; 3], other: [f64; 3]) -> f64 {
        lab(one).iter().zip(lab(other)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    fn lab([red, green, blue]: [f64; 3]) -> [f64; 3] {
        let curve = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.950_47);
        let y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue);
        let z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.088_83);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// The contrast ratio of WCAG 2.
    fn contrast(one: Colour, other: Colour) -> f64 {
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(colour: Colour) -> f64 {
        let [red, green, blue] = linear(colour);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn linear(Colour { red, green, blue }: Colour) -> [f64; 3] {
        [red, green, blue].map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }
}
