//! What is wrong with an archive, in words.

use crate::archive::zip::ZipFault;
use crate::text::Bilingual;

/// Findings that are listed; the rest are counted.
const MOST_FINDINGS: usize = 1_000;

/// Something wrong with an archive or one of its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    /// The invoice number, or the file.
    pub subject: String,
    pub icv: Option<u64>,
    pub words: Bilingual,
}

/// Findings as they come up, bounded.
#[derive(Debug, Default)]
pub struct Findings {
    pub listed: Vec<Finding>,
    pub total: u64,
}

impl Findings {
    pub fn add(&mut self, code: &'static str, subject: &str, icv: Option<u64>, words: Bilingual) {
        self.total += 1;
        if self.listed.len() < MOST_FINDINGS {
            let subject = subject.chars().take(300).collect();
            self.listed.push(Finding { code, subject, icv, words });
        }
    }

    pub fn file(&mut self, path: &str, trouble: Trouble) {
        self.add(trouble.code(), path, None, trouble.words());
    }
}

/// What is wrong with a file of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Zip(ZipFault),
    /// In the manifest, not in the archive.
    Missing,
    /// In the archive, not in the manifest.
    Extra,
    /// Another size or hash than the manifest has.
    Hash,
    /// Not in the order in which it is written, or there twice.
    Order,
    /// The manifest is not written as tilld writes it, or of another version.
    Manifest,
    /// `manifest.sha256` names another hash.
    ManifestHash,
    /// The totals are not those of the documents.
    Totals,
    /// An entry of the activity log was changed, or is missing.
    Log,
}

impl Trouble {
    const fn code(self) -> &'static str {
        match self {
            Trouble::Zip(_) | Trouble::Order => "AUDIT-ZIP",
            Trouble::Missing => "AUDIT-MISSING",
            Trouble::Extra => "AUDIT-EXTRA",
            Trouble::Hash => "AUDIT-HASH",
            Trouble::Manifest | Trouble::ManifestHash | Trouble::Totals => "AUDIT-MANIFEST",
            Trouble::Log => "AUDIT-LOG",
        }
    }

    fn words(self) -> Bilingual {
        match self {
            Trouble::Zip(fault) => fault.words(),
            Trouble::Missing => Bilingual::new(
                "the manifest names this file, and it is not in the archive",
                "يذكر البيان هذا الملف وهو غير موجود في الأرشيف",
            ),
            Trouble::Extra => Bilingual::new(
                "this file is in the archive, and the manifest does not name it",
                "هذا الملف موجود في الأرشيف ولا يذكره البيان",
            ),
            Trouble::Hash => Bilingual::new(
                "its content is not the one whose hash the manifest has",
                "محتواه لا يطابق البصمة المذكورة في البيان",
            ),
            Trouble::Order => Bilingual::new(
                "it is in the archive twice, or out of its order",
                "تكرر في الأرشيف أو جاء في غير ترتيبه",
            ),
            Trouble::Manifest => Bilingual::new(
                "the manifest is not written as this version of tilld writes it",
                "البيان ليس مكتوباً كما يكتبه هذا الإصدار من tilld",
            ),
            Trouble::ManifestHash => Bilingual::new(
                "the manifest does not have the hash that stands beside it",
                "بصمة البيان لا تطابق البصمة المرفقة به",
            ),
            Trouble::Totals => Bilingual::new(
                "the manifest's totals are not those of its documents",
                "مجاميع البيان لا تطابق مستنداته",
            ),
            Trouble::Log => Bilingual::new(
                "the activity log was changed, or entries of it are missing",
                "عُدل سجل النشاط أو فُقدت منه قيود",
            ),
        }
    }
}
