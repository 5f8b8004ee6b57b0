//! The arithmetic rules that every note must obey, computed apart from the code
//! that makes notes.

use crate::invoice::{Basis, Priced};
use crate::money::Halalas;

/// BR-CO-10 to BR-CO-17, BR-S-08, BR-S-09 (and their like for Z, E, O),
/// BR-KSA-51, BR-KSA-EN16931-11, BR-KSA-F-04, BR-22, BR-KSA-F-06-C19.
pub(super) fn broken(note: &Priced) -> Vec<String> {
    let mut broken = Vec::new();
    let mut rule = |holds: bool, what: String| {
        if !holds {
            broken.push(what);
        }
    };
    let totals = &note.totals;
    let sum = |amounts: &mut dyn Iterator<Item = Halalas>| amounts.map(Halalas::get).sum::<i64>();
    let line_net = sum(&mut note.lines.iter().map(|line| line.net));
    rule(!note.lines.is_empty(), "BR-16".into());
    rule(line_net == totals.line_net.get(), format!("BR-CO-10 {line_net}"));
    rule(note.allowances.is_empty() && totals.allowances.is_zero(), "BR-CO-11".into());
    rule(note.charges.is_empty() && totals.charges.is_zero(), "BR-CO-12".into());
    rule(totals.tax_exclusive.get() == line_net, "BR-CO-13".into());
    rule(totals.tax.get() == sum(&mut note.groups.iter().map(|group| group.tax)), "BR-CO-14".into());
    rule(totals.tax_inclusive == totals.tax_exclusive + totals.tax, "BR-CO-15".into());
    rule(totals.payable == totals.tax_inclusive + totals.rounding, "BR-CO-16".into());
    rule(totals.payable >= Halalas::ZERO, "payable below zero".into());
    for group in &note.groups {
        let of_group = |line: &&crate::invoice::PricedLine| line.vat.group() == group.vat.group();
        let taxable = sum(&mut note.lines.iter().filter(of_group).map(|line| line.net));
        rule(note.lines.iter().any(|line| of_group(&line)), "a group without a line".into());
        rule(taxable == group.taxable.get(), format!("BR-S-08 {taxable} {}", group.taxable));
        let exact = (taxable * i64::from(group.vat.rate.basis_points()) + 5_000) / 10_000;
        rule((exact - group.tax.get()).abs() <= 1, format!("BR-S-09 {exact} {}", group.tax));
        rule(group.vat.rate.basis_points() > 0 || group.tax.is_zero(), "BR-Z-09".into());
        rule(group.taxable.get() >= 0 && group.tax.get() >= 0, "BR-KSA-F-04 group".into());
    }
    for line in &note.lines {
        let grouped = note.groups.iter().filter(|group| group.vat.group() == line.vat.group()).count();
        rule(grouped == 1, format!("BR-S-01 {grouped}"));
        rule(line.gross == line.net + line.vat_amount, "BR-KSA-51".into());
        let allowance = line.allowance.as_ref().map_or(0, |allowance| allowance.amount.get());
        let charge = line.charge.as_ref().map_or(0, |charge| charge.amount.get());
        let least = [line.net.get(), line.vat_amount.get(), allowance, charge, line.paid.get()];
        rule(least.iter().all(|amount| *amount >= 0), "BR-KSA-F-04 line".into());
        rule(line.price.mantissa() >= 0, "BR-27".into());
        rule(line.quantity.thousandths() > 0, "BR-22".into());
        // In thousandths of a riyal, cut; then rounded to halalas.
        let cut =
            line.price.mantissa() * i128::from(line.quantity.thousandths()) / 10i128.pow(line.price.scale());
        let stated = (cut + 5) / 10 - i128::from(allowance) + i128::from(charge);
        let off = (stated - i128::from(line.net.get())).abs();
        rule(off <= 1, format!("BR-KSA-EN16931-11 by {off}: {line:?}"));
        let name = line.name.chars().count();
        rule((3..=1000).contains(&name), "BR-KSA-F-06-C19".into());
    }
    if note.basis == Basis::Inclusive {
        let gross = sum(&mut note.lines.iter().map(|line| line.gross));
        rule(gross == totals.tax_inclusive.get(), "the lines' gross amounts".into());
    }
    broken
}
