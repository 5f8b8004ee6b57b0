//! The one-time passwords of the portal: six digits, good for an hour unless said otherwise, single use.

use super::config::Instruments;
use super::environment::Environment;
use super::settings::Settings;

/// Passwords that ended longer ago are forgotten; they are refused as unknown then.
const REMEMBERED: i64 = 86_400;

/// Why a password is refused. The answer says `Invalid-OTP` for all; the book tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OtpFault {
    Unknown,
    Used,
    Expired,
    OtherVat,
    OtherEnvironment,
}

impl OtpFault {
    /// The words in the book.
    pub(super) fn words(self) -> &'static str {
        match self {
            OtpFault::Unknown => "the OTP was never issued",
            OtpFault::Used => "the OTP was used before",
            OtpFault::Expired => "the OTP has expired",
            OtpFault::OtherVat => "the OTP was issued for another VAT number",
            OtpFault::OtherEnvironment => "the OTP was issued in another environment",
        }
    }
}

struct Otp {
    digits: String,
    env: Environment,
    /// The VAT number that it was issued for; `None` suits any.
    vat: Option<String>,
    expires: i64,
    used: bool,
}

/// What an OTP is asked for.
pub(super) struct Wanted<'a> {
    pub(super) env: Environment,
    /// A VAT number, or `None` for an OTP that suits any.
    pub(super) vat: Option<&'a str>,
    /// Seconds; `None` takes the setting.
    pub(super) lifetime: Option<i64>,
    /// Six digits; `None` draws them.
    pub(super) digits: Option<&'a str>,
}

/// All passwords of all environments that are still remembered.
#[derive(Default)]
pub(super) struct OtpRegister {
    known: Vec<Otp>,
}

impl OtpRegister {
    /// Issues a password and forgets those that ended long ago; `None` when the wanted digits are taken.
    pub(super) fn issue(
        &mut self,
        wanted: &Wanted<'_>,
        settings: &Settings,
        instruments: &Instruments,
    ) -> Option<String> {
        let now = instruments.now();
        self.known.retain(|otp| otp.expires.saturating_add(REMEMBERED) > now);
        let taken = |digits: &str| self.known.iter().any(|otp| otp.digits == digits);
        let digits = match wanted.digits {
            Some(digits) if taken(digits) => return None,
            Some(digits) => digits.to_owned(),
            None => {
                let mut drawn = instruments.random_digits(6);
                while taken(&drawn.to_string()) && self.known.len() < 100_000 {
                    drawn = if drawn >= 999_999 { 100_000 } else { drawn + 1 };
                }
                drawn.to_string()
            }
        };
        let expires = now.saturating_add(wanted.lifetime.unwrap_or(settings.otp_lifetime));
        let vat = wanted.vat.map(str::to_owned);
        self.known.push(Otp { digits: digits.clone(), env: wanted.env, vat, expires, used: false });
        Some(digits)
    }

    /// Whether the password is good now for this VAT number; does not use it up.
    pub(super) fn check(
        &self,
        env: Environment,
        digits: &str,
        vat: &str,
        settings: &Settings,
        now: i64,
    ) -> Result<(), OtpFault> {
        if env == Environment::DeveloperPortal && settings.fixed_otp.as_deref() == Some(digits) {
            return Ok(());
        }
        let otp = self.known.iter().find(|otp| otp.digits == digits).ok_or(OtpFault::Unknown)?;
        if otp.env != env {
            return Err(OtpFault::OtherEnvironment);
        }
        if otp.vat.as_deref().is_some_and(|bound| bound != vat) {
            return Err(OtpFault::OtherVat);
        }
        match (otp.used, otp.expires > now) {
            (true, _) => Err(OtpFault::Used),
            (false, false) => Err(OtpFault::Expired),
            (false, true) => Ok(()),
        }
    }

    /// Uses the password up; the fixed one of the developer portal stays.
    pub(super) fn consume(&mut self, digits: &str) {
        if let Some(otp) = self.known.iter_mut().find(|otp| otp.digits == digits) {
            otp.used = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::config::SandboxConfig;
    use super::*;

    const CORE: Environment = Environment::Core;
    const VAT: &str = "399999999900003";

    fn instruments() -> Instruments {
        let entropy = Arc::new(Mutex::new(|b: &mut [u8]| b.fill(7)));
        Instruments::new(&SandboxConfig::new(([127, 0, 0, 1], 0).into(), Arc::new(|| 1000), entropy))
    }

    fn wanted(vat: Option<&str>) -> Wanted<'_> {
        Wanted { env: CORE, vat, lifetime: None, digits: None }
    }

    #[test]
    fn single_use_one_hour_bound_to_vat_and_environment() {
        let (instruments, settings) = (instruments(), Settings::default());
        let mut register = OtpRegister::default();
        let otp = register.issue(&wanted(Some(VAT)), &settings, &instruments).unwrap();
        let second = register.issue(&wanted(None), &settings, &instruments).unwrap();
        assert!(otp.len() == 6 && otp != second);
        let check = |register: &OtpRegister, env, digits: &str, vat| {
            register.check(env, digits, vat, &settings, instruments.now())
        };
        assert_eq!(check(&register, CORE, &otp, VAT), Ok(()));
        assert_eq!(check(&register, CORE, &otp, "311111111100003"), Err(OtpFault::OtherVat));
        assert_eq!(check(&register, Environment::Simulation, &otp, VAT), Err(OtpFault::OtherEnvironment));
        assert_eq!(check(&register, CORE, &second, "311111111100003"), Ok(()));
        assert_eq!(check(&register, CORE, "000000", VAT), Err(OtpFault::Unknown));
        register.consume(&otp);
        assert_eq!(check(&register, CORE, &otp, VAT), Err(OtpFault::Used));
        instruments.advance(3600);
        assert_eq!(check(&register, CORE, &second, VAT), Err(OtpFault::Expired));
        assert_eq!(check(&register, Environment::DeveloperPortal, "123345", VAT), Ok(()));
        assert_eq!(check(&register, CORE, "123345", VAT), Err(OtpFault::Unknown));
        instruments.advance(REMEMBERED);
        register.issue(&wanted(None), &settings, &instruments).unwrap();
        assert_eq!(check(&register, CORE, &second, VAT), Err(OtpFault::Unknown), "forgotten");
    }

    #[test]
    fn digits_and_lifetime_may_be_asked_for() {
        let (instruments, settings) = (instruments(), Settings::default());
        let mut register = OtpRegister::default();
        let asked = Wanted { digits: Some("111222"), lifetime: Some(5), ..wanted(None) };
        assert_eq!(register.issue(&asked, &settings, &instruments).as_deref(), Some("111222"));
        assert_eq!(register.issue(&asked, &settings, &instruments), None, "taken");
        instruments.advance(5);
        let check = register.check(CORE, "111222", VAT, &settings, instruments.now());
        assert_eq!(check, Err(OtpFault::Expired));
    }
}
