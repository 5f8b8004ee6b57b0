//! What a configuration file may say: every key optional, nothing else
//! accepted. Beside each key stand the values it accepts, in words, which every
//! finding repeats.

use std::path::PathBuf;

use serde::Deserialize;

/// A section with its keys and, for each, what it accepts.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// `till`, `seller.address`; empty for the top of the file.
    pub path: &'static str,
    pub keys: &'static [(&'static str, &'static str)],
}

/// Declares the fragments and, from the same lines, [`SECTIONS`]: the keys, the
/// types and the accepted values cannot drift apart.
macro_rules! sections {
    ($( $(#[$doc:meta])* $name:ident $path:literal { $( $key:ident: $type:ty = $accepted:literal, )* } )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $( #[doc = $accepted] pub $key: Option<$type>, )* }
        )*
        /// Every section of a file, the top first.
        pub const SECTIONS: &[Section] = &[
            $( Section { path: $path, keys: &[ $( (stringify!($key), $accepted) ),* ] } ),*
        ];
    };
}

sections! {
    /// One whole file.
    Fragment "" {
        till: TillFragment = "a section [till]",
        seller: SellerFragment = "a section [seller]",
        unit: UnitFragment = "a section [unit]",
        keys: KeysFragment = "a section [keys]",
        fatoora: FatooraFragment = "a section [fatoora]",
        printer: PrinterFragment = "a section [printer]",
        api: ApiFragment = "a section [api]",
        log: LogFragment = "a section [log]",
        alarms: AlarmsFragment = "a section [alarms]",
    }
    /// Which till this is and where it keeps its books.
    TillFragment "till" {
        name: String = "1 to 20 letters, digits or dashes, such as T07",
        number_prefix: String = "1 to 40 letters, digits, dashes, underscores or points, such as T07-",
        data_dir: PathBuf = "an absolute path without .., such as /var/lib/tilld",
        anchor: PathBuf = "an absolute path of a file outside data_dir, such as /var/lib/tilld-anchor/high-water",
        witness: PathBuf = "an absolute path of a file outside data_dir, in a folder on another medium, such as /mnt/office/T07.high-water; leave the key out for none",
        chain_on_renewal: String = "restart or continue",
    }
    /// The taxpayer, as every invoice names it.
    SellerFragment "seller" {
        name: String = "the registered name, 1 to 150 bytes (an Arabic letter counts two)",
        vat_number: String = "15 digits, the first and the last a 3, such as 399999999900003",
        id_scheme: String = "CRN, MOM, MLS, 700, SAG or OTH",
        id: String = "the number of that registration, letters and digits only, such as 1010010000",
        address: AddressFragment = "a section [seller.address]",
    }
    /// The national address of the seller.
    AddressFragment "seller.address" {
        street: String = "1 to 1000 characters",
        additional_street: String = "1 to 127 characters, or leave the key out",
        building: String = "4 digits in quotes, such as \"2322\"",
        additional_number: String = "1 to 127 characters in quotes, or leave the key out",
        district: String = "1 to 127 characters",
        city: String = "1 to 127 characters",
        postal_code: String = "5 digits in quotes, such as \"23333\"",
        province: String = "1 to 127 characters, or leave the key out",
    }
    /// What the certificate request says of this device.
    UnitFragment "unit" {
        common_name: String = "1 to 64 letters, digits, spaces or -|_.,() unique to this till, such as TST-886431145-399999999900003",
        organization_unit: String = "the branch, 1 to 64 letters, digits, spaces or -|_.,(); for a VAT group the 10 digits of the member's TIN",
        organization: String = "the taxpayer's name, 1 to 64 letters, digits, spaces or -|_.,()",
        serial_number: String = "1-MAKER|2-MODEL|3-SERIAL, such as 1-Tilld|2-1.0|3-6f4d20e0-6bfe-4a80-9389-7dabe6620f12",
        title: String = "\"0100\" simplified invoices, \"1000\" standard invoices, \"1100\" both",
        location: String = "the short national address, such as RRRD2929, or 1 to 128 letters, digits, spaces or -|_.,()",
        category: String = "the line of business, 1 to 128 letters, digits, spaces or -|_.,(), such as Retail",
    }
    /// Where the till's key is made and used.
    KeysFragment "keys" {
        store: String = "vault (a software key, sealed in data_dir) or pkcs11 (a security token; needs a tilld built with the feature hsm)",
        pkcs11_module: PathBuf = "an absolute path of the token maker's library, such as /usr/lib/softhsm/libsofthsm2.so; only with store = \"pkcs11\"",
        pkcs11_token: String = "the token's label, 1 to 32 bytes; only with store = \"pkcs11\"",
        pkcs11_pin_file: PathBuf = "an absolute path of a file that only tilld's user can read; leave it out for the systemd credential tilld.hsm-pin",
    }
    /// The authority's platform.
    FatooraFragment "fatoora" {
        environment: String = "sandbox, simulation or production",
        base_url: String = "http://127.0.0.1:PORT/PATH or https, on a loopback address only; leave the key out for the real platform",
        extra_ca: PathBuf = "an absolute path of a readable PEM file with certificates",
        proxy: String = "http://HOST:PORT without name and password, such as http://192.168.1.1:3128; leave the key out to go directly",
        proxy_credentials_file: PathBuf = "an absolute path of a file with the line NAME:PASSWORD that only tilld's user can read; only with proxy; leave it out for the systemd credential tilld.proxy-credentials",
        in_flight: i64 = "a whole number from 1 to 4",
        clearance_wait_seconds: i64 = "a whole number from 0 to 60",
        clearance_offline: String = "refuse or park",
        alarm_hours: Vec<i64> = "a list of 1 to 4 whole numbers from 1 to 24, each larger than the one before, such as [12, 20, 23, 24]",
    }
    /// Where receipts go.
    PrinterFragment "printer" {
        target: String = "tcp:HOST:PORT such as tcp:192.168.1.50:9100, file:DIR with an absolute DIR, or none",
        width: i64 = "the paper in millimetres, 80 or 58",
        print: String = "always, on_request or never",
        header_ar: Vec<String> = "a list of at most 8 lines of at most 120 characters",
        header_en: Vec<String> = "a list of at most 8 lines of at most 120 characters",
        footer_ar: Vec<String> = "a list of at most 8 lines of at most 120 characters",
        footer_en: Vec<String> = "a list of at most 8 lines of at most 120 characters",
    }
    /// The local interface of the POS application.
    ApiFragment "api" {
        socket: PathBuf = "an absolute path of at most 107 bytes without .., such as /run/tilld/tilld.sock",
        max_body: i64 = "bytes, a whole number from 4096 to 16777216",
    }
    /// What is written to the log.
    LogFragment "log" {
        level: String = "error, warn, info, debug or trace",
    }
    /// Whom the till tells of its alarms.
    AlarmsFragment "alarms" {
        command: Vec<String> = "a program by its absolute path and its arguments, such as [\"/usr/local/bin/page-support\", \"T07\"]; leave the key out for none",
        timeout_seconds: i64 = "a whole number from 1 to 60",
    }
}

/// What a provisioning file says beyond a configuration, and no configuration may.
pub const ONBOARDING: Section = Section {
    path: "onboarding",
    keys: &[
        ("otp_file", "the path of a file with the OTP, seen from the folder of this file"),
        ("otp", "6 digits in quotes, in a file that only its owner can read (chmod 600)"),
    ],
};

/// The section of that path.
pub fn section(path: &str) -> Option<&'static Section> {
    SECTIONS.iter().chain([&ONBOARDING]).find(|section| section.path == path)
}

/// What a key accepts, by its full path (`till.name`); empty for an unknown key.
pub fn accepted(key: &str) -> &'static str {
    let (path, name) = key.rsplit_once('.').unwrap_or(("", key));
    let keys = section(path).map_or(&[][..], |section| section.keys);
    keys.iter().find(|(known, _)| *known == name).map_or("", |(_, accepted)| accepted)
}
