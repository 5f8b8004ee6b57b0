//! The raster as ESC/POS bytes for a thermal printer.
//!
//! The `escpos` crate builds the command stream over a capturing driver. Only
//! its `init` is used as it is; everything else goes through `custom`, because
//! in version 0.20 `cut` sends `1D 56 41 n` (a full cut for both kinds) where
//! most clones know only `1D 56 42 00`, `cash_drawer` leaves out the pulse
//! times, so that the printer eats the next two bytes, and `bit_image` scales
//! with nearest-neighbour and sends a single band that overflows small buffers.

use std::cell::RefCell;

use escpos::driver::Driver;
use escpos::printer::Printer;
use escpos::utils::Protocol;

use super::raster::Raster;

/// Rows of dots in one band: what the smallest printers hold.
const BAND_ROWS: usize = 128;
/// White rows from which feeding is cheaper than sending them.
const LEAST_FEED: usize = 2;
/// What one more band costs in bytes: 8 of the command, and a little for the
/// motor, which may pause between bands.
const BAND_COST: usize = 10;
/// Drawer pulse in units of 2 ms: 50 ms on, 500 ms off.
const PULSE: [u8; 2] = [25, 250];

/// The pin of the drawer connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawer {
    Pin2,
    Pin5,
}

/// How to talk to the printer at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscposOptions {
    /// Opens the cash drawer before the receipt; never on a copy.
    pub drawer: Option<Drawer>,
    /// A reprint. It opens no drawer.
    pub copy: bool,
    /// Lets the printer justify bands (`ESC a`), so that white at the left is
    /// not sent. Switch off for clones that ignore it for raster images.
    pub justify: bool,
    /// Sends what consists of 2 x 2 dots (the QR) at half the resolution and
    /// lets the printer double it (`GS v 0` with m = 3): a quarter of the bytes.
    /// Switch off for clones that know only m = 0.
    pub double: bool,
}

impl EscposOptions {
    /// Fewest bytes, for slow lines to printers known to obey both commands.
    pub const COMPACT: EscposOptions =
        EscposOptions { drawer: None, copy: false, justify: true, double: true };
}

/// What every printer of the family obeys: a clone that ignored `m = 3` would
/// print a QR of half the size, which no phone reads.
impl Default for EscposOptions {
    fn default() -> Self {
        EscposOptions { drawer: None, copy: false, justify: false, double: false }
    }
}

/// The whole job: initialise, drawer if wanted, image, partial cut.
pub fn escpos(raster: &Raster, options: &EscposOptions) -> Vec<u8> {
    let mut image = Image { raster, options, side: Side::Left, out: Vec::with_capacity(48 * 1024) };
    image.send();
    // The capturing driver never fails, and no other command here checks its input.
    command_stream(&image.out, options).expect("commands are written to memory")
}

fn command_stream(image: &[u8], options: &EscposOptions) -> escpos::errors::Result<Vec<u8>> {
    // A fresh printer per job: a failed one would replay its queue.
    let mut printer = Printer::new(Capture::default(), Protocol::default(), None);
    printer.init()?;
    // GS ( D: real-time commands inside image data are not obeyed.
    printer.custom(&[0x1D, 0x28, 0x44, 0x03, 0x00, 0x14, 0x01, 0x00])?;
    if let (Some(drawer), false) = (options.drawer, options.copy) {
        let pin = match drawer {
            Drawer::Pin2 => 0,
            Drawer::Pin5 => 1,
        };
        printer.custom(&[0x1B, 0x70, pin, PULSE[0], PULSE[1]])?;
    }
    printer.custom(image)?;
    // GS V 66 0: feed to the cutter, partial cut.
    printer.custom(&[0x1D, 0x56, 0x42, 0x00])?;
    printer.print()?;
    Ok(printer.driver().bytes.into_inner())
}

/// Collects what the command builder writes.
#[derive(Default)]
struct Capture {
    bytes: RefCell<Vec<u8>>,
}

impl Driver for Capture {
    fn name(&self) -> String {
        "memory".into()
    }

    fn write(&self, data: &[u8]) -> escpos::errors::Result<()> {
        self.bytes.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _buffer: &mut [u8]) -> escpos::errors::Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> escpos::errors::Result<()> {
        Ok(())
    }
}

/// Where the printer puts a band (`ESC a`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Center,
    Right,
}

/// Inked columns of a row or of several, in steps of 4 dots, end exclusive.
#[derive(Clone, Copy, Debug)]
struct Extent {
    start: usize,
    end: usize,
}

impl Extent {
    fn of(row: &[u8]) -> Option<Extent> {
        let first = row.iter().position(|&byte| byte != 0)?;
        let last = row.iter().rposition(|&byte| byte != 0)?;
        let start = first * 2 + usize::from(row[first] & 0xF0 == 0);
        let end = last * 2 + 1 + usize::from(row[last] & 0x0F != 0);
        Some(Extent { start, end })
    }

