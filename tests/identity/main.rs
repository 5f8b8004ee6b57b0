//! A till comes to its identity and keeps it whatever happens on the way. And no
//! secret is ever readable outside the sealed blobs.

mod arrived;
mod broken;
mod ca;
mod fake;
mod first;
mod promotion;
mod renewal;
mod replacement;
mod till;
