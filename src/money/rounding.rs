//! The one rounding rule, and the sharing out of what rounding leaves.

use super::Halalas;

/// `numerator / denominator` rounded half up, away from zero for either sign.
/// The denominator must be positive.
pub fn div_half_up(numerator: i128, denominator: i128) -> i128 {
    debug_assert!(denominator > 0, "a divisor here is a power of ten, a rate or a quantity");
    let half = denominator / 2 + denominator % 2;
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    if rest.abs() >= half { quotient + numerator.signum() } else { quotient }
}

/// Splits `total` in proportion to `weights` so that the parts add up to it
/// exactly: every part is floored, then the missing halalas go to the largest
/// remainders, ties to the earlier part (invoice-xml.md section 11.1).
///
/// Weights must not be negative. If all are zero the first part takes everything.
pub fn share_out(total: Halalas, weights: &[Halalas]) -> Vec<Halalas> {
    let sum: i128 = weights.iter().map(|w| i128::from(w.get())).sum();
    if weights.is_empty() {
        return Vec::new();
    }
    if sum == 0 {
        let mut parts = vec![Halalas::ZERO; weights.len()];
        parts[0] = total;
        return parts;
    }
    let amount = i128::from(total.get());
    let mut parts = Vec::with_capacity(weights.len());
    let mut given = 0i128;
    for weight in weights {
        let product = amount * i128::from(weight.get());
        let floor = product.div_euclid(sum);
        given += floor;
        parts.push((floor, product.rem_euclid(sum)));
    }
    let missing = usize::try_from(amount - given).unwrap_or(0);
    if missing > 0 {
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|&i| (std::cmp::Reverse(parts[i].1), i));
        for &i in order.iter().take(missing) {
            parts[i].0 += 1;
        }
    }
    // A part never exceeds the total, which is an i64.
    parts.into_iter().map(|(part, _)| Halalas::new(part as i64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        for (n, d, want) in [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (5, 3, 2), (-4, 3, -1), (0, 7, 0), (1, 2, 1)]
        {
            assert_eq!(div_half_up(n, d), want, "{n}/{d}");
        }
    }

    #[test]
    fn parts_add_up_and_ties_go_to_the_earlier() {
        let weights = [Halalas::new(1), Halalas::new(1), Halalas::new(1)];
        let parts: Vec<i64> = share_out(Halalas::new(100), &weights).iter().map(|p| p.get()).collect();
        assert_eq!(parts, [34, 33, 33]);
        assert_eq!(share_out(Halalas::new(5), &[Halalas::ZERO, Halalas::ZERO])[0].get(), 5);
        assert!(share_out(Halalas::new(5), &[]).is_empty());
    }
}
