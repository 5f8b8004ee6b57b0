//! The sales that are measured: baskets of a grocery by number, always the same.

use std::sync::Arc;

use serde_json::{Value, json};
use tilld::chain::{Head, Link};
use tilld::invoice::{
    Address, Draft, Header, Invoice, InvoiceNumber, IssueMoment, Kind, PartyId, Priced, Seller, Terms,
    VatNumber, price, read_sale,
};
use tilld::keys::SoftwareSigner;
use tilld::ledger::broken_rules;
use tilld::stamp::StampCertificate;
use uuid::Uuid;

/// The published test scalar and its certificate; worthless, for measuring only.
const KEY: [u8; 32] = [
    0x90, 0xb5, 0xf4, 0x44, 0x76, 0x2b, 0x12, 0x49, 0x8a, 0x35, 0x1c, 0xf7, 0x85, 0xe5, 0xd1, 0x8e, 0x72,
    0x6d, 0x9c, 0x23, 0x3a, 0xf0, 0xde, 0x82, 0x61, 0x9a, 0x03, 0xed, 0x83, 0x1c, 0xf6, 0xbb,
];
/// When the sales are made: within the certificate's time and after every clock's floor.
pub const NOW: i64 = 1_790_000_000;
const CERTIFICATE: &str = include_str!("../../tests/vectors/test-cert-b64.txt");

/// Arabic and English name, unit, and shelf price in halalas of what the shop sells.
const GOODS: [(&str, &str, &str, i64); 24] = [
    ("حليب كامل الدسم", "Full cream milk", "PCE", 600),
    ("خبز تميس", "Tamees bread", "PCE", 100),
    ("أرز بسمتي", "Basmati rice", "PCE", 5495),
    ("مياه معدنية", "Mineral water", "PCE", 1450),
    ("دجاج طازج مبرد", "Chilled chicken", "KGM", 1725),
    ("شاي أخضر", "Green tea", "PCE", 1800),
    ("زبادي", "Yoghurt", "PCE", 250),
    ("زيت دوار الشمس", "Sunflower oil", "PCE", 2285),
    ("تمر سكري", "Sukkari dates", "KGM", 3200),
    ("عصير برتقال", "Orange juice", "PCE", 975),
    ("جبنة عكاوي", "Akkawi cheese", "KGM", 4200),
    ("طماطم بلدي", "Local tomatoes", "KGM", 695),
    ("منظف أرضيات", "Floor cleaner", "PCE", 1295),
    ("بطاريات قلوية", "Alkaline batteries", "PCE", 2195),
    ("قهوة عربية", "Arabic coffee", "PCE", 3495),
    ("بيض", "Eggs", "PCE", 1995),
    ("معجون طماطم", "Tomato paste", "PCE", 875),
    ("مكرونة", "Pasta", "PCE", 545),
    ("سكر", "Sugar", "PCE", 2650),
    ("شامبو", "Shampoo", "PCE", 2899),
    ("مناديل ورقية", "Tissues", "PCE", 1695),
    ("تونة", "Tuna in oil", "PCE", 799),
    ("لحم غنم", "Lamb", "KGM", 6500),
    ("هيل", "Cardamom", "KGM", 18900),
];

/// A small generator that repeats (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % bound
    }
}

/// The request of sale `number` with so many lines, as a cash register sends it.
pub fn request(number: u64, lines: usize) -> Vec<u8> {
    let mut dice = Dice((number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let lines: Vec<Value> = (0..lines).map(|_| line(&mut dice)).collect();
    let body = json!({
        "reference": format!("POS-{number:06}"),
        "lines": lines,
        "tenders": [{"kind": "cash", "amount": "99999.00"}],
    });
    body.to_string().into_bytes()
}

fn line(dice: &mut Dice) -> Value {
    let (arabic, english, unit, around) = GOODS[dice.below(24) as usize];
    let size = 50 * (1 + dice.below(30));
    let price = around + dice.below(200) as i64;
    let quantity = match unit {
        "KGM" => format!("{}.{:03}", dice.below(3), 1 + dice.below(999)),
        _ => (1 + dice.below(6)).to_string(),
    };
    json!({
        "name": {"ar": format!("{arabic} {size} جم"), "en": format!("{english} {size} g")},
        "quantity": quantity,
        "unit": unit,
        "shelf_price": format!("{}.{:02}", price / 100, price % 100),
        "vat": "S",
        "barcode": format!("628{:010}", dice.below(10_000_000_000)),
    })
}

pub fn draft(number: u64, lines: usize) -> Draft {
    read_sale(&request(number, lines)).expect("a valid request")
}

pub fn priced(number: u64, lines: usize) -> Priced {
    price(&draft(number, lines)).expect("tenders that pay")
}

pub fn signer() -> SoftwareSigner {
    SoftwareSigner::from_scalar(&KEY).expect("a scalar")
}

/// The bare key of the same signer, for the limit.
pub fn bare_key() -> k256::ecdsa::SigningKey {
    k256::ecdsa::SigningKey::from_slice(&KEY).expect("a scalar")
}

pub fn certificate() -> StampCertificate {
    StampCertificate::from_base64(CERTIFICATE.trim()).expect("a certificate")
}

pub fn seller() -> Arc<Seller> {
    Arc::new(Seller {
        name: "شركة أسواق النخيل للتجارة | Nakheel Market".into(),
        vat: VatNumber::parse("399999999900003").expect("a VAT number"),
        id: PartyId::seller("CRN", "1010010000").expect("a registration"),
        address: Address {
            street: "الأمير سلطان | Prince Sultan".into(),
            additional_street: None,
            building: "2322".into(),
            additional_number: None,
            district: "المربع | Al-Murabba".into(),
            city: "الرياض | Riyadh".into(),
            postal_code: "23333".into(),
            province: None,
            country: "SA".into(),
        },
    })
}

/// Somewhere in the middle of a chain.
pub fn link() -> Link {
    let hash = tilld::chain::InvoiceHash::new([0x5A; 32]);
    Link::after(tilld::chain::Icv::new(4711).map(|icv| Head { icv, hash }))
}

pub fn header(seller: &Arc<Seller>, number: u64) -> Header {
    Header {
        kind: Kind::SIMPLIFIED_INVOICE,
        number: InvoiceNumber::parse(&format!("T1-{number:06}")).expect("a number"),
        uuid: Uuid::from_u64_pair(0x3f8a_1c52_9b1e_4d6a, 0x8c0d_0000_0000_0000 | number),
        issued: IssueMoment::from_unix(NOW + number as i64).expect("a moment"),
        seller: seller.clone(),
        terms: Terms::default(),
    }
}

/// Holds a stamped sale to every official rule, as the ledger does before it
/// takes the number. None may be broken, else something else is measured.
pub fn obey_rules(invoice: &Invoice, link: &Link, qr: &str) {
    let broken = broken_rules(invoice, link, qr, invoice.header.issued.unix());
    assert!(broken.is_empty(), "{broken:?}");
}

/// From a checked request to an invoice: prices, sums and what they must obey.
pub fn invoice(draft: &Draft, header: Header) -> Invoice {
    Invoice { header, priced: price(draft).expect("tenders that pay") }
}
