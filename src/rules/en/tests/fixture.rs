//! A good document, and the ways to spoil it.

/// Five lines of all categories, allowances and charges everywhere, riyals as
/// the VAT currency of a document in dollars. No rule fires on it.
pub const GOOD: &str = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>T-1</cbc:ID><cbc:IssueDate>2026-01-02</cbc:IssueDate>
<cbc:InvoiceTypeCode name="0100000">388</cbc:InvoiceTypeCode><cbc:Note>a note</cbc:Note>
<cbc:DocumentCurrencyCode>USD</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>SAR</cbc:TaxCurrencyCode>
<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>T-0</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>
<cac:AdditionalDocumentReference><cbc:ID>ICV</cbc:ID></cac:AdditionalDocumentReference>
<cac:AccountingSupplierParty><cac:Party><cac:PostalAddress><cbc:CountrySubentity>Riyadh</cbc:CountrySubentity>
<cac:Country><cbc:IdentificationCode>SA</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
<cac:PartyLegalEntity><cbc:RegistrationName>Seller</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PostalAddress><cbc:StreetName>Street</cbc:StreetName><cbc:CityName>Jeddah</cbc:CityName>
<cbc:PostalZone>12345</cbc:PostalZone><cbc:CountrySubentity>Makkah</cbc:CountrySubentity>
<cac:Country><cbc:IdentificationCode>AE</cbc:IdentificationCode></cac:Country></cac:PostalAddress></cac:Party></cac:AccountingCustomerParty>
<cac:PaymentMeans><cbc:PaymentMeansCode>10</cbc:PaymentMeansCode></cac:PaymentMeans>
<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:Amount currencyID="USD">10.00</cbc:Amount>
<cbc:BaseAmount currencyID="USD">100.00</cbc:BaseAmount>{S15}</cac:AllowanceCharge>
<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount currencyID="USD">5.00</cbc:Amount>
<cbc:BaseAmount currencyID="USD">50.00</cbc:BaseAmount>{S15}</cac:AllowanceCharge><!--more-->
<cac:TaxTotal><cbc:TaxAmount currencyID="SAR">53.44</cbc:TaxAmount></cac:TaxTotal>
<cac:TaxTotal><cbc:TaxAmount currencyID="USD">14.25</cbc:TaxAmount><!--groups-->
<cac:TaxSubtotal><cbc:TaxableAmount currencyID="USD">95.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="USD">14.25</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>15.00</cbc:Percent>{VAT}</cac:TaxCategory></cac:TaxSubtotal><!--after S-->
<cac:TaxSubtotal><cbc:TaxableAmount currencyID="USD">50.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="USD">0.00</cbc:TaxAmount><cac:TaxCategory><cbc:ID>Z</cbc:ID><cbc:Percent>0.00</cbc:Percent>{VAT}</cac:TaxCategory></cac:TaxSubtotal><!--after Z-->
<cac:TaxSubtotal><cbc:TaxableAmount currencyID="USD">30.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="USD">0.00</cbc:TaxAmount><cac:TaxCategory><cbc:ID>E</cbc:ID><cbc:Percent>0.00</cbc:Percent>{VAT}</cac:TaxCategory></cac:TaxSubtotal><!--after E-->
<cac:TaxSubtotal><cbc:TaxableAmount currencyID="USD">20.00</cbc:TaxableAmount><cbc:TaxAmount currencyID="USD">0.00</cbc:TaxAmount><cac:TaxCategory><cbc:ID>O</cbc:ID><cbc:Percent>0.00</cbc:Percent>{VAT}</cac:TaxCategory></cac:TaxSubtotal><!--after O-->
</cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="USD">200.00</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="USD">195.00</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="USD">209.25</cbc:TaxInclusiveAmount>
<cbc:AllowanceTotalAmount currencyID="USD">10.00</cbc:AllowanceTotalAmount><cbc:ChargeTotalAmount currencyID="USD">5.00</cbc:ChargeTotalAmount>
<cbc:PrepaidAmount currencyID="USD">9.25</cbc:PrepaidAmount><cbc:PayableRoundingAmount currencyID="USD">0.10</cbc:PayableRoundingAmount>
<cbc:PayableAmount currencyID="USD">200.10</cbc:PayableAmount></cac:LegalMonetaryTotal>
<!--lines-->
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="PCE">1.000000</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID="USD">100.00</cbc:LineExtensionAmount>
<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator><cbc:Amount currencyID="USD">2.00</cbc:Amount><cbc:BaseAmount currencyID="USD">20.00</cbc:BaseAmount></cac:AllowanceCharge>
<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount currencyID="USD">1.00</cbc:Amount><cbc:BaseAmount currencyID="USD">10.00</cbc:BaseAmount></cac:AllowanceCharge>
<cac:Item><cbc:Name>Kettle</cbc:Name><cac:BuyersItemIdentification><cbc:ID>B-1</cbc:ID></cac:BuyersItemIdentification><cac:SellersItemIdentification><cbc:ID>S-1</cbc:ID></cac:SellersItemIdentification>
<cac:StandardItemIdentification><cbc:ID>628</cbc:ID></cac:StandardItemIdentification><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>15</cbc:Percent>{VAT}</cac:ClassifiedTaxCategory>
<cac:AdditionalItemProperty><cbc:Name>colour</cbc:Name><cbc:Value>red</cbc:Value></cac:AdditionalItemProperty></cac:Item><cac:Price><cbc:PriceAmount currencyID="USD">101.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
{line 2 50.00 Z 0}{line 3 30.00 E 0}{line 4 20.00 O 0}{line 5 0.00 S 15.0}
<!--end-->
</Invoice>"#;

