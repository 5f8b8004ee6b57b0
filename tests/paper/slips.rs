//! Slips of a small grocery, as a caller would fill them.

use tilld::money::{Halalas, Rate};
use tilld::receipt::*;

/// A payload of the usual length (564 characters); the first two bytes are a real TLV tag 1.
pub fn payload(characters: usize) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = 0x2545_F491_u32;
    let body = (4..characters).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        char::from(letters[(state >> 7) as usize % 64])
    });
    "AT7Y".chars().chain(body).collect()
}

pub fn seller() -> Seller {
    Seller {
        name: "شركة الواحة للمواد الغذائية المحدودة".into(),
        trade_name: Some("بقالة الواحة  Al Waha Grocery".into()),
        address: vec![
            "3242 شارع الأمير تركي بن عبدالعزيز، حي العليا".into(),
            "الرياض 12345-6789  Riyadh, Saudi Arabia".into(),
        ],
        vat_number: "399999999900003".into(),
        other_id: Some(OtherId { scheme: "CRN".into(), value: "1010010000".into() }),
        till: Some("Olaya / T07".into()),
    }
}

const STANDARD: VatMark = VatMark { category: VatCategory::Standard, rate: Rate::STANDARD };
const ZERO: VatMark = VatMark { category: VatCategory::Zero, rate: Rate::ZERO };

pub fn line(ar: &str, en: &str, quantity: &str, unit: &str, price: &str, total: i64) -> SlipLine {
    SlipLine {
        name_ar: (!ar.is_empty()).then(|| ar.into()),
        name_en: (!en.is_empty()).then(|| en.into()),
        quantity: quantity.into(),
        unit_code: unit.into(),
        unit_price: price.into(),
        discount: Halalas::ZERO,
        charge: None,
        total: Halalas::new(total),
        vat: STANDARD,
    }
}

pub fn ten_lines() -> Vec<SlipLine> {
    vec![
        line("حليب كامل الدسم 1 لتر", "Full-fat milk 1 L", "2", "PCE", "6.50", 1300),
        line("خبز تميس", "Tamees bread", "3", "PCE", "1.00", 300),
        line("أرز بسمتي هندي 5 كجم", "Indian basmati rice 5 kg", "1", "PCE", "54.95", 5495),
        line("مياه معدنية 330 مل × 40", "Mineral water 330 ml × 40", "1", "CT", "14.50", 1450),
        line("دجاج طازج مبرّد", "Fresh chilled chicken", "1.235", "KGM", "17.25", 2130),
        line("شاي أخضر Lipton علبة 100", "Lipton green tea, 100 bags", "1", "BX", "18.00", 1800),
        line("لبن زبادي عرض 2 بـ5", "Yoghurt, 2 for 5", "2", "PCE", "2.50", 500),
        line("زيت دوّار الشمس 1.5 لتر", "Sunflower oil 1.5 L", "1", "BO", "22.85", 2285),
        line("تمر سكري فاخر", "Sukkari dates, premium", "0.750", "KGM", "32.00", 2400),
        line("عصير برتقال 100% طبيعي", "Orange juice 100% natural", "2", "LTR", "9.75", 1950),
    ]
}

fn totals(net: i64, vat: i64) -> Totals {
    Totals {
        document_discount: Halalas::ZERO,
        charges: Vec::new(),
        vat_in_riyals: None,
        advances: Vec::new(),
        groups: vec![VatGroup {
            mark: STANDARD,
            net: Halalas::new(net),
            vat: Halalas::new(vat),
            reason: None,
        }],
        net: Halalas::new(net),
        vat: Halalas::new(vat),
        with_vat: Halalas::new(net + vat),
        prepaid: Halalas::ZERO,
        rounding: Halalas::ZERO,
        payable: Halalas::new(net + vat),
    }
}

pub fn sale() -> Slip {
    Slip {
        kind: SlipKind::SimplifiedInvoice,
        copy: false,
        statements: Vec::new(),
        notices: Vec::new(),
        seller: seller(),
        invoice_number: "INV-T07-000128431".into(),
        issue_date: "2026-11-21".into(),
        issue_time: "19:45:07".into(),
        supply_date: None,
        order_reference: None,
        contract_reference: None,
        currency: "SAR".into(),
        pos_reference: Some("POS-7/4412".into()),
        cashier: Some("فاطمة".into()),
        buyer: None,
        original: None,
        price_basis: PriceBasis::VatInclusive,
        lines: ten_lines(),
        totals: totals(17052, 2558),
        tenders: vec![Tender { kind: TenderKind::Cash, detail: None, amount: Halalas::new(20000) }],
        change: Halalas::new(390),
        footer: vec![Bilingual::new("Thank you for your visit", "شكراً لزيارتكم")],
        qr: payload(564),
    }
}

/// What most sales print: no optional fact beside the legal ones.
pub fn plain() -> Slip {
    let mut slip = sale();
    slip.seller.trade_name = None;
    slip.seller.name = "شركة الواحة للمواد الغذائية Al Waha Foods".into();
    slip.seller.other_id = None;
    slip.seller.till = None;
    slip.pos_reference = None;
    slip.cashier = None;
    slip
}

