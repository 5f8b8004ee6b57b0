//! One glyph as dots: the outline of the font, filled and cut to black and white.

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use skrifa::GlyphId;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{
    DrawSettings, Engine, HintingInstance, HintingOptions, OutlineGlyphCollection, OutlinePen, Target,
};

/// Coverage from which a dot is burned. A little under half, since thermal
/// paper shows thin strokes weaker than a screen does.
const INK_THRESHOLD: f32 = 110.0 / 255.0;

/// The largest side that is drawn, in dots; no glyph of a receipt comes near.
const LARGEST_SIDE: f32 = 512.0;

/// A glyph's ink, relative to the pen on the baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GlyphBitmap {
    /// Dots from the pen to the left edge.
    pub left: i32,
    /// Dots from the baseline down to the top edge (negative above it).
    pub top: i32,
    pub row_bytes: usize,
    /// Whole dots to the next pen position, where hinting decides it.
    pub advance: Option<i32>,
    /// Rows of `row_bytes`, most significant bit leftmost, 1 is ink.
    pub bits: Vec<u8>,
}

/// How an outline is fitted to the dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Stems snapped to whole dots, so that equal strokes come out equally
    /// thick: letters that stand alone, and digits.
    Hinted,
    /// The outline as designed, shifted right by this many quarters of a dot:
    /// joined letters, whose strokes must meet.
    Quarter(u8),
}

/// The hinter of one font at one size, for `Fit::Hinted`. DejaVu Condensed has
/// no instructions of its own, hence the automatic one. `None` where a font
/// cannot be hinted; it is then drawn as designed.
pub fn hinter(outlines: &OutlineGlyphCollection<'_>, ppem: u32) -> Option<HintingInstance> {
    let options = HintingOptions { engine: Engine::Auto(None), target: Target::Mono };
    HintingInstance::new(outlines, Size::new(ppem as f32), LocationRef::default(), options).ok()
}

/// Draws a glyph at `ppem` dots per em. A glyph without an outline (a space) has no rows.
pub fn draw(
    outlines: &OutlineGlyphCollection<'_>,
    hinter: Option<&HintingInstance>,
    glyph: GlyphId,
    ppem: u32,
    fit: Fit,
) -> GlyphBitmap {
    let plain = DrawSettings::unhinted(Size::new(ppem as f32), LocationRef::default());
    let (settings, shift) = match (fit, hinter) {
        (Fit::Hinted, Some(hinter)) => (DrawSettings::hinted(hinter, false), 0.0),
        (Fit::Hinted, None) => (plain, 0.0),
        (Fit::Quarter(quarter), _) => (plain, f32::from(quarter) / 4.0),
    };
    let mut path = Path { shift, ..Path::default() };
    let drawn = outlines.get(glyph).map(|outline| outline.draw(settings, &mut path));
    match drawn {
        Some(Ok(metrics)) => {
            let hinted = metrics.advance_width.filter(|_| fit == Fit::Hinted && hinter.is_some());
            GlyphBitmap { advance: hinted.map(|dots| dots.round() as i32), ..path.fill().unwrap_or_default() }
        }
        // The font is compiled in and its outlines are drawn in tests; a damaged one prints as white.
        Some(Err(_)) | None => GlyphBitmap::default(),
    }
}

enum Step {
    Line(Point, Point),
    Quad(Point, Point, Point),
    Cubic(Point, Point, Point, Point),
}

/// Collects an outline with y downwards.
#[derive(Default)]
struct Path {
    shift: f32,
    steps: Vec<Step>,
    points: Vec<Point>,
    start: Option<Point>,
    last: Point,
}

impl Path {
    fn at(&mut self, x: f32, y: f32) -> Point {
        let p = point(x + self.shift, -y);
        self.points.push(p);
        p
    }

    fn line(&mut self, to: Point) {
        self.steps.push(Step::Line(self.last, to));
        self.last = to;
    }

    /// Fills the outline; `None` where there is nothing to fill.
    fn fill(&self) -> Option<GlyphBitmap> {
        let least = |pick: fn(&Point) -> f32| self.points.iter().map(pick).fold(f32::INFINITY, f32::min);
        let most = |pick: fn(&Point) -> f32| self.points.iter().map(pick).fold(f32::NEG_INFINITY, f32::max);
        let (x0, y0) = (least(|p| p.x).floor(), least(|p| p.y).floor());
        let (wide, high) = ((most(|p| p.x) - x0).ceil(), (most(|p| p.y) - y0).ceil());
        if !(wide > 0.0 && high > 0.0 && wide <= LARGEST_SIDE && high <= LARGEST_SIDE) {
            return None;
        }
        // One dot of slack: a curve may touch the edge of its control box.
        let (width, height) = (wide as usize + 1, high as usize + 1);
        let mut raster = Rasterizer::new(width, height);
        let to = |p: Point| point(p.x - x0, p.y - y0);
        for step in &self.steps {
            match *step {
                Step::Line(a, b) => raster.draw_line(to(a), to(b)),
                Step::Quad(a, b, c) => raster.draw_quad(to(a), to(b), to(c)),
                Step::Cubic(a, b, c, d) => raster.draw_cubic(to(a), to(b), to(c), to(d)),
            }
        }
        let row_bytes = width.div_ceil(8);
        let mut bits = vec![0u8; row_bytes * height];
        raster.for_each_pixel_2d(|x, y, coverage| {
            let (x, y) = (x as usize, y as usize);
            if coverage >= INK_THRESHOLD {
                bits[y * row_bytes + x / 8] |= 0x80 >> (x % 8);
            }
        });
        Some(GlyphBitmap { left: x0 as i32, top: y0 as i32, row_bytes, advance: None, bits })
    }
}

impl OutlinePen for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        self.close();
        let p = self.at(x, y);
        self.start = Some(p);
        self.last = p;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let p = self.at(x, y);
        self.line(p);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        let (c, p) = (self.at(cx0, cy0), self.at(x, y));
        self.steps.push(Step::Quad(self.last, c, p));
        self.last = p;
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let (c, d, p) = (self.at(cx0, cy0), self.at(cx1, cy1), self.at(x, y));
        self.steps.push(Step::Cubic(self.last, c, d, p));
        self.last = p;
    }

    fn close(&mut self) {
        if let Some(start) = self.start.take() {
            self.line(start);
        }
    }
}
