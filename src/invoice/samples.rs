//! Random drafts over everything that a document can be, for tests: by a seed,
//! so that a failing one can be made again.

use uuid::Uuid;

use super::document::PrepaymentReference;
use super::draft::{
    Discount, DocumentCharge, Draft, DraftLine, ItemCharge, ItemName, Prepayment, Tender, TenderKind,
    UnitPrice,
};
use super::kind::{DocumentType, Flags, Kind, Subtype};
use super::party::{Address, Buyer, PartyId, Seller, VatNumber};
use super::tax::{Category, Exemption, Vat};
use super::terms::{BillingReference, Foreign, Supply, Terms};
use crate::money::{Decimal, Halalas, Quantity, Rate};

/// A small generator that repeats (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }

    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.between(0, items.len() as i64 - 1) as usize]
    }
}

pub(crate) fn seller() -> Seller {
    Seller {
        name: "مكتبة النور & Sons | Al Noor".into(),
        vat: VatNumber::parse("399999999900003").unwrap(),
        id: PartyId::seller("CRN", "1010010000").unwrap(),
        address: Address {
            additional_street: Some("خلف السوق".into()),
            additional_number: Some("6789".into()),
            province: Some("منطقة الرياض".into()),
            ..place("SA")
        },
    }
}

fn place(country: &str) -> Address {
    Address {
        street: "طريق العليا".into(),
        building: "2322".into(),
        district: "العليا".into(),
        city: "الرياض".into(),
        postal_code: "12214".into(),
        country: country.into(),
        ..Address::default()
    }
}

fn exempt(category: Category, code: &'static str, text: &str) -> Vat {
    let exemption = Some(Exemption { code, text: text.into() });
    Vat { category, rate: Rate::ZERO, exemption }
}

fn vat(dice: &mut Dice, flags: Flags) -> Vat {
    if flags.export {
        return exempt(Category::ZeroRated, "VATEX-SA-32", "Export of goods");
    }
    match dice.between(1, 9) {
        1 => exempt(Category::ZeroRated, "VATEX-SA-35", "Medicines and medical equipment"),
        2 => exempt(Category::ZeroRated, "VATEX-SA-36", "Qualifying metals"),
        3 => exempt(Category::Exempt, "VATEX-SA-29", "Financial services"),
        4 => exempt(Category::OutOfScope, "VATEX-SA-OOS", "تأمين القوارير <10>"),
        5 => Vat { rate: Rate::LEGACY, ..Vat::STANDARD },
        _ => Vat::STANDARD,
    }
}

pub(crate) fn kind(dice: &mut Dice) -> Kind {
    let subtype = *dice.pick(&[Subtype::Simplified, Subtype::Standard]);
    let document = *dice.pick(&[
        DocumentType::Invoice,
        DocumentType::Invoice,
        DocumentType::CreditNote,
        DocumentType::DebitNote,
        DocumentType::Prepayment,
    ]);
    let mut flags = Flags {
        third_party: dice.chance(10),
        nominal: dice.chance(10),
        summary: dice.chance(10),
        ..Flags::default()
    };
    if subtype == Subtype::Standard {
        flags.export = dice.chance(20);
        flags.self_billed = !flags.export && dice.chance(10);
    }
    Kind { subtype, document, flags }
}

fn buyer(dice: &mut Dice, kind: Kind) -> Option<Buyer> {
    let standard = kind.subtype == Subtype::Standard;
    if !standard && !kind.flags.summary && dice.chance(70) {
        return None;
    }
    let company = standard && !kind.flags.export && dice.chance(70);
    Some(Buyer {
        name: Some("شركة النخيل & Co".into()),
        vat: company.then(|| VatNumber::parse("311111111100003").unwrap()),
        id: (!company).then(|| PartyId::buyer("OTH", "AB778").unwrap()),
        address: standard.then(|| place(if company { "SA" } else { "AE" })),
    })
}

fn terms(dice: &mut Dice, kind: Kind) -> Terms {
    let is_note = kind.document.is_note();
    let date = |day: i64| format!("2026-02-{day:02}");
    let supply = (kind.flags.summary || dice.chance(30))
        .then(|| Supply { from: date(1), until: kind.flags.summary.then(|| date(28)) });
    let original = |at: i64| BillingReference {
        number: format!("T1-{at:06}"),
        date: (at % 2 == 0).then(|| date(at + 1)),
    };
    let foreign = kind.subtype == Subtype::Standard && dice.chance(25);
    Terms {
        buyer: buyer(dice, kind),
        supply,
        billing_references: if is_note { (0..dice.between(1, 3)).map(original).collect() } else { vec![] },
        reason: is_note.then(|| "إرجاع السلع | Goods <returned>".into()),
        note: dice.chance(20).then(|| "ملاحظة \"مهمة\"".into()),
        order_reference: dice.chance(20).then(|| "PO-7".into()),
        contract_reference: dice.chance(20).then(|| "C & D".into()),
        currency: foreign.then(|| Foreign { code: "USD", rate: Decimal::new(375, 2) }),
    }
}

