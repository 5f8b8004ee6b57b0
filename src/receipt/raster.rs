//! Paper as dots: a growing 1-bit image, and its PNG.

/// Printable dots across the paper at 203 dpi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperWidth {
    /// 58 mm paper: 384 dots.
    Mm58,
    /// 80 mm paper: 576 dots.
    Mm80,
}

impl PaperWidth {
    pub const fn dots(self) -> usize {
        match self {
            PaperWidth::Mm58 => 384,
            PaperWidth::Mm80 => 576,
        }
    }

    /// Millimetres of paper.
    pub const fn millimetres(self) -> u32 {
        match self {
            PaperWidth::Mm58 => 58,
            PaperWidth::Mm80 => 80,
        }
    }

    /// From the number of dots; `None` for any other than 384 and 576.
    pub const fn from_dots(dots: u32) -> Option<PaperWidth> {
        match dots {
            384 => Some(PaperWidth::Mm58),
            576 => Some(PaperWidth::Mm80),
            _ => None,
        }
    }
}

/// A 1-bit image, 1 is ink, most significant bit leftmost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    stride: usize,
    bits: Vec<u8>,
}

impl Raster {
    /// An image without rows, as wide as the paper.
    pub fn new(paper: PaperWidth) -> Raster {
        Raster { stride: paper.dots() / 8, bits: Vec::new() }
    }

    /// Dots across.
    pub fn width(&self) -> usize {
        self.stride * 8
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.bits.len() / self.stride
    }

    /// Bytes of a row.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The packed rows.
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// One row, empty beyond the last.
    pub fn row(&self, y: usize) -> &[u8] {
        self.bits.get(y * self.stride..(y + 1) * self.stride).unwrap_or_default()
    }

    /// Sets the number of rows; new ones are white.
    pub(super) fn set_height(&mut self, rows: usize) {
        self.bits.resize(rows * self.stride, 0);
    }

    /// Adds ink from packed rows with the top left corner at (`x`, `y`);
    /// whatever falls outside the image is cut off.
    pub(super) fn blit(&mut self, x: i32, y: i32, row_bytes: usize, rows: &[u8]) {
        if row_bytes == 0 {
            return;
        }
        let shift = x.rem_euclid(8) as u32;
        let first = i64::from(x.div_euclid(8));
        for (row, source) in rows.chunks_exact(row_bytes).enumerate() {
            let Some(y) = usize::try_from(y).ok().map_or_else(|| top_cut(y, row), |y| Some(y + row)) else {
                continue;
            };
            let Some(target) = self.bits.get_mut(y * self.stride..(y + 1) * self.stride) else { return };
            for (at, &byte) in source.iter().enumerate() {
                let wide = (u16::from(byte) << 8) >> shift;
                let column = first + at as i64;
                add_ink(target, column, (wide >> 8) as u8);
                add_ink(target, column + 1, wide as u8);
            }
        }
    }

    /// A black rectangle, cut to the image.
    pub(super) fn fill(&mut self, x: usize, y: usize, width: usize, height: usize) {
        let end = (x + width).min(self.width());
        for row in y..y + height {
            let Some(target) = self.bits.get_mut(row * self.stride..(row + 1) * self.stride) else { return };
            for dot in x..end {
                target[dot / 8] |= 0x80 >> (dot % 8);
            }
        }
    }
}

/// The row on the image of a row of a glyph that starts above the top.
fn top_cut(y: i32, row: usize) -> Option<usize> {
    usize::try_from(i64::from(y) + row as i64).ok()
}

fn add_ink(row: &mut [u8], column: i64, ink: u8) {
    if let Some(byte) = usize::try_from(column).ok().and_then(|column| row.get_mut(column)) {
        *byte |= ink;
    }
}

/// The image as a 1-bit greyscale PNG at 203 dpi, black ink on white.
pub fn png(raster: &Raster) -> Vec<u8> {
    let paper: Vec<u8> = raster.bits.iter().map(|byte| !byte).collect();
    let mut out = Vec::with_capacity(paper.len() / 4);
    let (width, height) = (raster.width() as u32, raster.height().max(1) as u32);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    // 203 dots per inch are 7992 per metre.
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: 7992, yppu: 7992, unit: png::Unit::Meter }));
    // An image without rows is not a PNG: it gets one white row.
    let image = if paper.is_empty() { vec![0xFF; raster.stride] } else { paper };
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&image));
    // Writing to memory cannot fail, and the data is exactly width x height at one bit.
    written.expect("an image of its stated size is written to memory");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_cut_at_every_edge() {
        let mut raster = Raster::new(PaperWidth::Mm58);
        raster.set_height(3);
        raster.blit(-4, -1, 1, &[0xFF, 0xFF, 0x0F]);
        assert_eq!(raster.row(0)[0], 0xF0);
        assert_eq!(raster.row(1)[0], 0xF0);
        raster.blit(380, 2, 1, &[0xFF, 0xFF]);
        assert_eq!(raster.row(2)[47], 0x0F);
        raster.blit(i32::MIN, i32::MIN, 1, &[0xFF]);
        raster.blit(i32::MAX, i32::MAX, 1, &[0xFF]);
        assert_eq!(raster.height(), 3);
    }

    #[test]
    fn a_png_reads_back_dot_for_dot() {
        let mut raster = Raster::new(PaperWidth::Mm80);
        raster.set_height(5);
        raster.fill(3, 1, 13, 2);
        let bytes = png(&raster);
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut back = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut back).unwrap();
        assert_eq!((info.width, info.height), (576, 5));
        let back: Vec<u8> = back.iter().map(|byte| !byte).collect();
        assert_eq!(back, raster.bits());
    }
}
