//! Turns stored documents into receipts: one typesetter, kept warm.

use std::sync::Mutex;

use thiserror::Error;

use super::handover::{Handover, Standing};
use super::slips::{Shop, slip};
use crate::receipt::{
    Block, EscposOptions, PaperWidth, Raster, ReceiptError, Typesetter, compose, escpos, png, preview, render,
};
use crate::ubl::{self, ReadError};

/// Columns of the preview in a terminal.
const PREVIEW_COLUMNS: usize = 48;

/// Why no receipt came of a stored document.
#[derive(Debug, Error)]
pub enum PressError {
    #[error("the stored document cannot be read: {0}")]
    Document(#[from] ReadError),
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

/// Draws receipts of one width.
pub struct Press {
    typesetter: Mutex<Typesetter>,
    paper: PaperWidth,
    shop: Shop,
}

/// A receipt, ready for paper or screen.
pub struct Receipt {
    blocks: Vec<Block>,
    raster: Raster,
    copy: bool,
}

impl Press {
    pub fn new(paper: PaperWidth, shop: Shop) -> Press {
        Press { typesetter: Mutex::new(Typesetter::new()), paper, shop }
    }

    /// The paper of a stored document: its receipt, or a slip that says what it
    /// is not. `copy` marks a reprint.
    pub fn receipt(&self, document: &Handover, copy: bool) -> Result<Receipt, PressError> {
        let Handover { stored, xml, standing } = document;
        let reading = ubl::read(xml)?;
        // What is no invoice has no original that a copy could be of.
        let copy = copy && matches!(standing, Standing::Issued | Standing::ReportedInstead);
        let slip = slip(&self.shop, stored, &reading, *standing, copy);
        let blocks = compose(&slip);
        // A panic while drawing leaves at worst a glyph undrawn in the cache.
        let mut typesetter = self.typesetter.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let raster = render(&blocks, &mut typesetter, self.paper)?;
        Ok(Receipt { blocks, raster, copy })
    }
}

impl Receipt {
    /// The bytes for the printer.
    pub fn escpos(&self) -> Vec<u8> {
        escpos(&self.raster, &EscposOptions { copy: self.copy, ..EscposOptions::default() })
    }

    /// A picture of the paper.
    pub fn png(&self) -> Vec<u8> {
        png(&self.raster)
    }

    /// The receipt in a terminal's characters.
    pub fn preview(&self) -> String {
        preview(&self.blocks, PREVIEW_COLUMNS)
    }
}
