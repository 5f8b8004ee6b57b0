//! The admin face.
