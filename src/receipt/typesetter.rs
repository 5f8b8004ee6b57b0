//! Text to placed glyphs: shaping, measuring, breaking, and the caches that
//! make the second receipt cheap. Built once and kept by whoever prints.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use harfrust::font::Font;
use harfrust::{Buffer, Direction, GlyphInfo, Script, ShapeOptions, ShapePlan, ShaperFont, shape};
use skrifa::outline::{HintingInstance, OutlineGlyphCollection};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::bidi::{self, Run};
use super::block::Weight;
use super::glyph::{self, Fit, GlyphBitmap};
use super::raster::Raster;

/// Shaped lines kept before the cache starts afresh; a shop's labels and the
/// names of its usual goods fit well. About 300 bytes each.
const MOST_LINES: usize = 2048;
/// Glyph bitmaps kept before both caches start afresh. About 100 bytes each.
const MOST_GLYPHS: usize = 4096;

/// Printed in place of a character that the font lacks.
const SUBSTITUTE: char = '?';

/// Fixed keys instead of random ones, so that this folder stays free of randomness.
type FixedState = BuildHasherDefault<std::hash::DefaultHasher>;

/// Type size in dots per em, and weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Style {
    pub ppem: u32,
    pub weight: Weight,
}

/// A glyph with its place on a line.
#[derive(Clone, Copy, Debug)]
struct Placed {
    bitmap: u32,
    x: i32,
    y: i32,
}

/// One shaped line.
#[derive(Clone, Debug, Default)]
struct ShapedLine {
    glyphs: Vec<Placed>,
    width: i32,
}

/// One font file with everything prepared for it.
struct Face {
    shaping: Font,
    outlines: OutlineGlyphCollection<'static>,
    charmap: skrifa::charmap::Charmap<'static>,
    arabic: ShapePlan,
    latin: ShapePlan,
}

impl Face {
    fn new(data: &'static [u8]) -> Option<Face> {
        let shaping = Font::new(data, 0)?;
        let font = FontRef::new(data).ok()?;
        let arabic = ShapePlan::new(&shaping, Direction::RightToLeft, Some(Script::ARABIC), None, &[]);
        let latin = ShapePlan::new(&shaping, Direction::LeftToRight, Some(Script::LATIN), None, &[]);
        Some(Face { shaping, outlines: font.outline_glyphs(), charmap: font.charmap(), arabic, latin })
    }

    fn has(&self, c: char) -> bool {
        self.charmap.map(c).is_some_and(|glyph| glyph != GlyphId::NOTDEF)
    }
}

type Lines = HashMap<Box<str>, ShapedLine, FixedState>;

/// Shapes and draws text with DejaVu Sans Condensed, regular and bold.
///
/// Holds two fonts and the caches (at most about 1 MB); no global state, and
/// `Send`, so that it can live on the printer's thread.
pub struct Typesetter {
    regular: Face,
    bold: Face,
    buffer: Option<Buffer>,
    lines: HashMap<(Style, bool), Lines, FixedState>,
    lines_kept: usize,
    bitmaps: Vec<GlyphBitmap>,
    glyphs: HashMap<(Style, u32, Fit), u32, FixedState>,
    hinters: HashMap<Style, Option<HintingInstance>, FixedState>,
}

impl Default for Typesetter {
    fn default() -> Self {
        Self::new()
    }
}

impl Typesetter {
    /// Prepares both fonts; a few milliseconds, so keep it between receipts.
    pub fn new() -> Typesetter {
        // The fonts are compiled in: reading them cannot fail at run time, and every test reads them.
        let face = |data| Face::new(data).expect("the compiled-in font is readable");
        Typesetter {
            regular: face(dejavu::sans_condensed::regular()),
            bold: face(dejavu::sans_condensed::bold()),
            buffer: Some(Buffer::new()),
            lines: HashMap::default(),
            lines_kept: 0,
            bitmaps: Vec::new(),
            glyphs: HashMap::default(),
            hinters: HashMap::default(),
        }
    }

