//! Five hundred random baskets from request to stamped document.

mod common;

use common::baskets::{Basket, basket};
use common::{Seeded, VectorSigner, certificate, seller};
use tilld::chain::{Head, Link};
use tilld::invoice::{Header, Invoice, InvoiceNumber, IssueMoment, Kind, price, read_sale};
use tilld::{stamp, ubl};
use uuid::Builder;

fn issue(basket: &Basket, head: Option<Head>, rng: &mut Seeded) -> stamp::Sealed {
    let draft = read_sale(basket.request.to_string().as_bytes()).expect("a valid request");
    let priced = price(&draft).unwrap_or_else(|findings| panic!("{findings:#?}\n{}", basket.request));
    let link = Link::after(head);
    let mut random = [0u8; 16];
    rng.fill(&mut random);
    let invoice = Invoice {
        header: Header {
            kind: Kind::SIMPLIFIED_INVOICE,
            number: InvoiceNumber::parse(&format!("T07-{:06}", link.icv)).unwrap(),
            uuid: Builder::from_random_bytes(random).into_uuid(),
            issued: IssueMoment::from_unix(1_790_000_000 + link.icv.get() as i64).unwrap(),
            seller: seller(),
            buyer: None,
            supply_date: None,
            billing_references: vec![],
            reason: None,
            note: None,
        },
        priced,
    };
    stamp::seal(&invoice, &link, &certificate(), &VectorSigner::new()).expect("a document that passes")
}

#[test]
fn every_basket_costs_what_the_shelf_says() {
    let mut rng = Seeded::new(20_261_122);
    let mut head = None;
    let out = std::env::var_os("TILLD_BASKETS_OUT").map(std::path::PathBuf::from);
    for number in 0..500 {
        let basket = basket(&mut rng, number);
        let sealed = issue(&basket, head, &mut rng);
        head = Some(Head { icv: sealed.link.icv, hash: sealed.hash });
        let reading = ubl::read(&sealed.xml).unwrap();
        assert_eq!(reading.payable.get(), basket.payable, "{}", basket.request);
        assert!(reading.lines.iter().all(|line| line.net + line.vat_amount == line.gross));
        if let Some(out) = &out {
            std::fs::create_dir_all(out).unwrap();
            std::fs::write(out.join(format!("{:06}.xml", sealed.link.icv)), &sealed.xml).unwrap();
        }
    }
}
