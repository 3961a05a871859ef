//! Wire formats against the vendors own schemas.
