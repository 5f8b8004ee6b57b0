//! A till comes to its identity, and to the next one, over real sockets, whatever happens to any of the calls:
//! lost before it arrived, answered into the void, stalled, trickling. In the end there is one identity, at the
//! till and at the authority.

mod lost;
mod refused;
mod shop;
