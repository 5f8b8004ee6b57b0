//! What the doctor says must be what the till itself says and does.

use crate::doctor::limits;
use crate::onboard::life::Alarm;

#[test]
fn the_steps_to_the_end_of_a_certificate_are_the_tills_alarms() {
    assert_eq!(limits::EXPIRY_STEPS, Alarm::ALL.map(Alarm::days));
}