    fn join(self, other: Extent) -> Extent {
        Extent { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Bytes of a row of a band on this side, of a paper of `stride` bytes.
    fn bytes(self, side: Side, stride: usize) -> usize {
        match side {
            Side::Left => self.end.div_ceil(2),
            Side::Right => stride - self.start / 2,
            // Symmetrical about the middle: a byte covers one step on either side of it.
            Side::Center => stride.saturating_sub(self.start).max(self.end.saturating_sub(stride)),
        }
    }
}

struct Image<'a> {
    raster: &'a Raster,
    options: &'a EscposOptions,
    side: Side,
    out: Vec<u8>,
}

impl Image<'_> {
    fn send(&mut self) {
        let mut y = 0;
        while y < self.raster.height() {
            let white = self.white_rows(y);
            self.feed(white);
            y += white;
            let inked = self.inked_rows(y);
            if inked > 0 {
                self.run(y, inked);
            }
            y += inked;
        }
    }

    fn white_rows(&self, from: usize) -> usize {
        (from..self.raster.height()).take_while(|&y| is_white(self.raster.row(y))).count()
    }

    /// Rows up to the next stretch of white that is worth feeding over.
    fn inked_rows(&self, from: usize) -> usize {
        let mut end = from;
        let mut y = from;
        while y < self.raster.height() && y - end < LEAST_FEED {
            if !is_white(self.raster.row(y)) {
                end = y + 1;
            }
            y += 1;
        }
        end - from
    }

    /// `ESC J n` for white rows.
    fn feed(&mut self, mut rows: usize) {
        while rows > 0 {
            let step = rows.min(255);
            self.out.extend([0x1B, 0x4A, step as u8]);
            rows -= step;
        }
    }

    /// Sends rows `top..top + rows`. One side serves the whole run: if a
    /// printer's area is not exactly as wide as ours, letters still hold together.
    fn run(&mut self, top: usize, rows: usize) {
        if self.options.double && self.is_doubled(top, rows) {
            return self.doubled(top, rows);
        }
        let extents: Vec<Extent> = (top..top + rows)
            .map(|y| Extent::of(self.raster.row(y)).unwrap_or(Extent { start: usize::MAX, end: 0 }))
            .collect();
        let stride = self.raster.stride();
        let sides: &[Side] =
            if self.options.justify { &[Side::Left, Side::Right, Side::Center] } else { &[Side::Left] };
        let best = sides
            .iter()
            .map(|&side| (side, cut_bands(&extents, side, stride)))
            .min_by_key(|(_, plan)| plan.cost);
        let Some((side, plan)) = best else { return };
        self.justify(side);
        let mut from = 0;
        for to in plan.ends {
            let bytes = width(&extents[from..to], side, stride);
            self.band(top + from, to - from, side, bytes);
            from = to;
        }
    }

    fn justify(&mut self, side: Side) {
        if self.side != side {
            self.side = side;
            let n = match side {
                Side::Left => 0,
                Side::Center => 1,
                Side::Right => 2,
            };
            self.out.extend([0x1B, 0x61, n]);
        }
    }

    fn band(&mut self, top: usize, rows: usize, side: Side, bytes: usize) {
        let stride = self.raster.stride();
        let start = match side {
            Side::Left => 0,
            Side::Center => stride - bytes,
            Side::Right => 2 * (stride - bytes),
        };
        let at = self.header(0, bytes, rows);
        for y in top..top + rows {
            cut_row(self.raster.row(y), start, bytes, &mut self.out);
        }
        disarm(&mut self.out[at..]);
    }

    /// `GS v 0 m`; gives where the image data begins.
    fn header(&mut self, mode: u8, bytes: usize, rows: usize) -> usize {
        self.out.extend([0x1D, 0x76, 0x30, mode]);
        self.out.extend((bytes as u16).to_le_bytes());
        self.out.extend((rows as u16).to_le_bytes());
        self.out.len()
    }

    /// Whether the run consists of squares of 2 x 2 dots.
    fn is_doubled(&self, top: usize, rows: usize) -> bool {
        rows.is_multiple_of(2)
            && (top..top + rows).step_by(2).all(|y| {
                let row = self.raster.row(y);
                row == self.raster.row(y + 1) && row.iter().all(|byte| (byte >> 1) & 0x55 == byte & 0x55)
            })
    }