const VAT: &str = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>";

/// The patterns in braces written out.
pub fn written_out(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('{') {
        let (pattern, after) = inside.split_once('}').unwrap();
        out.push_str(before);
        let words: Vec<&str> = pattern.split(' ').collect();
        out.push_str(&match words.as_slice() {
            ["VAT"] => VAT.to_owned(),
            ["S15"] => category("TaxCategory", "S", "15.00"),
            ["line", number, net, id, rate] => {
                line(number, net, &category("ClassifiedTaxCategory", id, rate))
            }
            ["reduction", charge, amount, id, rate] => {
                reduction(charge, amount, &category("TaxCategory", id, rate))
            }
            other => panic!("{other:?}"),
        });
        rest = after;
    }
    out + rest
}

fn category(name: &str, id: &str, rate: &str) -> String {
    format!("<cac:{name}><cbc:ID>{id}</cbc:ID><cbc:Percent>{rate}</cbc:Percent>{VAT}</cac:{name}>")
}

fn line(number: &str, net: &str, category: &str) -> String {
    format!(
        "<cac:InvoiceLine><cbc:ID>{number}</cbc:ID><cbc:InvoicedQuantity>1</cbc:InvoicedQuantity>\
         <cbc:LineExtensionAmount currencyID=\"USD\">{net}</cbc:LineExtensionAmount><cac:Item>\
         <cbc:Name>Item {number}</cbc:Name>{category}</cac:Item>\
         <cac:Price><cbc:PriceAmount>{net}</cbc:PriceAmount></cac:Price></cac:InvoiceLine>"
    )
}

fn reduction(charge: &str, amount: &str, category: &str) -> String {
    format!(
        "<cac:AllowanceCharge><cbc:ChargeIndicator>{charge}</cbc:ChargeIndicator>\
         <cbc:Amount>{amount}</cbc:Amount>{category}</cac:AllowanceCharge>"
    )
}

/// The good document with one stretch changed. `A..B` stands for everything
/// from A up to and with B; `{128}` in the new text for so many letters.
pub fn changed(from: &str, to: &str) -> String {
    let good = written_out(GOOD);
    let from = written_out(from);
    let stretch = match from.split_once("..") {
        Some((first, last)) => {
            let start = good.find(first).unwrap_or_else(|| panic!("{first}"));
            let end = start + good[start..].find(last).unwrap_or_else(|| panic!("{last}")) + last.len();
            good[start..end].to_owned()
        }
        None => from,
    };
    assert_eq!(good.matches(&stretch).count(), 1, "{stretch:?} is not found once");
    let mut to = to.to_owned();
    for letters in [128, 1001] {
        to = to.replace(&format!("{{{letters}}}"), &"ح".repeat(letters));
    }
    good.replacen(&stretch, &written_out(&to), 1)
}