    /// The characters of `text` that no face can draw (they print as `?`), each
    /// once. For telling the shop that a name needs another spelling.
    pub fn unsupported(&self, text: &str) -> Vec<char> {
        let mut missing = Vec::new();
        for c in bidi::clean(text).chars() {
            let printable = self.regular.has(c) && self.bold.has(c);
            if !(printable || bidi::is_invisible(c) || missing.contains(&c)) {
                missing.push(c);
            }
        }
        missing
    }

    /// Width in dots of `text` on one line. The text must be clean (`bidi::clean`).
    pub(super) fn width(&mut self, text: &str, style: Style) -> i32 {
        self.line(text, style).map_or(0, |line| line.width)
    }

    /// Draws `text` with its left edge at `x` and its baseline at `baseline`.
    pub(super) fn draw(&mut self, raster: &mut Raster, text: &str, style: Style, x: i32, baseline: i32) {
        self.prepare(text, style);
        let Some(line) = self.lines.get(&(style, bidi::is_rtl(text))).and_then(|lines| lines.get(text))
        else {
            return; // `prepare` has just put it there
        };
        for placed in &line.glyphs {
            if let Some(bitmap) = self.bitmaps.get(placed.bitmap as usize) {
                raster.blit(
                    x + placed.x + bitmap.left,
                    baseline + placed.y + bitmap.top,
                    bitmap.row_bytes,
                    &bitmap.bits,
                );
            }
        }
    }