    /// Sends the run at half the resolution, for the printer to double.
    fn doubled(&mut self, top: usize, rows: usize) {
        let stride = self.raster.stride();
        let Some(extent) =
            (top..top + rows).filter_map(|y| Extent::of(self.raster.row(y))).reduce(Extent::join)
        else {
            return;
        };
        let side = if self.options.justify { Side::Center } else { Side::Left };
        // Whole bytes after halving: an even number before.
        let bytes = extent.bytes(side, stride).next_multiple_of(2).min(stride);
        let start = if side == Side::Center { stride - bytes } else { 0 };
        self.justify(side);
        let mut row = Vec::with_capacity(bytes);
        for band in (top..top + rows).step_by(BAND_ROWS) {
            let high = BAND_ROWS.min(top + rows - band);
            let at = self.header(3, bytes / 2, high / 2);
            for y in (band..band + high).step_by(2) {
                row.clear();
                cut_row(self.raster.row(y), start, bytes, &mut row);
                self.out.extend(row.chunks_exact(2).map(|pair| halve(pair[0]) << 4 | halve(pair[1])));
            }
            disarm(&mut self.out[at..]);
        }
    }
}

/// Every second bit of a byte.
fn halve(byte: u8) -> u8 {
    (byte & 0x80) >> 4 | (byte & 0x20) >> 3 | (byte & 0x08) >> 2 | (byte & 0x02) >> 1
}

fn is_white(row: &[u8]) -> bool {
    row.iter().all(|&byte| byte == 0)
}

/// Appends `bytes` bytes of a row from the column `start` (in steps of 4 dots).
fn cut_row(row: &[u8], start: usize, bytes: usize, out: &mut Vec<u8>) {
    let first = start / 2;
    if start.is_multiple_of(2) {
        out.extend_from_slice(row.get(first..first + bytes).unwrap_or_default());
        return;
    }
    let at = |column: usize| row.get(column).copied().unwrap_or_default();
    out.extend((first..first + bytes).map(|column| at(column) << 4 | at(column + 1) >> 4));
}

/// Bytes per row of a band over these rows.
fn width(extents: &[Extent], side: Side, stride: usize) -> usize {
    extents
        .iter()
        .filter(|extent| extent.end > 0)
        .map(|extent| extent.bytes(side, stride))
        .max()
        .unwrap_or(1)
        .max(1)
}

/// Where a run is cut into bands, and what it costs in bytes.
struct Plan {
    ends: Vec<usize>,
    cost: usize,
}

/// The cheapest cut into bands of at most `BAND_ROWS`: shortest path over rows.
fn cut_bands(extents: &[Extent], side: Side, stride: usize) -> Plan {
    let widths: Vec<usize> =
        extents.iter().map(|extent| width(std::slice::from_ref(extent), side, stride)).collect();
    let mut cost = vec![0usize];
    let mut came_from = vec![0usize];
    for end in 1..=extents.len() {
        let (mut best, mut best_start, mut wide) = (usize::MAX, end - 1, 0);
        for start in (end.saturating_sub(BAND_ROWS)..end).rev() {
            wide = wide.max(widths[start]);
            let total = cost[start] + BAND_COST + wide * (end - start);
            if total < best {
                (best, best_start) = (total, start);
            }
        }
        cost.push(best);
        came_from.push(best_start);
    }
    let mut ends = Vec::new();
    let mut at = extents.len();
    while at > 0 {
        ends.push(at);
        at = came_from[at];
    }
    ends.reverse();
    Plan { ends, cost: cost[extents.len()] }
}

