//! The code lists of the two stylesheets, exactly with their members. Every
//! look-up takes the code as written and, as the rules do, drops blanks around
//! it; a code with a blank inside is on no list.

use super::arithmetic::trim;

/// ISO 4217 (BR-CL-03, BR-CL-04, BR-CL-05).
const CURRENCIES: [&str; 178] = [
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD",
    "BIF", "BMD", "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF",
    "CHW", "CLF", "CLP", "CNY", "COP", "COU", "CRC", "CUC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD",
    "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD",
    "HNL", "HRK", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS",
    "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL",
    "MGA", "MKD", "MMK", "MNT", "MOP", "MRO", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN",
    "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD",
    "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLL", "SOS", "SRD", "SSP", "STD", "SVC",
    "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "USN",
    "UYI", "UYU", "UZS", "VEF", "VND", "VUV", "WST", "XAF", "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XCD",
    "XDR", "XOF", "XPD", "XPF", "XPT", "XSU", "XTS", "XUA", "XXX", "YER", "ZAR", "ZMW", "ZWL",
];

/// ISO 3166-1 alpha-2, with `1A` and `XI` (BR-CL-14).
const COUNTRIES: [&str; 251] = [
    "1A", "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ",
    "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT",
    "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR",
    "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER",
    "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL",
    "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID",
    "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI",
    "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV",
    "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS",
    "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR",
    "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY",
    "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL",
    "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK",
    "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC",
    "VE", "VG", "VI", "VN", "VU", "WF", "WS", "XI", "YE", "YT", "ZA", "ZM", "ZW",
];

/// The invoice part of UNTDID 1001 (BR-CL-01).
const INVOICE_TYPES: [&str; 33] = [
    "130", "202", "203", "204", "211", "295", "325", "326", "380", "381", "383", "384", "385", "386", "387",
    "388", "389", "390", "393", "394", "395", "456", "457", "527", "575", "623", "633", "751", "780", "80",
    "82", "84", "935",
];

/// UNTDID 5305, the categories that EN 16931 knows (BR-CL-18).
const CATEGORIES: [&str; 10] = ["AE", "B", "E", "G", "K", "L", "M", "O", "S", "Z"];

/// Types of attachments (BR-KSA-CL-03).
const MIME_TYPES: [&str; 11] = [
    "application/acad",
    "application/dwg",
    "application/pdf",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "drawing/dwg",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "text/csv",
    "text/plain",
];

/// Reasons of the zero rate in a VAT breakdown (BR-KSA-CL-04).
const ZERO_RATED: [&str; 16] = [
    "VATEX-SA-32",
    "VATEX-SA-32(bis)",
    "VATEX-SA-33",
    "VATEX-SA-34-1",
    "VATEX-SA-34-2",
    "VATEX-SA-34-3",
    "VATEX-SA-34-4",
    "VATEX-SA-34-5",
    "VATEX-SA-35",
    "VATEX-SA-36",
    "VATEX-SA-DIPLOMAT",
    "VATEX-SA-DUTYFREE",
    "VATEX-SA-EDU",
    "VATEX-SA-HEA",
    "VATEX-SA-MLTRY",
    "VATEX-SA-ROYALDECREE",
];

/// Reasons of an exemption.
const EXEMPT: [&str; 3] = ["VATEX-SA-29", "VATEX-SA-29-7", "VATEX-SA-30"];

/// Reasons of the zero rate that the rule on prepayments does not know.
const NOT_PREPAID: [&str; 2] = ["VATEX-SA-32(bis)", "VATEX-SA-ROYALDECREE"];

/// The only reason out of scope.
const OUT_OF_SCOPE: &str = "VATEX-SA-OOS";

/// UNTDID 7161 in the order and with the slip (`CAPCAQ`) of the stylesheet, which asks
/// whether the code is any part of this text (BR-KSA-CL-06).
const CHARGE_REASONS: &str = concat!(
    " ",
    "AA AAA AAC AAD AAE AAF AAH AAI AAS AAT AAV AAY AAZ ABA ABB ABC ABD ABF ABK ABL ABN ABR ABS ABT ",
    "ABU ACF ACG ACH ACI ACJ ACK ACL ACM ACS ADC ADE ADJ ADK ADL ADM ADN ADO ADP ADQ ADR ADT ADW ADY ",
    "ADZ AEA AEB AEC AED AEF AEH AEI AEJ AEK AEL AEM AEN AEO AEP AES AET AEU AEV AEW AEX AEY AEZ AJ AU ",
    "CA CAB CAD CAE CAF CAI CAJ CAK CAL CAM CAN CAO CAPCAQ CAR CAS CAT CAU CAV CAW CD CG CS CT DAB DAD ",
    "DL EG EP ER FAA FAB FAC FC FH FI GAA HAA HD HH IAA AB ID IF IR IS KO L1 LA LAA LAB LF MAE MI ML ",
    "NAA OA PA PAA PC PL RAB RAC RAD RAF RE RF RH RV SA SAA SAD SAE SAI SG SH SM SU TAB AC TT TV V1 V2 ",
    "WH XAA YY ZZZ ",
);