pub fn forty() -> Slip {
    let mut slip = sale();
    slip.lines = (0..4).flat_map(|_| ten_lines()).collect();
    slip.totals = totals(68_209, 10_231);
    slip.tenders = vec![
        Tender { kind: TenderKind::Card, detail: Some("mada".into()), amount: Halalas::new(50_000) },
        Tender { kind: TenderKind::Cash, detail: None, amount: Halalas::new(28_440) },
    ];
    slip.change = Halalas::ZERO;
    slip
}

/// Zero rate, discounts, long names and everything that wraps.
pub fn long_names() -> Slip {
    let mut slip = sale();
    slip.seller.trade_name = None;
    slip.seller.name =
        "مؤسسة عبدالرحمن بن عبدالعزيز السليمان وأولاده للتجارة والمقاولات والمواد الغذائية Abdulrahman Al Sulaiman & Sons Trading Est."
            .into();
    slip.lines = vec![
        line(
            "جبنة كريمية قابلة للدهن قليلة الدسم مع الأعشاب الإيطالية والثوم المحمّص عبوة عائلية 900 جرام خصم 15%",
            "Spreadable low-fat cream cheese with Italian herbs and roasted garlic, family pack 900 g",
            "12",
            "PK",
            "24.95",
            27_940,
        ),
        line("عسل سدر جبلي طبيعي فاخر", "", "1.5", "KGM", "350.00", 52_500),
        line("أدوية مسجلة", "Registered medicine", "1", "PCE", "30.00", 3000),
        line("X", "Y", "1", "H87", "1", 100),
    ];
    slip.lines[0].discount = Halalas::new(2000);
    slip.lines[2].vat = ZERO;
    slip.totals = Totals {
        document_discount: Halalas::new(500),
        charges: Vec::new(),
        vat_in_riyals: None,
        advances: Vec::new(),
        groups: vec![
            VatGroup { mark: STANDARD, net: Halalas::new(69_513), vat: Halalas::new(10_427), reason: None },
            VatGroup {
                mark: ZERO,
                net: Halalas::new(3000),
                vat: Halalas::ZERO,
                reason: Some("الأدوية والمعدات الطبية Medicines and medical equipment".into()),
            },
        ],
        net: Halalas::new(72_513),
        vat: Halalas::new(10_427),
        with_vat: Halalas::new(82_940),
        prepaid: Halalas::new(10_000),
        rounding: Halalas::new(5),
        payable: Halalas::new(72_945),
    };
    slip.qr = payload(700);
    slip
}

pub fn english() -> Slip {
    let mut slip = sale();
    slip.seller.trade_name = None;
    slip.seller.name = "Gulf Hardware Trading Co.".into();
    slip.seller.address = vec!["12 King Fahd Road, Olaya, Riyadh 12345".into()];
    slip.cashier = Some("John".into());
    slip.lines.iter_mut().for_each(|line| line.name_ar = None);
    slip.qr = payload(520);
    slip
}

pub fn copy() -> Slip {
    Slip { copy: true, ..sale() }
}

pub fn credit_note() -> Slip {
    let mut slip = sale();
    slip.kind = SlipKind::CreditNote;
    slip.invoice_number = "CN-T07-000000012".into();
    slip.original = Some(OriginalDocument {
        numbers: vec!["INV-T07-000128431".into()],
        reason: "إرجاع بضاعة تالفة Return of damaged goods".into(),
    });
    slip.lines.truncate(1);
    slip.totals = totals(1130, 170);
    slip.tenders = vec![Tender { kind: TenderKind::Cash, detail: None, amount: Halalas::new(1300) }];
    slip.change = Halalas::ZERO;
    slip
}

pub fn tax_invoice() -> Slip {
    let mut slip = sale();
    slip.kind = SlipKind::TaxInvoice;
    slip.notices = vec![Bilingual::new(
        "The goods stay the seller's until they are paid",
        "تبقى البضاعة ملكا للبائع حتى سداد ثمنها",
    )];
    slip.buyer = Some(Buyer {
        name: "شركة النخيل للضيافة Al Nakheel Hospitality Co.".into(),
        vat_number: Some("311111111100003".into()),
        other_id: None,
        address: vec!["شارع التحلية، حي السليمانية، الرياض 12221".into()],
    });
    slip.price_basis = PriceBasis::Net;
    slip.lines.truncate(3);
    slip.totals = totals(6170, 925);
    slip.tenders = vec![Tender { kind: TenderKind::BankTransfer, detail: None, amount: Halalas::new(7095) }];
    slip.change = Halalas::ZERO;
    slip
}

/// What a company gets while its invoice is none yet.
pub fn awaiting() -> Slip {
    let statement = Bilingual::new(
        "The invoice follows when the authority has cleared it",
        "تصدر الفاتورة بعد اعتماد الهيئة",
    );
    let slip = tax_invoice();
    Slip { kind: SlipKind::Awaiting { note: false }, statements: vec![statement], notices: vec![], ..slip }
}

/// Every slip with a name for its files.
pub fn all() -> Vec<(&'static str, Slip)> {
    vec![
        ("sale", sale()),
        ("plain", plain()),
        ("awaiting", awaiting()),
        ("forty", forty()),
        ("long_names", long_names()),
        ("english", english()),
        ("copy", copy()),
        ("credit_note", credit_note()),
        ("tax_invoice", tax_invoice()),
    ]
}