    /// Breaks `text` into lines no wider than `width` dots, at spaces where
    /// possible and inside a word where a single word is too long.
    pub(super) fn wrap<'t>(&mut self, text: &'t str, style: Style, width: i32) -> Vec<&'t str> {
        if self.width(text, style) <= width {
            return vec![text];
        }
        let mut lines = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = self.fitting(rest, style, width);
            lines.push(rest[..end].trim_end());
            rest = rest[end..].trim_start();
        }
        lines
    }

    /// Bytes of `text` that fit on one line; at least one character.
    fn fitting(&mut self, text: &str, style: Style, width: i32) -> usize {
        let mut best = 0;
        let ends = text.match_indices(' ').map(|(at, _)| at).chain([text.len()]);
        for end in ends {
            if self.measure(&text[..end], style) > width {
                break;
            }
            best = end;
        }
        if best > 0 {
            return best;
        }
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            if at > 0 && self.measure(&text[..end], style) > width {
                return at;
            }
        }
        text.len()
    }

    /// Like `width`, but leaves no trace in the cache: for trial lines.
    fn measure(&mut self, text: &str, style: Style) -> i32 {
        self.shape_line(text, style).width
    }

    /// The cached line; shaped first where it is new.
    fn line(&mut self, text: &str, style: Style) -> Option<&ShapedLine> {
        self.prepare(text, style);
        self.lines.get(&(style, bidi::is_rtl(text))).and_then(|lines| lines.get(text))
    }

    /// Makes sure that the shaped line is cached.
    fn prepare(&mut self, text: &str, style: Style) {
        let key = (style, bidi::is_rtl(text));
        if self.lines.get(&key).is_some_and(|lines| lines.contains_key(text)) {
            return;
        }
        if self.lines_kept >= MOST_LINES || self.bitmaps.len() >= MOST_GLYPHS {
            self.lines.clear();
            self.lines_kept = 0;
            self.bitmaps.clear();
            self.glyphs.clear();
        }
        let line = self.shape_line(text, style);
        self.lines.entry(key).or_default().insert(text.into(), line);
        self.lines_kept += 1;
    }

    fn shape_line(&mut self, text: &str, style: Style) -> ShapedLine {
        let mut line = ShapedLine::default();
        for run in bidi::visual_runs(text, bidi::is_rtl(text)) {
            self.shape_run(&text[run.range.clone()], &run, style, &mut line);
        }
        line
    }

    /// Shapes one run and appends it to the line.
    fn shape_run(&mut self, text: &str, run: &Run, style: Style, line: &mut ShapedLine) {
        let face = match style.weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        let mut buffer = self.buffer.take().unwrap_or_default();
        buffer.clear();
        for (at, c) in text.char_indices() {
            let joiner = matches!(c, '\u{200C}' | '\u{200D}');
            if joiner || !bidi::is_invisible(c) {
                let shown = if joiner || face.has(c) { c } else { SUBSTITUTE };
                buffer.push(u32::from(shown), u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        let (plan, direction, script) = match run.rtl {
            true => (&face.arabic, Direction::RightToLeft, Script::ARABIC),
            false => (&face.latin, Direction::LeftToRight, Script::LATIN),
        };
        buffer.set_direction(direction);
        buffer.set_script(Some(script));
        let scale = i32::try_from(style.ppem * 64).unwrap_or(i32::MAX);
        let font = ShaperFont::new(&face.shaping).with_scale(scale);
        // The buffer's direction and script are the plan's, which is all that could be refused.
        if shape(&font, &mut buffer, ShapeOptions::new().plan(Some(plan))).is_ok() {
            // What the font adds to or takes from a glyph's own advance: kerning.
            let nominal = |info: &GlyphInfo| font.glyph_h_advance(info.glyph_id.into());
            let glyphs = buffer.glyph_infos().iter().zip(buffer.glyph_positions());
            let kerns: Vec<i32> = glyphs.map(|(info, at)| at.x_advance - nominal(info)).collect();
            self.place(&buffer, &kerns, run.rtl, style, line);
        }
        self.buffer = Some(buffer);
    }

    /// Appends shaped glyphs. Arabic keeps quarter dots so that joined letters
    /// meet; other letters and digits stand on whole dots with whole advances,
    /// so that each always looks the same and columns of digits align.
    fn place(&mut self, buffer: &Buffer, kerns: &[i32], rtl: bool, style: Style, line: &mut ShapedLine) {
        let mut pen = line.width * 64;
        let glyphs = buffer.glyph_infos().iter().zip(buffer.glyph_positions()).zip(kerns);
        for ((info, position), kern) in glyphs {
            let x = pen + position.x_offset;
            let (dots, fit) = if rtl {
                let quarters = (x + 8).div_euclid(16);
                (quarters.div_euclid(4), Fit::Quarter(quarters.rem_euclid(4) as u8))
            } else {
                ((x + 32).div_euclid(64), Fit::Hinted)
            };
            let bitmap = self.glyph(style, info.glyph_id, fit);
            let Some(drawn) = self.bitmaps.get(bitmap as usize) else { continue };
            if !drawn.bits.is_empty() {
                let y = -(position.y_offset + 32).div_euclid(64);
                line.glyphs.push(Placed { bitmap, x: dots, y });
            }
            let advance = drawn.advance.map_or(position.x_advance, |dots| dots * 64 + kern);
            pen += if rtl { position.x_advance } else { (advance + 32).div_euclid(64) * 64 };
        }
        line.width = (pen + 63).div_euclid(64);
    }

    /// The cached bitmap of a glyph.
    fn glyph(&mut self, style: Style, glyph: u32, fit: Fit) -> u32 {
        if let Some(&index) = self.glyphs.get(&(style, glyph, fit)) {
            return index;
        }
        let face = match style.weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        let hinter = self.hinters.entry(style).or_insert_with(|| glyph::hinter(&face.outlines, style.ppem));
        let bitmap = glyph::draw(&face.outlines, hinter.as_ref(), GlyphId::new(glyph), style.ppem, fit);
        let index = u32::try_from(self.bitmaps.len()).unwrap_or(u32::MAX);
        self.bitmaps.push(bitmap);
        self.glyphs.insert((style, glyph, fit), index);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::super::raster::PaperWidth;
    use super::*;

    const BODY: Style = Style { ppem: 24, weight: Weight::Regular };

    fn drawn(typesetter: &mut Typesetter, text: &str) -> Raster {
        let mut raster = Raster::new(PaperWidth::Mm80);
        raster.set_height(48);
        typesetter.draw(&mut raster, text, BODY, 20, 32);
        raster
    }

    /// Columns without ink between the first and the last inked one.
    fn white_columns(raster: &Raster) -> usize {
        let inked: Vec<usize> = (0..raster.width())
            .filter(|x| (0..raster.height()).any(|y| raster.row(y)[x / 8] & (0x80 >> (x % 8)) != 0))
            .collect();
        inked.last().unwrap() - inked[0] + 1 - inked.len()
    }

    #[test]
    fn joined_letters_leave_no_gap_at_any_position() {
        let mut typesetter = Typesetter::new();
        for word in ["سلسبيل", "حليب", "كككككككك", "مبسطة", "قطعة", "شخصيتهم"]
        {
            assert_eq!(white_columns(&drawn(&mut typesetter, word)), 0, "{word}");
        }
        assert!(white_columns(&drawn(&mut typesetter, "دار")) > 0, "letters that do not join stand apart");
    }

    #[test]
    fn arabic_is_shaped_and_ordered() {
        let mut typesetter = Typesetter::new();
        let isolated: i32 = ["ح", "ل", "ي", "ب"].iter().map(|c| typesetter.width(c, BODY)).sum();
        assert!(typesetter.width("حليب", BODY) < isolated, "joined forms are narrower");
        // A number in Arabic stands to the left of the word it follows.
        let number_width = typesetter.width("15%", BODY);
        let both = drawn(&mut typesetter, &bidi::clean("خصم 15%"));
        let number = drawn(&mut typesetter, "15%");
        for y in 0..both.height() {
            let bytes = (20 + number_width) as usize / 8;
            assert_eq!(both.row(y)[..bytes], number.row(y)[..bytes]);
        }
    }

    #[test]
    fn a_missing_character_shows_and_is_named() {
        let mut typesetter = Typesetter::new();
        assert_eq!(typesetter.unsupported("حليب Milk 汉字汉 \u{20C1}"), vec!['汉', '字', '\u{20C1}']);
        let usual = "فاتورة ضريبية مبسطة 1٢3 ۴ پچڤگ É ½ × – ² ₂ € \u{200F}";
        assert_eq!(typesetter.unsupported(usual), Vec::<char>::new());
        assert_eq!(drawn(&mut typesetter, "汉"), drawn(&mut typesetter, "?"));
    }

    #[test]
    fn wrapping_loses_no_letter_and_keeps_the_width() {
        let mut typesetter = Typesetter::new();
        let texts = [
            "جبنة كريمية قابلة للدهن قليلة الدسم مع الأعشاب الإيطالية والثوم",
            "Spreadable low-fat cream cheese with Italian herbs and roasted garlic",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "قسطنطينيةقسطنطينيةقسطنطينيةقسطنطينية",
        ];
        for text in texts {
            for width in [60, 200, 370] {
                let lines = typesetter.wrap(text, BODY, width);
                assert!(lines.iter().all(|line| typesetter.width(line, BODY) <= width), "{text} at {width}");
                assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
            }
        }
        assert_eq!(typesetter.wrap("W", BODY, 1), vec!["W"], "one letter always stands");
    }

    #[test]
    fn caches_stay_bounded() {
        let mut typesetter = Typesetter::new();
        for number in 0..3 * MOST_LINES {
            typesetter.width(&number.to_string(), BODY);
        }
        assert!(typesetter.lines_kept <= MOST_LINES);
        assert!(typesetter.bitmaps.len() <= 10);
    }
}