/// Whether the code, blanks around it dropped, is on a sorted list.
fn on(list: &[&str], code: &str) -> bool {
    list.binary_search(&trim(code)).is_ok()
}

/// ISO 4217.
pub(crate) fn is_currency(code: &str) -> bool {
    // Nearly every currency of our documents.
    code == "SAR" || on(&CURRENCIES, code)
}

/// ISO 3166-1 alpha-2, upper case.
pub(crate) fn is_country(code: &str) -> bool {
    on(&COUNTRIES, code)
}

/// UNTDID 1001, invoices of any kind.
pub(crate) fn is_invoice_type(code: &str) -> bool {
    on(&INVOICE_TYPES, code)
}

/// UNTDID 5305 as EN 16931 restricts it.
pub(crate) fn is_category(code: &str) -> bool {
    // Nearly every category of our documents.
    code == "S" || on(&CATEGORIES, code)
}

/// UNTDID 4461 as EN 16931 lists it (BR-CL-16): 1 to 70, 74 to 78, 91 to 97, ZZZ.
pub(crate) fn is_payment_means(code: &str) -> bool {
    let code = trim(code);
    // No code is written with a leading zero.
    let plain = !code.starts_with('0') && code.len() <= 2 && code.bytes().all(|b| b.is_ascii_digit());
    code == "ZZZ" || (plain && code.parse().is_ok_and(|n: u8| matches!(n, 1..=70 | 74..=78 | 91..=97)))
}

/// UNTDID 4461 as the authority lists it (BR-KSA-16): without 69.
pub(crate) fn is_accepted_payment_means(code: &str) -> bool {
    is_payment_means(code) && trim(code) != "69"
}

/// UNTDID 7161 as BR-KSA-CL-06 tests it: any part of the list's text passes,
/// the empty text too; `CAP` and `CAQ` pass because of that.
pub(crate) fn is_charge_reason(code: &str) -> bool {
    CHARGE_REASONS.contains(code)
}

/// Type of an attachment.
pub(crate) fn is_mime_type(code: &str) -> bool {
    on(&MIME_TYPES, code)
}

/// Whether an exemption code belongs to the category of a VAT breakdown; no
/// category but Z, E and O has codes.
pub(crate) fn is_exemption(category: &str, code: &str) -> bool {
    match trim(category) {
        "Z" => on(&ZERO_RATED, code),
        "E" => on(&EXEMPT, code),
        "O" => trim(code) == OUT_OF_SCOPE,
        _ => false,
    }
}

/// The same for the breakdown of a prepayment, whose list is shorter.
pub(crate) fn is_prepaid_exemption(category: &str, code: &str) -> bool {
    is_exemption(category, code) && !NOT_PREPAID.contains(&trim(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_without_repeats() {
        let lists: [&[&str]; 7] =
            [&CURRENCIES, &COUNTRIES, &INVOICE_TYPES, &CATEGORIES, &MIME_TYPES, &ZERO_RATED, &EXEMPT];
        for list in lists {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }

    #[test]
    fn codes_are_found_as_the_rules_find_them() {
        assert!(is_currency("SAR") && is_currency(" USD\n") && !is_currency("sar") && !is_currency(""));
        assert!(is_country("SA") && !is_country("sa") && !is_country("S A") && is_country("1A"));
        assert!(is_invoice_type("388") && is_invoice_type("389 ") && !is_invoice_type("81"));
        assert!(is_category("S") && is_category("AE") && !is_category("X") && !is_category(""));
        assert!(is_mime_type("text/plain") && !is_mime_type("text/html"));
    }

    #[test]
    fn means_of_payment() {
        for code in ["1", "10", "42", "70", "74", "97", "ZZZ", " 30 "] {
            assert!(is_payment_means(code) && is_accepted_payment_means(code), "{code:?}");
        }
        for code in ["0", "71", "79", "98", "010", "", "zzz", "1 0", "-1", "+1", "١"] {
            assert!(!is_payment_means(code), "{code:?}");
        }
        assert!(is_payment_means("69") && !is_accepted_payment_means("69"));
    }

    #[test]
    fn charge_reasons_pass_as_any_part_of_the_text() {
        assert!(is_charge_reason("CG") && is_charge_reason("CAPCAQ") && is_charge_reason("CAP"));
        assert!(is_charge_reason("") && is_charge_reason(" ") && !is_charge_reason("XX"));
    }

    #[test]
    fn exemptions_belong_to_their_category() {
        assert!(is_exemption("Z", "VATEX-SA-EDU") && !is_exemption("E", "VATEX-SA-EDU"));
        assert!(is_exemption("E", " VATEX-SA-29-7 ") && is_exemption(" O ", "VATEX-SA-OOS"));
        assert!(!is_exemption("S", "VATEX-SA-OOS") && !is_exemption("Z", ""));
        assert!(is_exemption("Z", "VATEX-SA-32(bis)") && !is_prepaid_exemption("Z", "VATEX-SA-32(bis)"));
        assert!(is_prepaid_exemption("Z", "VATEX-SA-32"));
    }
}
