//! The sandbox Fatoora from outside: onboarding, documents, answers, faults and the network plug, over real
//! sockets. The till here is a few lines of its own and shares nothing with the library's signer.

mod admin;
mod csr;
mod documents;
mod faults;
mod gateway;
mod identity;
mod scripts;
mod till;
mod world;