fn line(dice: &mut Dice, net: bool, flags: Flags) -> DraftLine {
    let thousandths = match dice.between(1, 9) {
        1..=3 => dice.between(1, 9_999),
        4 => dice.between(100, 5_000) * 1000,
        _ => dice.between(1, 20) * 1000,
    };
    let quantity = Quantity::from_thousandths(thousandths);
    let price = if net {
        UnitPrice::Net(Decimal::new(dice.between(0, 40_000_000).into(), 6))
    } else {
        UnitPrice::Inclusive(Halalas::new(if dice.chance(5) { 0 } else { dice.between(1, 50_000) }))
    };
    let before = super::pricing::undiscounted(price, quantity).get();
    let discount = match dice.between(1, 8) {
        1 => before,
        2 | 3 => dice.between(0, before),
        _ => 0,
    };
    let reason = dice.chance(50).then(|| "عرض".to_owned());
    DraftLine {
        name: ItemName {
            arabic: Some("تمر & قهوة".into()),
            english: dice.chance(50).then(|| "Dates".into()),
        },
        quantity,
        unit: "PCE".into(),
        price,
        discount: (discount > 0).then(|| Discount { amount: Halalas::new(discount), reason }),
        charge: dice.chance(15).then(|| charge(dice)),
        vat: vat(dice, flags),
        barcode: dice.chance(30).then(|| "6281000000000".into()),
        article: dice.chance(30).then(|| "A-1".into()),
    }
}

fn charge(dice: &mut Dice) -> ItemCharge {
    let amount = if dice.chance(20) { 1 } else { dice.between(1, 3_000) };
    ItemCharge { amount: Halalas::new(amount), code: "FC", reason: "توصيل".into() }
}

fn prepayment(dice: &mut Dice, flags: Flags, at: i64) -> Prepayment {
    Prepayment {
        reference: PrepaymentReference {
            number: format!("T1-{at:06}"),
            uuid: dice.chance(50).then(|| Uuid::from_u64_pair(at as u64, 9)),
            date: "2026-01-31".into(),
            time: "23:59:59".into(),
        },
        vat: vat(dice, flags),
        amount: Halalas::new(dice.between(1, 40_000)),
    }
}

/// A draft whose fields go together, without tenders.
pub(crate) fn draft(dice: &mut Dice) -> Draft {
    let kind = kind(dice);
    let net = dice.chance(40);
    let lines: Vec<DraftLine> = (0..dice.between(1, 9)).map(|_| line(dice, net, kind.flags)).collect();
    let sum = lines.iter().map(|line| {
        let off = line.discount.as_ref().map_or(0, |discount| discount.amount.get());
        let on = line.charge.as_ref().map_or(0, |charge| charge.amount.get());
        super::pricing::undiscounted(line.price, line.quantity).get() - off + on
    });
    let sum: i64 = sum.sum();
    let discount = match dice.between(1, 10) {
        1 => sum,
        2..=4 => dice.between(0, sum),
        _ => 0,
    };
    let charges = if dice.chance(30) { dice.between(1, 4) } else { 0 };
    let charges = (0..charges)
        .map(|_| {
            let ItemCharge { amount, code, reason } = charge(dice);
            DocumentCharge { amount, code, reason, vat: dice.pick(&lines).vat.clone() }
        })
        .collect();
    let advances =
        if kind.document == DocumentType::Invoice && dice.chance(30) { dice.between(1, 4) } else { 0 };
    let prepayments = (0..advances).map(|at| prepayment(dice, kind.flags, at)).collect();
    let mut draft = Draft {
        terms: terms(dice, kind),
        kind,
        reference: None,
        lines,
        discount: (discount > 0).then(|| Discount { amount: Halalas::new(discount), reason: None }),
        charges,
        prepayments,
        rounding: Halalas::ZERO,
        tenders: Vec::new(),
    };
    let rounding = Halalas::new(if dice.chance(20) { dice.between(0, 99) } else { 0 });
    // Of nothing there is none, and it makes no debt of what is given back.
    let fits = |owed: Halalas| owed > Halalas::ZERO || owed + rounding < Halalas::ZERO;
    if super::price(&draft).is_ok_and(|priced| fits(priced.totals.payable)) {
        draft.rounding = rounding;
    }
    draft
}

/// Tenders that pay a sum, or none if there is nothing to pay.
pub(crate) fn tenders(dice: &mut Dice, payable: Halalas) -> Vec<Tender> {
    if payable <= Halalas::ZERO {
        return Vec::new();
    }
    let card = dice.between(0, payable.get());
    let cash = payable.get() - card + dice.between(0, 500);
    vec![
        Tender { kind: TenderKind::Card, amount: Halalas::new(card) },
        Tender { kind: TenderKind::Cash, amount: Halalas::new(cash) },
    ]
}
