//! placeholder
use crate::analyze::ToolKind;
use crate::analyze::fold::FrameKind;

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// Colour of a tool kind.
#[must_use]
pub const fn tool(kind: ToolKind) -> Rgb {
    match kind {
        ToolKind::Compile => (86, 180, 233),
        ToolKind::Link => (230, 159, 0),
        ToolKind::Asm => (0, 158, 115),
        ToolKind::Cgo => (204, 121, 167),
        ToolKind::Cover => (240, 228, 66),
        ToolKind::Vet => (213, 94, 0),
        ToolKind::C => (0, 114, 178),
        ToolKind::Other => (153, 153, 153),
    }
}

/// Colour of a frame.
#[must_use]
pub const fn frame(kind: FrameKind) -> Rgb {
    match kind {
        FrameKind::Tool(kind) => tool(kind),
        FrameKind::Std => (214, 222, 235),
        FrameKind::Dependency => (235, 225, 205),
        FrameKind::Local => (208, 232, 214),
        FrameKind::Group => (226, 226, 226),
        FrameKind::Itself => (240, 240, 240),
        FrameKind::Probe => (200, 200, 200),
    }
}