/// Breaks up byte sequences that some printers obey as real-time commands even
/// inside image data (`10 04 n`, `10 05 n`, `10 14 n`: status, recovery,
/// drawer), by adding one dot beside a single dot. Modules of a QR are wider
/// than one dot, so that only letters ever meet this.
fn disarm(data: &mut [u8]) {
    for at in 1..data.len() {
        if data[at - 1] == 0x10 && matches!(data[at], 0x04 | 0x05 | 0x14) {
            data[at - 1] = 0x18;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::raster::PaperWidth;
    use super::*;

    /// A printer in miniature: interprets a job and gives the dots it burns.
    struct Paper {
        rows: Vec<Vec<u8>>,
        stride: usize,
        cuts: usize,
        kicks: Vec<Vec<u8>>,
    }

    fn print(job: &[u8], stride: usize) -> Paper {
        let mut paper = Paper { rows: Vec::new(), stride, cuts: 0, kicks: Vec::new() };
        let (mut rest, mut align) = (job, 0);
        while !rest.is_empty() {
            let used = match rest {
                [0x1B, 0x40, ..] => 2,
                [0x1D, 0x28, 0x44, 3, 0, 0x14, 1, 0, ..] => 8,
                [0x1B, 0x70, ..] => {
                    paper.kicks.push(rest[..5].to_vec());
                    5
                }
                [0x1B, 0x61, n, ..] => {
                    align = *n;
                    3
                }
                [0x1B, 0x4A, n, ..] => {
                    paper.rows.extend(vec![vec![0; stride]; usize::from(*n)]);
                    3
                }
                [0x1D, 0x76, 0x30, mode, xl, xh, yl, yh, data @ ..] => {
                    let width = usize::from(u16::from_le_bytes([*xl, *xh]));
                    let height = usize::from(u16::from_le_bytes([*yl, *yh]));
                    assert!(height <= BAND_ROWS && width > 0);
                    assert!(
                        !data[..width * height]
                            .windows(2)
                            .any(|pair| pair[0] == 0x10 && matches!(pair[1], 4 | 5 | 0x14))
                    );
                    paper.band(&data[..width * height], width, *mode, align);
                    8 + width * height
                }
                [0x1D, 0x56, 0x42, 0, ..] => {
                    paper.cuts += 1;
                    4
                }
                other => panic!("unknown command {:02x?}", &other[..other.len().min(8)]),
            };
            rest = &rest[used..];
        }
        paper
    }

    impl Paper {
        fn band(&mut self, data: &[u8], width: usize, mode: u8, align: u8) {
            let times = if mode == 3 { 2 } else { 1 };
            let dots = width * 8 * times;
            let start = [0, (self.stride * 8 - dots) / 2, self.stride * 8 - dots][usize::from(align)];
            for line in data.chunks_exact(width) {
                let mut row = vec![0u8; self.stride];
                for dot in 0..dots {
                    let source = dot / times;
                    if line[source / 8] & (0x80 >> (source % 8)) != 0 {
                        row[(start + dot) / 8] |= 0x80 >> ((start + dot) % 8);
                    }
                }
                self.rows.extend(vec![row; times]);
            }
        }
    }

    /// Pseudo-random ink of several kinds, the same every time.
    fn picture(paper: PaperWidth) -> Raster {
        let mut raster = Raster::new(paper);
        raster.set_height(900);
        let mut state = 1u32;
        let mut next = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        for _ in 0..160 {
            let (x, y) = (next(paper.dots()), next(400));
            raster.fill(x, y, 1 + next(60), 1 + next(3));
        }
        for _ in 0..300 {
            raster.fill(40 + 2 * next(100), 500 + 2 * next(100), 2, 2);
        }
        raster
    }

    #[test]
    fn the_paper_is_the_picture_whatever_the_options() {
        for paper in [PaperWidth::Mm58, PaperWidth::Mm80] {
            let raster = picture(paper);
            for (justify, double) in [(false, false), (true, false), (false, true), (true, true)] {
                let options = EscposOptions { justify, double, ..EscposOptions::default() };
                let printed = print(&escpos(&raster, &options), raster.stride());
                assert_eq!(printed.cuts, 1);
                let rows: Vec<u8> = printed.rows.concat();
                assert_eq!(rows.len(), raster.bits().len());
                // Breaking up command look-alikes may add a dot, never take one away.
                let added: u32 = rows.iter().zip(raster.bits()).map(|(a, b)| (a ^ b).count_ones()).sum();
                assert!(rows.iter().zip(raster.bits()).all(|(printed, ink)| printed & ink == *ink));
                assert!(added <= 16, "{added} dots added");
            }
        }
    }

    #[test]
    fn command_look_alikes_are_broken_up() {
        let mut data = vec![0x10, 0x04, 0x01, 0x10, 0x14, 0x01, 0x10, 0x05, 0x10, 0x10, 0x04, 0x10];
        disarm(&mut data);
        assert_eq!(data, [0x18, 0x04, 0x01, 0x18, 0x14, 0x01, 0x18, 0x05, 0x10, 0x18, 0x04, 0x10]);
        disarm(&mut []);
    }

    #[test]
    fn a_drawer_opens_once_before_the_paper_and_never_for_a_copy() {
        let raster = picture(PaperWidth::Mm58);
        let kicks = |drawer, copy| {
            let job = escpos(&raster, &EscposOptions { drawer, copy, ..EscposOptions::default() });
            print(&job, raster.stride()).kicks
        };
        assert_eq!(kicks(Some(Drawer::Pin2), false), vec![vec![0x1B, 0x70, 0, 25, 250]]);
        assert_eq!(kicks(Some(Drawer::Pin5), false), vec![vec![0x1B, 0x70, 1, 25, 250]]);
        assert!(kicks(Some(Drawer::Pin2), true).is_empty());
        assert!(kicks(None, false).is_empty());
    }

    #[test]
    fn doubling_pays_for_squares() {
        let raster = picture(PaperWidth::Mm80);
        let bytes = |double| escpos(&raster, &EscposOptions { double, ..EscposOptions::default() }).len();
        assert!(bytes(true) < bytes(false));
    }

    #[test]
    fn an_empty_picture_still_cuts() {
        let raster = Raster::new(PaperWidth::Mm80);
        assert_eq!(print(&escpos(&raster, &EscposOptions::default()), raster.stride()).cuts, 1);
    }
}
